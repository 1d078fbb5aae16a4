package io.redoubt.server.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * Receives the bytes of a snapshot as they are produced, for example for a replica's full sync. All
 * calls are made on the loop. The sink adds its own framing.
 */
public interface SnapshotSink {

  /**
   * Returns true if the sink accepts bytes. When it does so again, it calls {@link
   * Snapshots#sinkReady()}.
   */
  boolean isReady();

  /**
   * Passes the next bytes of the RDB, valid during the call. Called only while the sink is ready.
   */
  void bytes(MemorySegment memory, long offset, long length);

  /** Signals that all bytes have been passed. */
  void complete();

  /** Signals that the snapshot failed or was aborted; no more calls follow. */
  void failed();
}
