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
 * Edits at the ends of a {@link Listpack} that move nothing of it: it begins earlier or later in
 * its block, or entries are written behind its last one.
 */
public final class ListpackEnds {

  /** What an entry takes besides its bytes at the most: a length and a back-length of five each. */
  private static final long MOST_FRAME_BYTES = 10;

  private ListpackEnds() {}

  /**
   * Puts an element before the first by letting the listpack begin earlier: nothing of it moves.
   * The {@link Listpack#entryBytes} before it are free.
   *
   * @return where the listpack starts now
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

  /** Puts a whole number before the first element by letting the listpack begin earlier. */
  public static long extendFront(MemorySegment memory, long start, long value) {
    int bodyBytes = ListpackFormat.integerBodyBytes(value);
    long newStart = start - bodyBytes - 1;
    moveHeader(memory, start, newStart, 1);
    write(memory, newStart + HEADER_BYTES, value);
    return newStart;
  }

  /**
   * Takes out the first entries by letting the listpack begin later: nothing of it moves.
   *
   * @param count how many, not more than there are
   * @return where the listpack starts now
   */
  public static long dropFront(MemorySegment memory, long start, int count) {
    long first = Listpack.skip(memory, start + HEADER_BYTES, count);
    long newStart = first - HEADER_BYTES;
    moveHeader(memory, start, newStart, -count);
    return newStart;
  }

  /** Writes the header of a listpack that begins somewhere else from now on. */
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
   * Writes an entry of these bytes at a position, over whatever is there; returns the position
   * after it. For one who adds several entries at the end and then calls {@link #extend}.
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

  /** As {@link #write(MemorySegment, long, MemorySegment, long, int)}, of a whole number. */
  public static long write(MemorySegment target, long position, long value) {
    int bodyBytes = ListpackFormat.integerBodyBytes(value);
    ListpackFormat.writeInteger(target, position, value);
    setByte(target, position + bodyBytes, bodyBytes);
    return position + bodyBytes + 1;
  }

  /** Ends a listpack anew at the position after entries that were added at its end. */
  public static void extend(MemorySegment memory, long start, long end, int added) {
    setByte(memory, end, END);
    set32(memory, start, (int) (end + 1 - start));
    int count = unsigned16(memory, start + COUNT_AT);
    if (count != UNKNOWN_COUNT) {
      set16(memory, start + COUNT_AT, Math.min(count + added, UNKNOWN_COUNT));
    }
  }

  /** The most bytes that an entry of so many bytes takes. */
  public static long mostEntryBytes(int length) {
    return length + MOST_FRAME_BYTES;
  }
}
