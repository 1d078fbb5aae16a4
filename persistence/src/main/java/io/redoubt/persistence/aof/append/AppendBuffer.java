package io.redoubt.persistence.aof.append;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A growing off-heap buffer of bytes to be written. Owned by one thread at a time. */
public final class AppendBuffer {
  private static final long FIRST_BYTES = 1 << 16;

  /** The size above which an empty buffer is released. */
  private static final long KEPT_BYTES = 1 << 22;

  private Arena arena = Arena.ofShared();
  private MemorySegment memory = arena.allocate(FIRST_BYTES);
  private long start;
  private long end;

  public long length() {
    return end - start;
  }

  /** Returns the allocated bytes; approximate when called from another thread. */
  long heldBytes() {
    return memory.byteSize();
  }

  boolean isEmpty() {
    return start == end;
  }

  public MemorySegment memory() {
    return memory;
  }

  public long start() {
    return start;
  }

  public void append(MemorySegment source, long from, long length) {
    if (memory.byteSize() - end < length) {
      grow(length);
    }
    MemorySegment.copy(source, from, memory, end, length);
    end += length;
  }

  private void grow(long length) {
    long used = end - start;
    if (memory.byteSize() - used >= length && used <= start) {
      MemorySegment.copy(memory, start, memory, 0, used);
    } else {
      Arena larger = Arena.ofShared();
      MemorySegment target = larger.allocate(Math.max(memory.byteSize() * 2, used + length));
      MemorySegment.copy(memory, start, target, 0, used);
      arena.close();
      arena = larger;
      memory = target;
    }
    start = 0;
    end = used;
  }

  /** Discards written bytes at the start. */
  void drop(long length) {
    start += length;
    if (start == end) {
      clear();
    }
  }

  public void clear() {
    start = 0;
    end = 0;
    if (memory.byteSize() > KEPT_BYTES) {
      arena.close();
      arena = Arena.ofShared();
      memory = arena.allocate(FIRST_BYTES);
    }
  }

  public void close() {
    arena.close();
  }
}
