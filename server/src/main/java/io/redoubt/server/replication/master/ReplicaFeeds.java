package io.redoubt.server.replication.master;

import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.settings.HostPort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The feeds of a master's replicas, in the order of their connection, and of clients that may
 * become replicas.
 */
public final class ReplicaFeeds {
  private final FeedContext context;
  private final Map<ServerClient, ReplicaFeed> candidates = new HashMap<>();
  private final List<ReplicaFeed> replicas = new ArrayList<>();

  public ReplicaFeeds(FeedContext context) {
    this.context = context;
  }

  /** Returns the replica feed of a client, creating one for a client that may become a replica. */
  ReplicaFeed of(ServerClient client, ReplicaFeed.Listener listener) {
    ReplicaFeed known = candidates.get(client);
    if (known == null) {
      known = new ReplicaFeed(client, context, listener);
      candidates.put(client, known);
      client.setCompanion(known);
    }
    return known;
  }

  /** Returns the replica feed of a client, or null if it is not a replica. */
  public @Nullable ReplicaFeed ifReplica(ServerClient client) {
    ReplicaFeed known = candidates.get(client);
    return known != null && known.isReplica() ? known : null;
  }

  public @Nullable ReplicaFeed named(HostPort name) {
    for (ReplicaFeed feed : replicas) {
      String address = feed.address();
      if (address != null && new HostPort(address, feed.listeningPort()).isSamePlace(name)) {
        return feed;
      }
    }
    return null;
  }

  /** Returns all replicas, synchronized or not. */
  public List<ReplicaFeed> all() {
    return replicas;
  }

  /** Returns a log line for each replica that has not acknowledged an offset. */
  public List<String> lagging(long offset) {
    return replicas.stream()
        .filter(replica -> replica.ackOffset() < offset)
        .map(replica ->
            String.format(
                Locale.ROOT,
                "Lagging replica %s reported offset %d behind master, lag=%d, state=%s.",
                replica.name(),
                offset - replica.ackOffset(),
                replica.lagSeconds(),
                replica.state().label()))
        .toList();
  }

  /** Returns true if a client has announced a replica's port but has not requested a sync yet. */
  boolean isAnyoneAboutToAsk() {
    for (ReplicaFeed feed : candidates.values()) {
      if (!feed.isReplica() && feed.listeningPort() != 0) {
        return true;
      }
    }
    return false;
  }

  /** Adds the feed of a client that has requested a sync. */
  void add(ReplicaFeed feed) {
    replicas.add(feed);
  }

  /** Removes the feed of a client that is gone; returns true if it was a replica. */
  boolean remove(ReplicaFeed feed) {
    candidates.remove(feed.client());
    return replicas.remove(feed);
  }

  /** Retains the bytes of the backlog that the slowest replica needs. */
  void retain() {
    long lowest = Backlog.NOBODY;
    for (int i = 0; i < replicas.size(); i++) {
      lowest = Math.min(lowest, replicas.get(i).neededFrom());
    }
    context.stream().retainFrom(lowest);
  }

  /** Returns the number of replicas that have acknowledged the stream up to an offset. */
  long withOffset(long offset) {
    long count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i).has(offset)) {
        count++;
      }
    }
    return count;
  }

  /**
   * Returns the number of online replicas that have acknowledged within {@code
   * min-replicas-max-lag} seconds.
   */
  public int good() {
    int maxLagSeconds = context.settings().replication.minReplicasMaxLag.value();
    int count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaFeed feed = replicas.get(i);
      if (feed.isOnline() && feed.lagSeconds() <= maxLagSeconds) {
        count++;
      }
    }
    return count;
  }

  /** Returns the number of replicas at which the stream up to an offset is durable. */
  long withDurably(long offset) {
    long count = 0;
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i).hasDurably(offset)) {
        count++;
      }
    }
    return count;
  }

  /**
   * Returns the greatest offset acknowledged by at least a number of replicas.
   *
   * @param durably true to count only durable offsets
   */
  public long acknowledgedBy(int number, boolean durably) {
    long greatest = 0;
    for (int i = 0; i < replicas.size(); i++) {
      ReplicaFeed feed = replicas.get(i);
      long offset = durably ? feed.durableOffset() : feed.ackOffset();
      if (offset > greatest && (durably ? withDurably(offset) : withOffset(offset)) >= number) {
        greatest = offset;
      }
    }
    return greatest;
  }
}
