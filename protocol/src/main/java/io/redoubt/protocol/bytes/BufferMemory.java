package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;

/**
 * Where input and output buffers come from: the region of a server, or the off-heap memory of the
 * process. Not safe for use by several threads: each loop has its own.
 */
public interface BufferMemory {

  /**
   * A piece of memory: the bytes {@code [offset, offset + sizeBytes)} of {@code memory}. It may be
   * larger than what was asked for.
   */
  record Block(MemorySegment memory, long offset, long sizeBytes) {

    /** The offset just after the last byte. */
    public long end() {
      return offset + sizeBytes;
    }
  }

  /**
   * Gives a block of at least {@code sizeBytes} bytes, of undefined contents.
   *
   * @throws OutOfMemoryError when there is no such block
   */
  Block allocate(long sizeBytes);

  /** Takes back a block that {@link #allocate} gave. */
  void free(Block block);

  /** Ordinary off-heap memory: each block is a segment of its own, and freeing gives it back. */
  static BufferMemory offHeap() {
    return new OffHeapMemory();
  }
}
