package io.redoubt.server.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * Receives the bytes of a snapshot as they are produced, for instance for a full sync. All calls
 * are made on the event loop.
 */
public interface SnapshotSink {

  /**
   * Returns true if the sink accepts bytes. When it becomes ready again, it must call {@link
   * Snapshots#sinkReady()}.
   */
  boolean isReady();

  /**
   * Passes the next bytes of the RDB, valid during the call. Called only while the sink is ready.
   */
  void bytes(MemorySegment memory, long offset, long length);

  /** Signals that all bytes have been passed. */
  void onComplete();

  /** Signals that the snapshot failed or was aborted; no more calls follow. */
  void onFailure();
}
