package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;

/**
 * Allocates input and output buffers: from the server's region, or from off-heap memory of the
 * process. Not thread-safe: each event loop has its own.
 */
public interface BufferMemory {

  /**
   * A block of memory: the bytes {@code [offset, offset + sizeBytes)} of {@code memory}. It may be
   * larger than requested.
   */
  record Block(MemorySegment memory, long offset, long sizeBytes) {

    /** Returns the offset just after the last byte. */
    public long end() {
      return offset + sizeBytes;
    }
  }

  /**
   * Allocates a block of at least {@code sizeBytes} bytes, of undefined content.
   *
   * @throws OutOfMemoryError if no such block is available
   */
  Block allocate(long sizeBytes);

  /** Frees a block of {@link #allocate}. */
  void free(Block block);

  /**
   * Stops counting a block that becomes part of the data, whose owner frees it. Only for memory
   * that holds data, too.
   */
  default void giveAway(Block block) {
    throw new UnsupportedOperationException();
  }

  /** Returns ordinary off-heap memory: each block is a segment of its own, freed individually. */
  static BufferMemory offHeap() {
    return new OffHeapMemory();
  }
}
