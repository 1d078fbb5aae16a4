package io.redoubt.protocol.resp;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The offsets and lengths of a request's arguments, off the Java heap: a client chooses the number
 * of arguments, and many clients may each have a partly received request. An element is an offset
 * of eight bytes and a length of four.
 */
final class ArgumentIndex {
  private static final ValueLayout.OfLong OFFSET = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt LENGTH = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int ELEMENT_BYTES = Long.BYTES + Integer.BYTES;
  private static final int FIRST_ELEMENTS = 128;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;
  private MemorySegment memory = MemorySegment.NULL;
  private long start;
  private int capacity;

  /** Creates an empty index that allocates from {@code source}. */
  ArgumentIndex(BufferMemory source) {
    this.source = source;
  }

  /** Returns the offset at an index below the number of elements set. */
  long offset(int i) {
    return memory.get(OFFSET, start + (long) i * ELEMENT_BYTES);
  }

  /** Returns the length at an index below the number of elements set. */
  int length(int i) {
    return memory.get(LENGTH, start + (long) i * ELEMENT_BYTES + Long.BYTES);
  }

  /**
   * Sets an existing element or the next one.
   *
   * @throws OutOfMemoryError if no memory is available
   */
  void set(int i, long offset, int length) {
    if (i >= capacity) {
      grow(i);
    }
    long at = start + (long) i * ELEMENT_BYTES;
    memory.set(OFFSET, at, offset);
    memory.set(LENGTH, at + Long.BYTES, length);
  }

  private void grow(int used) {
    BufferMemory.Block old = block;
    BufferMemory.Block larger =
        source.allocate(Math.max(FIRST_ELEMENTS, 2L * used) * ELEMENT_BYTES);
    if (old != null) {
      MemorySegment.copy(
          memory, start, larger.memory(), larger.offset(), (long) used * ELEMENT_BYTES);
      source.free(old);
    }
    block = larger;
    memory = larger.memory();
    start = larger.offset();
    capacity = (int) Math.min(larger.sizeBytes() / ELEMENT_BYTES, Integer.MAX_VALUE);
  }

  /** Returns the memory that it takes, in bytes. */
  long sizeBytes() {
    return block == null ? 0 : block.sizeBytes();
  }

  /** Frees the memory; the index is empty afterwards. */
  void release() {
    if (block != null) {
      source.free(block);
      block = null;
      memory = MemorySegment.NULL;
      capacity = 0;
    }
  }
}
