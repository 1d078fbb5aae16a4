package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.LittleEndian.int16;
import static io.redoubt.persistence.packed.LittleEndian.int32;
import static io.redoubt.persistence.packed.LittleEndian.int64;
import static io.redoubt.persistence.packed.LittleEndian.set16;
import static io.redoubt.persistence.packed.LittleEndian.set32;
import static io.redoubt.persistence.packed.LittleEndian.set64;
import static io.redoubt.persistence.packed.LittleEndian.unsigned32;

import java.lang.foreign.MemorySegment;

/**
 * A set of integers in one block of memory, in ascending order, all of the same width.
 *
 * <pre>
 * 4 bytes  width of an integer in bytes: 2, 4 or 8; all fields are little-endian
 * 4 bytes  number of integers
 * integers signed, ascending, distinct
 * </pre>
 *
 * <p>The width grows with the first number that needs it and never shrinks again. Edits write the
 * set that results to a target: the place where the set is now, if there is room, or one that
 * shares no byte with it. Nothing here allocates.
 */
public final class Intset {

  /** The size of an empty set in bytes. */
  public static final int EMPTY_BYTES = 8;

  private static final int COUNT_AT = 4;
  private static final int HEADER_BYTES = 8;

  private Intset() {}

  /** Writes an empty set of {@link #EMPTY_BYTES}. */
  public static void create(MemorySegment memory, long start) {
    set32(memory, start, Short.BYTES);
    set32(memory, start + COUNT_AT, 0);
  }

  /** Returns the width of an integer in bytes: 2, 4 or 8. */
  public static int width(MemorySegment memory, long start) {
    return int32(memory, start);
  }

  public static int count(MemorySegment memory, long start) {
    return int32(memory, start + COUNT_AT);
  }

  public static long sizeBytes(MemorySegment memory, long start) {
    return HEADER_BYTES + unsigned32(memory, start + COUNT_AT) * width(memory, start);
  }

  /** Returns the integer at an index of the ascending order, 0 to count - 1. */
  public static long at(MemorySegment memory, long start, int index) {
    return at(memory, start, width(memory, start), index);
  }

  private static long at(MemorySegment memory, long start, int width, long index) {
    long place = start + HEADER_BYTES + index * width;
    return switch (width) {
      case Short.BYTES -> int16(memory, place);
      case Integer.BYTES -> int32(memory, place);
      default -> int64(memory, place);
    };
  }

  private static void set(MemorySegment memory, long start, int width, long index, long value) {
    long place = start + HEADER_BYTES + index * width;
    switch (width) {
      case Short.BYTES -> set16(memory, place, (int) value);
      case Integer.BYTES -> set32(memory, place, (int) value);
      default -> set64(memory, place, value);
    }
  }

  /**
   * Returns the index of an integer, or {@code -1 - index} of its insertion point if it is absent.
   */
  public static int find(MemorySegment memory, long start, long value) {
    int width = width(memory, start);
    int low = 0;
    int high = count(memory, start) - 1;
    if (high < 0 || value > at(memory, start, width, high)) {
      return -1 - (high + 1); // integers are often added in ascending order
    }
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long there = at(memory, start, width, middle);
      if (there == value) {
        return middle;
      }
      if (there < value) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1 - low;
  }

  public static boolean contains(MemorySegment memory, long start, long value) {
    return find(memory, start, value) >= 0;
  }

  /** Returns the width that an integer needs in bytes: 2, 4 or 8. */
  public static int widthOf(long value) {
    if (value == (short) value) {
      return Short.BYTES;
    }
    return value == (int) value ? Integer.BYTES : Long.BYTES;
  }

  /** Returns the size in bytes after adding an absent integer. */
  public static long sizeAfterAdd(MemorySegment memory, long start, long value) {
    int width = Math.max(width(memory, start), widthOf(value));
    return HEADER_BYTES + (unsigned32(memory, start + COUNT_AT) + 1) * width;
  }

  /**
   * Adds an integer.
   *
   * @return false if it was present; nothing is written then
   */
  public static boolean add(
      MemorySegment memory, long start, long value, MemorySegment target, long to) {
    int found = find(memory, start, value);
    if (found >= 0) {
      return false;
    }
    int index = -1 - found;
    int count = count(memory, start);
    int width = width(memory, start);
    int newWidth = Math.max(width, widthOf(value));
    if (newWidth == width) {
      copy(memory, start, index, target, to, index + 1, count - index, width);
      if (!memory.equals(target) || start != to) {
        copy(memory, start, 0, target, to, 0, index, width);
      }
    } else {
      // Backwards, so that in place no integer is overwritten before it is read. An integer wider
      // than all others comes first or last.
      for (int i = count - 1; i >= 0; i--) {
        set(target, to, newWidth, i < index ? i : i + 1, at(memory, start, width, i));
      }
    }
    set(target, to, newWidth, index, value);
    set32(target, to, newWidth);
    set32(target, to + COUNT_AT, count + 1);
    return true;
  }

  /**
   * Removes an integer; the width stays.
   *
   * @return false if it was absent; nothing is written then
   */
  public static boolean remove(
      MemorySegment memory, long start, long value, MemorySegment target, long to) {
    int index = find(memory, start, value);
    if (index < 0) {
      return false;
    }
    int count = count(memory, start);
    int width = width(memory, start);
    if (!memory.equals(target) || start != to) {
      copy(memory, start, 0, target, to, 0, index, width);
    }
    copy(memory, start, index + 1, target, to, index, count - index - 1, width);
    set32(target, to, width);
    set32(target, to + COUNT_AT, count - 1);
    return true;
  }

  private static void copy(
      MemorySegment memory,
      long start,
      int from,
      MemorySegment target,
      long to,
      int index,
      int count,
      int width) {
    MemorySegment.copy(
        memory,
        start + HEADER_BYTES + (long) from * width,
        target,
        to + HEADER_BYTES + (long) index * width,
        (long) count * width);
  }

  /**
   * Validates the width and the size of an untrusted set, without reading beyond it; {@link
   * #isAscending} checks the integers.
   *
   * @param length the number of bytes available
   * @throws PackedException if it is not valid
   */
  public static void validate(MemorySegment memory, long start, long length)
      throws PackedException {
    if (length < HEADER_BYTES) {
      throw new PackedException(0, "intset of fewer than " + HEADER_BYTES + " bytes");
    }
    int width = width(memory, start);
    if (width != Short.BYTES && width != Integer.BYTES && width != Long.BYTES) {
      throw new PackedException(0, "intset of unknown width");
    }
    long count = unsigned32(memory, start + COUNT_AT);
    if (count > Integer.MAX_VALUE || HEADER_BYTES + count * width != length) {
      throw new PackedException(COUNT_AT, "intset's size differs from the number of bytes");
    }
  }

  /** Returns true if the integers of a valid set are in ascending order and distinct. */
  public static boolean isAscending(MemorySegment memory, long start) {
    int width = width(memory, start);
    int count = count(memory, start);
    for (long i = 1; i < count; i++) {
      if (at(memory, start, width, i - 1) >= at(memory, start, width, i)) {
        return false;
      }
    }
    return true;
  }
}
