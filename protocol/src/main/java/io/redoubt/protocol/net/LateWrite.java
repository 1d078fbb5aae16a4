package io.redoubt.protocol.net;

/**
 * The report of an I/O thread that shared bytes, which a socket did not accept at once, are written
 * or discarded.
 *
 * @param bytes the number of bytes, those included that were accepted at once
 */
record LateWrite(Broadcast.Receiver receiver, SharedChunk shared, int bytes) {
  /** Reports the bytes to the output; on the owner's loop. */
  void finish() {
    receiver.onSharedWritten(bytes);
    shared.release();
  }
}
