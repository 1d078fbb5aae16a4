package io.redoubt.server.replication.state;

import io.redoubt.protocol.info.Counter;
import io.redoubt.protocol.info.Section;

/** The counts of synchronizations and replicated bytes for INFO. */
public final class SyncCounts {
  /** The requested full syncs. */
  public final Counter fullSyncs = new Counter();

  /** The partial syncs granted. */
  public final Counter partialSyncs = new Counter();

  public final Counter refusedPartialSyncs = new Counter();

  /** The snapshots sent with the stream interleaved. */
  public final Counter interleavedSyncs = new Counter();

  /** The bytes received from the master. */
  public final Counter receivedBytes = new Counter();

  /** The bytes sent to replicas. */
  public final Counter sentBytes = new Counter();

  /** Declares the counters of syncs of section Stats, in Redis' order. */
  public void declare(Section stats) {
    stats
        .counter("sync_full", fullSyncs)
        .counter("sync_partial_ok", partialSyncs)
        .counter("sync_partial_err", refusedPartialSyncs);
  }

  /** Resets all counts to 0, for CONFIG RESETSTAT. */
  public void reset() {
    fullSyncs.reset();
    partialSyncs.reset();
    refusedPartialSyncs.reset();
    interleavedSyncs.reset();
    receivedBytes.reset();
    sentBytes.reset();
  }
}
