package io.redoubt.server.replication.replica;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.server.replication.spill.Spill;
import io.redoubt.server.replication.spill.SpillSpace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The part of a master's stream received before the data set is loaded. Its start is kept in
 * memory, the rest in a file.
 */
public final class StreamAhead implements AutoCloseable {
  private static final long IN_MEMORY_BYTES = 16 << 20;

  /** The maximum number of bytes applied at once. */
  private static final int PIECE_BYTES = 16 * 1024;

  private final BufferMemory buffers;
  private final ByteQueue queue;
  private final Spill spill;
  private boolean applying;
  private boolean closed;

  public StreamAhead(BufferMemory buffers, SpillSpace space) {
    this.buffers = buffers;
    queue = new ByteQueue(buffers);
    spill = new Spill(space);
  }

  public boolean isEmpty() {
    return queue.isEmpty() && spill.isEmpty();
  }

  public long waitingBytes() {
    return queue.usedBytes() + spill.waitingBytes();
  }

  /**
   * Adds received bytes.
   *
   * @throws IOException if they can't be stored
   */
  public void add(MemorySegment memory, long from, long length) throws IOException {
    if (spill.isEmpty() && queue.usedBytes() + length <= IN_MEMORY_BYTES) {
      queue.append(memory, from, length, 0);
    } else if (length > 0) {
      spill.append(memory, from, length);
    }
  }

  /** Applies the next piece. */
  public void applyPiece(MasterStream stream) throws IOException, ProtocolException {
    if (!queue.isEmpty()) {
      long end = Math.min(queue.start() + PIECE_BYTES, queue.end());
      applying = true;
      stream.receive(queue.memory(), queue.start(), end);
      applying = false;
      queue.dropUntil(end);
      if (closed) { // a command has ended the link, and this with it
        queue.clear();
      }
      return;
    }
    BufferMemory.Block piece = buffers.allocate(PIECE_BYTES);
    try {
      int read = spill.read(piece.memory(), piece.offset(), PIECE_BYTES);
      stream.receive(piece.memory(), piece.offset(), piece.offset() + read);
    } finally {
      buffers.free(piece);
    }
  }

  /** Discards the remaining bytes. */
  @Override
  public void close() {
    closed = true;
    if (!applying) {
      queue.clear();
    }
    spill.close();
  }
}
