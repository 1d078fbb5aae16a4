package io.redoubt.server.replication.group;

import io.redoubt.server.replication.master.ReplicaFeed;
import java.util.HashSet;
import java.util.Set;

/**
 * The replicas that a majority is computed from: all that have acknowledged anything since this
 * server became a master or {@code write-acks} was changed. A lost replica remains counted, so that
 * failures never shrink a majority.
 */
final class CountedReplicas {
  private final Set<String> names = new HashSet<>();

  void add(ReplicaFeed feed) {
    if (feed.listeningPort() != 0) {
      names.add(feed.name());
    }
  }

  void clear() {
    names.clear();
  }

  /** Returns the number of replicas that form a majority together with the master, at least one. */
  int majority() {
    return Math.max(1, (names.size() + 1) / 2);
  }
}
