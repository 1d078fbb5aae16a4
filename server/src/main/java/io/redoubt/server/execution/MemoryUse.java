package io.redoubt.server.execution;

import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Slabs;

/**
 * What the server's memory is used for, as INFO, MEMORY and {@code maxmemory} see it: the bytes
 * that {@link Slabs} has handed out, which are counted exactly. The Java heap is not among them.
 */
public final class MemoryUse {
  /** The buffers of connections and of replication; all sizes in bytes. */
  public interface Buffers {
    /** All buffers, those that are {@link #idleBytes idle} included. */
    long bytes();

    /** Buffers that hold nothing and are kept for the next output. */
    long idleBytes();

    /** The replication backlog, as far as it would be as large without replicas. */
    long backlogBytes();

    /** What is kept for replicas only. */
    long replicasBytes();

    /** The replication stream that is kept, for the backlog and for replicas that lag. */
    long replicationBufferBytes();

    /** Buffers of the append-only file; not of {@link Slabs}, and so not counted as used. */
    long appendBytes();

    /** What {@code maxmemory} does not limit: whatever replication takes beyond its backlog. */
    long unlimitedBytes();

    /** What clients other than replicas take. */
    long clientsBytes();
  }

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final Buffers buffers;
  private long startupBytes;
  private long startupOverheadBytes;
  private long peakBytes;

  /** The use of what {@code keyspace} and {@code buffers} share. */
  public MemoryUse(Keyspace keyspace, Buffers buffers) {
    this.keyspace = keyspace;
    this.slabs = keyspace.slabs();
    this.buffers = buffers;
  }

  /** The server is ready and has no data yet. */
  public void started() {
    startupBytes = usedBytes();
    startupOverheadBytes = growingOverheadBytes();
  }

  /** The buffers. */
  public Buffers buffers() {
    return buffers;
  }

  /** Bytes in use; idle buffers are not. */
  public long usedBytes() {
    return slabs.usedBytes() - buffers.idleBytes();
  }

  /** Bytes in use that {@code maxmemory} limits. */
  public long countedBytes() {
    return usedBytes() - buffers.unlimitedBytes();
  }

  /** Bytes held of the system: those in use, and the free ones between them. */
  public long heldBytes() {
    return slabs.reservedBytes();
  }

  /** What was in use when the server had started. */
  public long startupBytes() {
    return startupBytes;
  }

  /** The most that was ever in use; noted ten times a second and when asked for. */
  public long peakBytes() {
    peakBytes = Math.max(peakBytes, usedBytes());
    return peakBytes;
  }

  /** What is in use and is not data: the start's, tables of databases, buffers. */
  public long overheadBytes() {
    return startupBytes + growingOverheadBytes() - startupOverheadBytes;
  }

  private long growingOverheadBytes() {
    long tables = 0;
    for (int i = 0; i < keyspace.count(); i++) {
      tables += keyspace.database(i).tableBytes() + keyspace.database(i).expiries().sizeBytes();
    }
    return tables + buffers.bytes() - buffers.idleBytes();
  }

  /** What keys and values take. */
  public long datasetBytes() {
    return usedBytes() - overheadBytes();
  }

  /** The data's share of what is used since the start, in percent. */
  public double datasetPercent() {
    long sinceStart = usedBytes() - startupBytes;
    return sinceStart <= 0 ? 0 : 100.0 * datasetBytes() / sinceStart;
  }

  /** What is in use of the most that ever was, in percent. */
  public double peakPercent() {
    return 100.0 * usedBytes() / Math.max(1, peakBytes());
  }

  /** Held bytes by used ones. */
  public double fragmentation() {
    return (double) heldBytes() / Math.max(1, usedBytes());
  }
}
