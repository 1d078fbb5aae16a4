package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/** A place in memory: the bytes of one string. One object is reused for many. */
public final class RdbBytes {

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private int length;

  /** Sets the place. */
  public RdbBytes at(MemorySegment bytesMemory, long bytesOffset, int bytesLength) {
    memory = bytesMemory;
    offset = bytesOffset;
    length = bytesLength;
    return this;
  }

  /** The memory that {@link #offset()} is in. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where the bytes begin. */
  public long offset() {
    return offset;
  }

  /** The number of bytes. */
  public int length() {
    return length;
  }
}
