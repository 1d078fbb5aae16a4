package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * An output that collects RDB bytes in blocks of about the same size, which are taken out from the
 * front. Nothing is copied when it grows.
 */
public final class BlocksOutput extends RdbOutput implements AutoCloseable {
  private static final int FIRST_BLOCK_BYTES = 1 << 10;
  private static final int BLOCK_BYTES = 1 << 17;

  /** Receives bytes, which are freed afterwards. */
  @FunctionalInterface
  public interface Taker {
    void take(MemorySegment memory, long offset, long length);
  }

  private record Full(BufferMemory.Block block, long end) {}

  private final BufferMemory buffers;
  private final Deque<Full> full = new ArrayDeque<>();
  private BufferMemory.Block last;

  /** The bytes of the first block that were taken. */
  private long taken;

  /** Creates an empty output that computes a checksum. */
  public BlocksOutput(BufferMemory buffers) {
    super(true);
    this.buffers = buffers;
    last = buffers.allocate(FIRST_BLOCK_BYTES);
    window(last.memory(), last.offset(), last.end());
  }

  @Override
  protected void renew(long end, int atLeastBytes) {
    BufferMemory.Block next = buffers.allocate(Math.max(BLOCK_BYTES, atLeastBytes));
    full.add(new Full(last, end));
    last = next;
    window(next.memory(), next.offset(), next.end());
  }

  /**
   * Takes out the bytes of the next block; nothing may be written afterwards.
   *
   * @return false if there is none left
   */
  public boolean take(Taker taker, int maxBytes) {
    Full first = full.peek();
    long start = (first == null ? last : first.block).offset() + taken;
    long end = first == null ? position() : first.end;
    long length = Math.min(end - start, maxBytes);
    if (length > 0) {
      taker.take((first == null ? last : first.block).memory(), start, length);
    }
    taken += length;
    if (start + length < end) {
      return true;
    }
    if (first == null) {
      return false;
    }
    full.remove();
    buffers.free(first.block);
    taken = 0;
    return true;
  }

  @Override
  public void close() {
    full.forEach(each -> buffers.free(each.block));
    full.clear();
    buffers.free(last);
  }
}
