package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.ListpackFormat.COUNT_AT;
import static io.redoubt.persistence.packed.ListpackFormat.END;
import static io.redoubt.persistence.packed.ListpackFormat.HEADER_BYTES;
import static io.redoubt.persistence.packed.ListpackFormat.UNKNOWN_COUNT;
import static io.redoubt.persistence.packed.LittleEndian.set16;
import static io.redoubt.persistence.packed.LittleEndian.set32;
import static io.redoubt.persistence.packed.LittleEndian.setByte;
import static io.redoubt.persistence.packed.LittleEndian.unsigned16;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;

/**
 * Edits at the ends of a {@link Listpack} that move no entry: the start of the listpack moves
 * within its block, or entries are written behind the last one.
 */
public final class ListpackEnds {

  /** The largest overhead of an entry: a length and a back-length of five bytes each. */
  private static final long MAX_OVERHEAD_BYTES = 10;

  private ListpackEnds() {}

  /**
   * Prepends an element by moving the start of the listpack down. The {@link Listpack#entryBytes}
   * before the listpack must be free.
   *
   * @return the new start of the listpack
   */
  public static long extendFront(
      MemorySegment memory, long start, MemorySegment bytes, long offset, int length) {
    long value = Numbers.parseLong(bytes, offset, length, 0);
    if (value != 0 || Numbers.isZero(bytes, offset, length)) {
      return extendFront(memory, start, value);
    }
    long bodyBytes = ListpackFormat.stringBodyBytes(length);
    long newStart = start - bodyBytes - ListpackFormat.backLengthBytes(bodyBytes);
    moveHeader(memory, start, newStart, 1);
    long entry = newStart + HEADER_BYTES;
    long at = ListpackFormat.writeStringPrefix(memory, entry, length);
    MemorySegment.copy(bytes, offset, memory, at, length);
    ListpackFormat.writeBackLength(memory, entry + bodyBytes, bodyBytes);
    return newStart;
  }

  /** Prepends an integer by moving the start of the listpack down. */
  public static long extendFront(MemorySegment memory, long start, long value) {
    int bodyBytes = ListpackFormat.integerBodyBytes(value);
    long newStart = start - bodyBytes - 1;
    moveHeader(memory, start, newStart, 1);
    write(memory, newStart + HEADER_BYTES, value);
    return newStart;
  }

  /**
   * Deletes the first entries by moving the start of the listpack up.
   *
   * @param count the number of entries, at most as many as there are
   * @return the new start of the listpack
   */
  public static long dropFront(MemorySegment memory, long start, int count) {
    long first = Listpack.skip(memory, start + HEADER_BYTES, count);
    long newStart = first - HEADER_BYTES;
    moveHeader(memory, start, newStart, -count);
    return newStart;
  }

  private static void moveHeader(MemorySegment memory, long start, long newStart, int added) {
    long newBytes = Listpack.sizeBytes(memory, start) + (start - newStart);
    int count = unsigned16(memory, start + COUNT_AT);
    if (newBytes > Listpack.MAX_BYTES && added > 0) {
      throw new IllegalArgumentException("a listpack of " + newBytes + " bytes");
    }
    if (count != UNKNOWN_COUNT) {
      count = Math.min(count + added, UNKNOWN_COUNT);
    }
    set32(memory, newStart, (int) newBytes);
    set16(memory, newStart + COUNT_AT, count);
  }

  /**
   * Writes an entry of these bytes at a position, overwriting the old content, and returns the
   * position after it. Callers add several entries at the end and then call {@link #extend}.
   */
  public static long write(
      MemorySegment target, long position, MemorySegment bytes, long offset, int length) {
    long value = Numbers.parseLong(bytes, offset, length, 0);
    if (value != 0 || Numbers.isZero(bytes, offset, length)) {
      return write(target, position, value);
    }
    long bodyBytes = ListpackFormat.stringBodyBytes(length);
    long at = ListpackFormat.writeStringPrefix(target, position, length);
    MemorySegment.copy(bytes, offset, target, at, length);
    ListpackFormat.writeBackLength(target, position + bodyBytes, bodyBytes);
    return position + bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
  }

  /**
   * Writes an entry of an integer, like {@link #write(MemorySegment, long, MemorySegment, long,
   * int)}.
   */
  public static long write(MemorySegment target, long position, long value) {
    int bodyBytes = ListpackFormat.integerBodyBytes(value);
    ListpackFormat.writeInteger(target, position, value);
    setByte(target, position + bodyBytes, bodyBytes);
    return position + bodyBytes + 1;
  }

  /** Ends a listpack at the given position, after entries were written at its end. */
  public static void extend(MemorySegment memory, long start, long end, int added) {
    setByte(memory, end, END);
    set32(memory, start, (int) (end + 1 - start));
    int count = unsigned16(memory, start + COUNT_AT);
    if (count != UNKNOWN_COUNT) {
      set16(memory, start + COUNT_AT, Math.min(count + added, UNKNOWN_COUNT));
    }
  }

  /** Returns an upper bound of the size of an entry of {@code length} bytes. */
  public static long maxEntryBytes(int length) {
    return length + MAX_OVERHEAD_BYTES;
  }
}
