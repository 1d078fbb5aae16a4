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

  /**
   * Keeps a block of the data from being freed or changed until {@link #unpin}, so that output can
   * refer to its bytes. Each pin needs an unpin.
   *
   * @param block the start of the block
   * @return false if the memory holds no data, so that the bytes must be copied
   */
  default boolean pin(long block) {
    return false;
  }

  /** Ends a {@link #pin}. The last one frees a block that was freed meanwhile. */
  default void unpin(long block) {
    throw new UnsupportedOperationException();
  }

  /** Returns ordinary off-heap memory: each block is a segment of its own, freed individually. */
  static BufferMemory offHeap() {
    return new OffHeapMemory();
  }
}
