package io.redoubt.server.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * A piece of memory on its way between the loop and the writer thread; belongs to one of them at a
 * time.
 */
final class Chunk {

  static final int SIZE_BYTES = 1 << 18;

  private final MemorySegment memory;
  private long length;
  private long keys;

  Chunk(MemorySegment memory) {
    this.memory = memory;
  }

  MemorySegment memory() {
    return memory;
  }

  /** The number of bytes in it, from its start. */
  long length() {
    return length;
  }

  /** The number of keys that end in it. */
  long keys() {
    return keys;
  }

  Chunk filled(long lengthBytes, long keyCount) {
    length = lengthBytes;
    keys = keyCount;
    return this;
  }
}
