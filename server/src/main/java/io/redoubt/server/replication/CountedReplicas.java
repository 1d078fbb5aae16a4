package io.redoubt.server.replication;

import java.util.HashSet;
import java.util.Set;

/**
 * The replicas of which a majority of acknowledgements is taken: all that have acknowledged
 * anything since this server became a master or {@code write-acks} was changed. One that goes away
 * still belongs to them, so that a majority never becomes smaller by failures.
 */
final class CountedReplicas {
  private final Set<String> names = new HashSet<>();

  /** Adds a replica that has acknowledged. */
  void add(ReplicaFeed feed) {
    if (feed.listeningPort() != 0) {
      names.add(feed.name());
    }
  }

  /** Forgets all replicas. */
  void clear() {
    names.clear();
  }

  /** Returns the number of replicas that are a majority together with the master, at least one. */
  int majority() {
    return Math.max(1, (names.size() + 1) / 2);
  }
}
