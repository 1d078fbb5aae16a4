package io.redoubt.server.replication.master;

import io.redoubt.server.replication.state.ReplicationStream;

/** The memory used by replication. Confined to the event loop. */
public final class ReplicationMemory {
  private final ReplicationStream stream;
  private final ReplicaFeeds replicas;

  public ReplicationMemory(ReplicationStream stream, ReplicaFeeds replicas) {
    this.stream = stream;
    this.replicas = replicas;
  }

  /** Returns the bytes of the backlog that would be kept even without replicas. */
  public long backlogBytes() {
    return stream.backlogBytes();
  }

  /** Returns the bytes of the stream kept in memory, including those retained for replicas. */
  public long bufferBytes() {
    return stream.bufferBytes();
  }

  /**
   * Returns the bytes kept for replicas only: the part of the backlog beyond its size, for a
   * lagging replica, and the output queued for their sockets.
   */
  public long replicasBytes() {
    return feedsBytes() + stream.bufferBytes() - stream.backlogBytes();
  }

  /**
   * Returns the bytes used by replication beyond the configured size of the backlog. They don't
   * count towards {@code maxmemory}: evictions propagate DELs, which would cause further evictions.
   */
  public long bytesBeyondBacklog() {
    return feedsBytes() + stream.bytesBeyondBacklog();
  }

  private long feedsBytes() {
    long bytes = 0;
    for (ReplicaFeed feed : replicas.all()) {
      bytes += feed.memoryBytes();
    }
    return bytes;
  }
}
