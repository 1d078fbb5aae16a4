package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a client that could not be run yet: half a request, or requests of a client that is
 * blocked. Holds no memory while empty.
 */
final class QueryBuffer {
  private static final long SMALLEST_BYTES = 1024;

  /**
   * An announced argument up to this size gets its whole room at once; beyond, room follows the
   * bytes that really come.
   */
  private static final long AT_ONCE_BYTES = 16L << 20;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;
  private long start;
  private long end;

  QueryBuffer(BufferMemory source) {
    this.source = source;
  }

  boolean isEmpty() {
    return start == end;
  }

  MemorySegment memory() {
    return block == null ? MemorySegment.NULL : block.memory();
  }

  /** The first byte within {@link #memory()}. */
  long start() {
    return start;
  }

  /** Behind the last byte within {@link #memory()}. */
  long end() {
    return end;
  }

  long usedBytes() {
    return end - start;
  }

  long freeBytes() {
    return block == null ? 0 : block.sizeBytes() - usedBytes();
  }

  /**
   * Adds bytes.
   *
   * @param missingBytes how many more are known to follow for the same request
   */
  void append(MemorySegment from, long offset, long length, long missingBytes) {
    long needed = usedBytes() + length;
    BufferMemory.Block old = block;
    if (old == null || old.end() - end < length) {
      if (old != null && old.sizeBytes() >= needed) {
        MemorySegment.copy(old.memory(), start, old.memory(), old.offset(), usedBytes());
        end = old.offset() + usedBytes();
        start = old.offset();
      } else {
        long wanted = needed + Math.min(missingBytes - length, AT_ONCE_BYTES);
        if (old != null) {
          wanted = Math.max(wanted, old.sizeBytes() * 2);
        }
        moveTo(source.allocate(Math.max(Math.max(wanted, needed), SMALLEST_BYTES)));
      }
    }
    MemorySegment.copy(from, offset, memory(), end, length);
    end += length;
  }

  private void moveTo(BufferMemory.Block larger) {
    BufferMemory.Block old = block;
    long used = usedBytes();
    if (old != null) {
      MemorySegment.copy(old.memory(), start, larger.memory(), larger.offset(), used);
      source.free(old);
    }
    block = larger;
    start = larger.offset();
    end = start + used;
  }

  /** Drops everything before that place; gives the memory back when nothing is left. */
  void dropUntil(long newStart) {
    start = newStart;
    if (start == end) {
      clear();
    }
  }

  /** Drops everything. */
  void clear() {
    if (block != null) {
      source.free(block);
      block = null;
    }
    start = 0;
    end = 0;
  }
}
