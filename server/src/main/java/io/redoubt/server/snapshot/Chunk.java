package io.redoubt.server.snapshot;

import java.lang.foreign.MemorySegment;

/**
 * A piece of memory on its way between the loop and the writer thread; belongs to one of them at a
 * time.
 */
final class Chunk {

  static final int SIZE_BYTES = 1 << 18;

  /** What is in a chunk on its way to the thread. */
  enum Part {
    /** Whole records, or a piece of what is cut into chunks without regard to them. */
    RECORDS,
    /** The same, ending with a record; the next record comes in chunks of its own. */
    BEFORE_LARGE,
    /** A piece of a large record. */
    OF_LARGE,
    /** The last piece of a large record. */
    END_OF_LARGE
  }

  private final MemorySegment memory;
  private long length;
  private long keys;
  private Part part = Part.RECORDS;

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

  Part part() {
    return part;
  }

  Chunk part(Part contents) {
    part = contents;
    return this;
  }

  Chunk filled(long lengthBytes, long keyCount) {
    length = lengthBytes;
    keys = keyCount;
    return this;
  }
}
