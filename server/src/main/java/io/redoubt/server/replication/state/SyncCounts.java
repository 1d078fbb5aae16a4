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

  public void fullSync() {
    fullSyncs++;
  }

  public void partialSync() {
    partialSyncs++;
  }

  public void countRefusedPartialSync() {
    refusedPartialSyncs++;
  }

  /** Counts a snapshot sent with the stream interleaved. */
  public void countInterleavedSync() {
    interleavedSyncs++;
  }

  public void countReceived(long bytes) {
    receivedBytes += bytes;
  }

  public void countSent(long bytes) {
    sentBytes += bytes;
  }

  public long receivedBytes() {
    return receivedBytes;
  }

  public long sentBytes() {
    return sentBytes;
  }

  public long fullSyncs() {
    return fullSyncs;
  }

  public long partialSyncs() {
    return partialSyncs;
  }

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
