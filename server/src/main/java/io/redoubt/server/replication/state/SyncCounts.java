package io.redoubt.server.replication.state;

import io.redoubt.protocol.info.Section;

/** The counts of synchronizations and replicated bytes for INFO. */
public final class SyncCounts {
  private long fullSyncs;
  private long partialSyncs;
  private long refusedPartialSyncs;
  private long interleavedSyncs;
  private long receivedBytes;
  private long sentBytes;

  /** Counts a requested full sync. */
  public void fullSync() {
    fullSyncs++;
  }

  /** Counts a partial sync granted. */
  public void partialSync() {
    partialSyncs++;
  }

  /** Counts a partial sync refused. */
  public void countRefusedPartialSync() {
    refusedPartialSyncs++;
  }

  /** Counts a snapshot sent with the stream interleaved. */
  public void countInterleavedSync() {
    interleavedSyncs++;
  }

  /** Counts bytes received from the master. */
  public void countReceived(long bytes) {
    receivedBytes += bytes;
  }

  /** Counts bytes sent to a replica. */
  public void countSent(long bytes) {
    sentBytes += bytes;
  }

  /** Returns the number of bytes received from the master. */
  public long receivedBytes() {
    return receivedBytes;
  }

  /** Returns the number of bytes sent to replicas. */
  public long sentBytes() {
    return sentBytes;
  }

  /** Returns the number of requested full syncs. */
  public long fullSyncs() {
    return fullSyncs;
  }

  /** Returns the number of partial syncs granted. */
  public long partialSyncs() {
    return partialSyncs;
  }

  /** Returns the number of partial syncs refused. */
  long refusedPartialSyncs() {
    return refusedPartialSyncs;
  }

  /** Returns the number of snapshots sent with the stream interleaved. */
  public long interleavedSyncs() {
    return interleavedSyncs;
  }

  /** Declares the counters of syncs of section Stats, in Redis' order. */
  public void declare(Section stats) {
    stats
        .counter("sync_full", this::fullSyncs)
        .counter("sync_partial_ok", this::partialSyncs)
        .counter("sync_partial_err", this::refusedPartialSyncs);
  }

  /** Resets all counts to 0, for CONFIG RESETSTAT. */
  public void reset() {
    fullSyncs = 0;
    partialSyncs = 0;
    refusedPartialSyncs = 0;
    interleavedSyncs = 0;
    receivedBytes = 0;
    sentBytes = 0;
  }
}
