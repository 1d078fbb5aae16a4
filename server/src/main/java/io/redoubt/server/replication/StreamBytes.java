package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Bytes kept in one piece of memory: appended at the end, dropped at the start. */
final class StreamBytes {
  private static final long FIRST_BYTES = 16 * 1024;

  private final BufferMemory source;
  private BufferMemory.@Nullable Block block;
  private long start;
  private long end;

  StreamBytes(BufferMemory source) {
    this.source = source;
  }

  long sizeBytes() {
    return end - start;
  }

  /** The memory that the bytes lie in; only while there are any. */
  MemorySegment memory() {
    if (block == null) {
      throw new IllegalStateException("no bytes are kept");
    }
    return block.memory();
  }

  /** Offset of the first byte within {@link #memory()}. */
  long start() {
    return start;
  }

  /** Offset after the last byte. */
  long end() {
    return end;
  }

  /**
   * Appends bytes.
   *
   * @param expectedBytes how many more are likely to come before the start is dropped
   */
  void append(MemorySegment memory, long from, long length, long expectedBytes) {
    if (length == 0) {
      return;
    }
    BufferMemory.Block room = block;
    if (room == null || end + length > room.end()) {
      room = moveTo(Math.max(sizeBytes() + length + expectedBytes, 2 * sizeBytes()));
    }
    MemorySegment.copy(memory, from, room.memory(), end, length);
    end += length;
  }

  /** Drops all bytes before an offset within {@link #memory()}. */
  void dropUntil(long offset) {
    start = offset;
    if (start == end) {
      clear();
    }
  }

  /** Drops everything and gives the memory back. */
  void clear() {
    if (block != null) {
      source.free(block);
      block = null;
    }
    start = 0;
    end = 0;
  }

  private BufferMemory.Block moveTo(long capacity) {
    BufferMemory.Block larger = source.allocate(Math.max(capacity, FIRST_BYTES));
    long size = sizeBytes();
    if (block != null) {
      MemorySegment.copy(block.memory(), start, larger.memory(), larger.offset(), size);
      source.free(block);
    }
    block = larger;
    start = larger.offset();
    end = start + size;
    return larger;
  }
}
