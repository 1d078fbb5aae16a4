package io.redoubt.server.snapshot.record;

import java.lang.foreign.MemorySegment;

/**
 * A block of memory passed between the loop and the writer thread; owned by one of them at a time.
 */
public final class SnapshotChunk {

  /** The contents of a chunk on its way to the thread. */
  enum Part {
    /** Whole records, or a part of a byte stream that is cut anywhere. */
    RECORDS,
    /** Like {@link #RECORDS}, ending with a record; the next record comes in chunks of its own. */
    BEFORE_LARGE,
    /** A part of a large record. */
    OF_LARGE,
    /** The last part of a large record. */
    END_OF_LARGE
  }

  private final MemorySegment memory;
  private long length;
  private long keys;
  private Part part = Part.RECORDS;

  public SnapshotChunk(MemorySegment memory) {
    this.memory = memory;
  }

  public MemorySegment memory() {
    return memory;
  }

  /** Returns the number of bytes that fit into the chunk. */
  public long capacity() {
    return memory.byteSize();
  }

  /** Returns the number of bytes, from the start of the memory. */
  public long length() {
    return length;
  }

  /** Returns the number of keys that end in this chunk. */
  public long keys() {
    return keys;
  }

  Part part() {
    return part;
  }

  SnapshotChunk part(Part contents) {
    part = contents;
    return this;
  }

  public SnapshotChunk filled(long lengthBytes, long keyCount) {
    length = lengthBytes;
    keys = keyCount;
    return this;
  }
}
