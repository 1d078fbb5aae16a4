package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.ListpackFormat.HEADER_BYTES;

import java.lang.foreign.MemorySegment;

/**
 * Writes a listpack from its first element to its last one, faster than {@link Listpack#append},
 * which keeps the listpack valid after each. The caller provides the room and completes the
 * listpack by {@link #finish}.
 */
public final class ListpackWriter {
  /** The largest overhead of an entry: a length and a back-length of five bytes each. */
  public static final int MAX_OVERHEAD_BYTES = 10;

  private final MemorySegment memory;
  private long start;
  private long end;
  private int count;

  /** Creates a writer for listpacks in a memory. */
  public ListpackWriter(MemorySegment memory) {
    this.memory = memory;
  }

  /** Starts an empty listpack. */
  public void begin(long at) {
    start = at;
    end = at + HEADER_BYTES;
    count = 0;
  }

  /** Continues a complete listpack. */
  public void continueAt(long at) {
    start = at;
    end = Listpack.end(memory, at);
    count = Listpack.count(memory, at);
  }

  /** Sets another start, to which the caller has copied the {@link #usedBytes}. */
  public void moveTo(long at) {
    end += at - start;
    start = at;
  }

  /** Appends an element; it takes up to {@link #MAX_OVERHEAD_BYTES} more than its length. */
  public void append(MemorySegment bytes, long offset, int length) {
    end = ListpackFormat.put(memory, end, bytes, offset, length);
    count++;
  }

  /** Appends an integer. */
  public void append(long value) {
    end = ListpackFormat.put(memory, end, value);
    count++;
  }

  /** Appends a copy of an entry of another listpack; it takes {@link Listpack#after} bytes. */
  public void appendEntry(MemorySegment from, long entry) {
    long bytes = Listpack.after(from, entry) - entry;
    LittleEndian.copy(from, entry, memory, end, bytes);
    end += bytes;
    count++;
  }

  /** Returns the number of elements. */
  public int count() {
    return count;
  }

  /** Returns the size without the end marker, in bytes. */
  public long usedBytes() {
    return end - start;
  }

  /** Completes the listpack, which may be continued nevertheless; returns its size in bytes. */
  public int finish() {
    return (int) Listpack.finish(memory, start, end, count);
  }
}
