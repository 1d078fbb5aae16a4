package io.redoubt.server.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * Takes the bytes of a snapshot as they are made: a replica that is being synchronised. Every call
 * comes on the loop. The sink adds its own framing.
 */
public interface SnapshotSink {

  /**
   * Whether the sink takes bytes now. When it does so again, it calls {@link
   * Snapshots#sinkReady()}.
   */
  boolean isReady();

  /**
   * The next bytes of the RDB; they are valid until the call returns. Comes only while the sink is
   * ready.
   */
  void bytes(MemorySegment memory, long offset, long length);

  /** All bytes have been given. */
  void complete();

  /** The snapshot has failed or was given up; no more calls come. */
  void failed();
}
