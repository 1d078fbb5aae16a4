package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in one piece of memory, appended at the end and dropped at the start: half a request, or
 * requests that must wait. Holds no memory while empty.
 */
public final class ByteQueue {
  private static final long SMALLEST_BYTES = 1024;

  /**
   * Bytes that are expected get their room at once up to this many; beyond, room follows the bytes
   * that really come.
   */
  private static final long AT_ONCE_BYTES = 16L << 20;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;
  private long start;
  private long end;

  /** An empty queue that takes its memory from {@code source}. */
  public ByteQueue(BufferMemory source) {
    this.source = source;
  }

  /** Whether there are no bytes. */
  public boolean isEmpty() {
    return start == end;
  }

  /** The memory that the bytes lie in. */
  public MemorySegment memory() {
    return block == null ? MemorySegment.NULL : block.memory();
  }

  /** The first byte within {@link #memory()}. */
  public long start() {
    return start;
  }

  /** Behind the last byte within {@link #memory()}. */
  public long end() {
    return end;
  }

  /** How many bytes there are. */
  public long usedBytes() {
    return end - start;
  }

  /** How many more there is room for. */
  public long freeBytes() {
    return block == null ? 0 : block.sizeBytes() - usedBytes();
  }

  /**
   * Adds bytes.
   *
   * @param expectedBytes how many more are known to follow before the start is dropped
   */
  public void append(MemorySegment from, long offset, long length, long expectedBytes) {
    if (length == 0) {
      return;
    }
    long needed = usedBytes() + length;
    BufferMemory.Block old = block;
    if (old == null || old.end() - end < length) {
      if (old != null && old.sizeBytes() >= needed) {
        MemorySegment.copy(old.memory(), start, old.memory(), old.offset(), usedBytes());
        end = old.offset() + usedBytes();
        start = old.offset();
      } else {
        long wanted = needed + Math.min(expectedBytes, AT_ONCE_BYTES);
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
  public void dropUntil(long newStart) {
    start = newStart;
    if (start == end) {
      clear();
    }
  }

  /** Drops everything. */
  public void clear() {
    if (block != null) {
      source.free(block);
      block = null;
    }
    start = 0;
    end = 0;
  }
}
