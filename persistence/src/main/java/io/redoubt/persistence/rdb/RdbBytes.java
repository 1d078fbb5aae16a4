package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/** A reusable reference to the bytes of a string in memory. */
public final class RdbBytes {

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private int length;

  public RdbBytes at(MemorySegment bytesMemory, long bytesOffset, int bytesLength) {
    memory = bytesMemory;
    offset = bytesOffset;
    length = bytesLength;
    return this;
  }

  public MemorySegment memory() {
    return memory;
  }

  /** Returns the offset of the first byte. */
  public long offset() {
    return offset;
  }

  public int length() {
    return length;
  }
}
