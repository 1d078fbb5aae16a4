package io.redoubt.server.execution.monitoring;

import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Slabs;

/**
 * The memory use of the server as shown by INFO and MEMORY and limited by {@code maxmemory}: the
 * bytes allocated from {@link Slabs}, counted exactly. The Java heap is excluded.
 */
public final class MemoryUse {
  /** The buffers of connections and of replication; all sizes in bytes. */
  public interface Buffers {
    /** Returns the size of all buffers, including {@link #idleBytes idle} ones. */
    long bytes();

    /**
     * Returns the size of empty buffers kept for the next output, and of the buffers of I/O
     * threads.
     */
    long idleBytes();

    /** Returns the size of the replication backlog, as it would be without replicas. */
    long backlogBytes();

    /** Returns the size of buffers kept for replicas only. */
    long replicasBytes();

    /** Returns the size of the replication stream kept for the backlog and for lagging replicas. */
    long replicationBufferBytes();

    /**
     * Returns the size of the buffers of the append-only file, which are not part of {@link Slabs}.
     */
    long appendBytes();

    /** Returns the bytes that wait to be sent to other nodes of the cluster. */
    long clusterLinkBytes();

    /**
     * Returns the size of the replication buffers beyond the backlog, exempt from {@code
     * maxmemory}.
     */
    long unlimitedBytes();

    /** Returns the size of the buffers of clients other than replicas. */
    long clientsBytes();
  }

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final Buffers buffers;
  private long startupBytes;
  private long startupOverheadBytes;
  private long peakBytes;

  /** Creates the view on the memory shared by {@code keyspace} and {@code buffers}. */
  public MemoryUse(Keyspace keyspace, Buffers buffers) {
    this.keyspace = keyspace;
    this.slabs = keyspace.slabs();
    this.buffers = buffers;
  }

  /** Records the memory in use at the start, before there is data. */
  public void onStarted() {
    startupBytes = usedBytes();
    startupOverheadBytes = growingOverheadBytes();
  }

  public Buffers buffers() {
    return buffers;
  }

  /** Returns the bytes in use, without idle buffers. */
  public long usedBytes() {
    return slabs.usedBytes() - buffers.idleBytes();
  }

  /** Returns the bytes in use that {@code maxmemory} limits. */
  public long countedBytes() {
    return usedBytes() - buffers.unlimitedBytes();
  }

  /** Returns the bytes taken from the system, including free ones that were not given back. */
  public long heldBytes() {
    return slabs.activeBytes();
  }

  /** Returns the bytes in use after the start of the server. */
  public long startupBytes() {
    return startupBytes;
  }

  /** Returns the peak of the bytes in use, sampled ten times a second and at each call. */
  public long peakBytes() {
    peakBytes = Math.max(peakBytes, usedBytes());
    return peakBytes;
  }

  /** Returns the bytes in use for other than data: the start's, tables of databases, buffers. */
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

  public long datasetBytes() {
    return usedBytes() - overheadBytes();
  }

  /** Returns the data's share of the memory allocated since the start, in percent. */
  public double datasetPercent() {
    long sinceStart = usedBytes() - startupBytes;
    return sinceStart <= 0 ? 0 : 100.0 * datasetBytes() / sinceStart;
  }

  /** Returns the bytes in use in percent of the peak. */
  public double peakPercent() {
    return 100.0 * usedBytes() / Math.max(1, peakBytes());
  }

  /** Returns the ratio of held to used bytes. */
  public double fragmentation() {
    return (double) heldBytes() / Math.max(1, usedBytes());
  }
}
