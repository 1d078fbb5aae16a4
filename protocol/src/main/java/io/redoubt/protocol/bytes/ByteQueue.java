package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous byte queue: appends at the end, drops at the start. Holds a partial request, or
 * requests that must wait. Uses no memory while empty.
 */
public final class ByteQueue {
  private static final long MIN_BLOCK_BYTES = 1024;

  /**
   * Capacity for expected bytes is reserved at once up to this limit; beyond it, capacity follows
   * the bytes that arrive, so that a length claimed by a client cannot exhaust the memory.
   */
  private static final long MAX_RESERVED_BYTES = 16L << 20;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;
  private long start;
  private long end;

  /** Creates an empty queue that allocates from {@code source}. */
  public ByteQueue(BufferMemory source) {
    this.source = source;
  }

  public boolean isEmpty() {
    return start == end;
  }

  /** Returns the segment that holds the bytes. */
  public MemorySegment memory() {
    return block == null ? MemorySegment.NULL : block.memory();
  }

  /** Returns the offset of the first byte within {@link #memory()}. */
  public long start() {
    return start;
  }

  /** Returns the offset after the last byte within {@link #memory()}. */
  public long end() {
    return end;
  }

  public long usedBytes() {
    return end - start;
  }

  /** Returns the number of bytes that can be appended without growing. */
  public long freeBytes() {
    return block == null ? 0 : block.sizeBytes() - usedBytes();
  }

  /**
   * Returns the free memory after the last byte, at most {@code maxBytes} of it, or null if there
   * is none. Bytes written there are {@linkplain #append appended} without a copy.
   */
  public BufferMemory.@Nullable Block room(long maxBytes) {
    BufferMemory.Block current = block;
    if (current == null || current.end() == end) {
      return null;
    }
    return new BufferMemory.Block(current.memory(), end, Math.min(maxBytes, current.end() - end));
  }

  /** Returns the memory of the queue; null if there is none. */
  public BufferMemory.@Nullable Block block() {
    return block;
  }

  private boolean isInPlace(MemorySegment from, long offset, long length) {
    BufferMemory.Block current = block;
    return current != null
        && offset == end
        && offset + length <= current.end()
        && from.equals(current.memory());
  }

  /**
   * Appends bytes.
   *
   * @param expectedBytes the number of further bytes known to follow before the start is dropped
   */
  public void append(MemorySegment from, long offset, long length, long expectedBytes) {
    if (length == 0) {
      return;
    }
    if (isInPlace(from, offset, length)) {
      end += length;
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
        long wanted = needed + Math.min(expectedBytes, MAX_RESERVED_BYTES);
        if (old != null) {
          wanted = Math.max(wanted, old.sizeBytes() * 2);
        }
        moveTo(source.allocate(Math.max(Math.max(wanted, needed), MIN_BLOCK_BYTES)));
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

  /** Drops all bytes before the given offset; frees the memory if none are left. */
  public void dropUntil(long newStart) {
    start = newStart;
    if (start == end) {
      clear();
    }
  }

  /**
   * Drops all bytes and returns their memory, which the caller must free; null if there is none.
   */
  public BufferMemory.@Nullable Block surrender() {
    BufferMemory.Block given = block;
    block = null;
    clear();
    return given;
  }

  /** Drops all bytes and frees the memory. */
  public void clear() {
    if (block != null) {
      source.free(block);
      block = null;
    }
    start = 0;
    end = 0;
  }
}
