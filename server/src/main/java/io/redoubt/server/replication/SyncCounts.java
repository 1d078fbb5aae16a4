package io.redoubt.server.replication;

/** The counts of synchronizations and bytes of replication, as INFO shows them. */
final class SyncCounts {
  private long fullSyncs;
  private long partialSyncs;
  private long refusedPartialSyncs;
  private long interleavedSyncs;
  private long receivedBytes;
  private long sentBytes;

  /** Counts a full sync asked for. */
  void fullSync() {
    fullSyncs++;
  }

  /** Counts a partial sync granted. */
  void partialSync() {
    partialSyncs++;
  }

  /** Counts a partial sync refused. */
  void refusedPartialSync() {
    refusedPartialSyncs++;
  }

  /** Counts a snapshot sent with the stream interleaved. */
  void interleavedSync() {
    interleavedSyncs++;
  }

  /** Counts bytes received from the master. */
  void received(long bytes) {
    receivedBytes += bytes;
  }

  /** Counts bytes sent to a replica. */
  void sent(long bytes) {
    sentBytes += bytes;
  }

  /** Returns the number of bytes received from the master. */
  long receivedBytes() {
    return receivedBytes;
  }

  /** Returns the number of bytes sent to replicas. */
  long sentBytes() {
    return sentBytes;
  }

  /** Returns the number of full syncs asked for. */
  long fullSyncs() {
    return fullSyncs;
  }

  /** Returns the number of partial syncs granted. */
  long partialSyncs() {
    return partialSyncs;
  }

  /** Returns the number of partial syncs refused. */
  long refusedPartialSyncs() {
    return refusedPartialSyncs;
  }

  /** Returns the number of snapshots sent with the stream interleaved. */
  long interleavedSyncs() {
    return interleavedSyncs;
  }

  /** Resets all counts to 0. */
  void reset() {
    fullSyncs = 0;
    partialSyncs = 0;
    refusedPartialSyncs = 0;
    interleavedSyncs = 0;
    receivedBytes = 0;
    sentBytes = 0;
  }
}
