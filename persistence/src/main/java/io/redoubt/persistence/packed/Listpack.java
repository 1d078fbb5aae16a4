package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.ListpackFormat.COUNT_AT;
import static io.redoubt.persistence.packed.ListpackFormat.END;
import static io.redoubt.persistence.packed.ListpackFormat.HEADER_BYTES;
import static io.redoubt.persistence.packed.ListpackFormat.UNKNOWN_COUNT;
import static io.redoubt.persistence.packed.LittleEndian.same;
import static io.redoubt.persistence.packed.LittleEndian.set16;
import static io.redoubt.persistence.packed.LittleEndian.set32;
import static io.redoubt.persistence.packed.LittleEndian.setByte;
import static io.redoubt.persistence.packed.LittleEndian.unsigned16;
import static io.redoubt.persistence.packed.LittleEndian.unsigned32;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;

/**
 * A list of short byte strings and whole numbers in one block: small lists, hashes (field, value,
 * ...), sets and sorted sets (member, score, ...), and the nodes of large lists and streams. The
 * bytes are those of Redis; see {@link ListpackFormat}.
 *
 * <p>An element given as bytes is stored as a number when it is the decimal form of a {@code long}:
 * an entry that {@link #isInteger} stands for that decimal form.
 *
 * <p>An entry is told by its offset in the memory, which is good until the next edit. A
 * <em>position</em> is the offset of an entry or {@link #end}: where something can be inserted.
 *
 * <p>An edit writes the listpack that results to a target. That is either the place where the
 * listpack is now, if the block has room for the result, or a place that shares no byte with it.
 * How much room is needed is asked for before: the size now ({@link #sizeBytes}) and {@link
 * #entryBytes} for an insertion, or one of the {@code sizeAfter...}. The bytes of a new element
 * must not lie in the listpack that is edited.
 *
 * <p>Nothing here allocates.
 */
public final class Listpack {

  /** What {@link #next} and the like return when there is no such entry. */
  public static final long NONE = -1;

  /** The size of a listpack without entries. */
  public static final int EMPTY_BYTES = HEADER_BYTES + 1;

  /** No edit makes a listpack larger than this; Redis' own limit. */
  public static final int MAX_BYTES = 1 << 30;

  private Listpack() {}

  /** Writes a listpack without entries, {@link #EMPTY_BYTES}. */
  public static void create(MemorySegment memory, long start) {
    set32(memory, start, EMPTY_BYTES);
    set16(memory, start + COUNT_AT, 0);
    setByte(memory, start + HEADER_BYTES, END);
  }

  /** The size of it all in bytes. */
  public static long sizeBytes(MemorySegment memory, long start) {
    return unsigned32(memory, start);
  }

  /** The number of entries. From 65535 on they have to be counted one by one. */
  public static int count(MemorySegment memory, long start) {
    int count = unsigned16(memory, start + COUNT_AT);
    if (count == UNKNOWN_COUNT) {
      count = 0;
      for (long at = start + HEADER_BYTES; !isEnd(memory, at); at = after(memory, at)) {
        count++;
      }
    }
    return count;
  }

  /** The position of the first entry, or the end when there is none. */
  public static long beginning(long start) {
    return start + HEADER_BYTES;
  }

  /** The position behind the last entry. */
  public static long end(MemorySegment memory, long start) {
    return start + sizeBytes(memory, start) - 1;
  }

  static boolean isEnd(MemorySegment memory, long position) {
    return unsignedByte(memory, position) == END;
  }

  /** The position behind an entry: the next entry or the end. */
  public static long after(MemorySegment memory, long entry) {
    long bodyBytes = ListpackFormat.bodyBytes(memory, entry);
    return entry + bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
  }

  /** The first entry, or {@link #NONE}. */
  public static long first(MemorySegment memory, long start) {
    return orNone(memory, start + HEADER_BYTES);
  }

  /** The last entry, or {@link #NONE}. */
  public static long last(MemorySegment memory, long start) {
    return previous(memory, start, end(memory, start));
  }

  /** The entry after this one, or {@link #NONE}. */
  public static long next(MemorySegment memory, long entry) {
    return orNone(memory, after(memory, entry));
  }

  /** The entry before this position, or {@link #NONE}. */
  public static long previous(MemorySegment memory, long start, long position) {
    return position == start + HEADER_BYTES ? NONE : ListpackFormat.before(memory, position);
  }

  /**
   * The entry at an index, or {@link #NONE}. The way there begins at the nearer end.
   *
   * @param index from 0 for the first, or from -1 backwards for the last
   */
  public static long at(MemorySegment memory, long start, int index) {
    long steps = index;
    int count = unsigned16(memory, start + COUNT_AT);
    if (count != UNKNOWN_COUNT) {
      if (index >= count || index < -count) {
        return NONE;
      }
      if (index >= 0 && index > count / 2) {
        steps = (long) index - count;
      } else if (index < 0 && -index > count / 2) {
        steps = (long) index + count;
      }
    }
    if (steps >= 0) {
      return orNone(memory, skip(memory, start + HEADER_BYTES, steps));
    }
    long entry = end(memory, start);
    for (; steps < 0 && entry != NONE; steps++) {
      entry = previous(memory, start, entry);
    }
    return entry;
  }

  private static long orNone(MemorySegment memory, long position) {
    return isEnd(memory, position) ? NONE : position;
  }

  static long skip(MemorySegment memory, long position, long entries) {
    long at = position;
    for (long i = 0; i < entries && !isEnd(memory, at); i++) {
      at = after(memory, at);
    }
    return at;
  }

  /** Whether an entry is stored as a whole number: it has {@link #integer}, not bytes. */
  public static boolean isInteger(MemorySegment memory, long entry) {
    return ListpackFormat.isInteger(unsignedByte(memory, entry));
  }

  /** The whole number that an entry is. */
  public static long integer(MemorySegment memory, long entry) {
    return ListpackFormat.integer(memory, entry);
  }

  /** The offset of the bytes of an entry that is no integer. */
  public static long bytesAt(MemorySegment memory, long entry) {
    return entry + ListpackFormat.prefixBytes(unsignedByte(memory, entry));
  }

  /** How many bytes an entry that is no integer has. */
  public static int bytesLength(MemorySegment memory, long entry) {
    return (int) ListpackFormat.stringLength(memory, entry, unsignedByte(memory, entry));
  }

  /** How many bytes the element has, in decimal if it is an integer. */
  public static int textLength(MemorySegment memory, long entry) {
    return isInteger(memory, entry)
        ? Numbers.decimalLength(integer(memory, entry))
        : bytesLength(memory, entry);
  }

  /** Copies the bytes of the element, in decimal if it is an integer; how many they were. */
  public static int copyText(MemorySegment memory, long entry, MemorySegment target, long to) {
    if (isInteger(memory, entry)) {
      return Numbers.writeLong(target, to, integer(memory, entry));
    }
    int length = bytesLength(memory, entry);
    MemorySegment.copy(memory, bytesAt(memory, entry), target, to, length);
    return length;
  }

  /** Whether the element is these bytes. An integer is compared by value. */
  public static boolean equal(
      MemorySegment memory, long entry, MemorySegment bytes, long offset, int length) {
    if (!isInteger(memory, entry)) {
      return bytesLength(memory, entry) == length
          && same(memory, bytesAt(memory, entry), bytes, offset, length);
    }
    long value = integer(memory, entry);
    return Numbers.parseLong(bytes, offset, length, ~value) == value;
  }

  /**
   * The first entry that is these bytes, or {@link #NONE}.
   *
   * @param position where to begin; the end, too
   * @param skip how many entries to pass over after each one that was looked at: 1 for the fields
   *     of a hash, 0 for all
   */
  public static long find(
      MemorySegment memory, long position, MemorySegment bytes, long offset, int length, int skip) {
    boolean number = Numbers.isLong(bytes, offset, length);
    long value = number ? Numbers.parseLong(bytes, offset, length, 0) : 0;
    long entry = position;
    while (!isEnd(memory, entry)) {
      if (isInteger(memory, entry)) {
        if (number && integer(memory, entry) == value) {
          return entry;
        }
      } else if (bytesLength(memory, entry) == length
          && same(memory, bytesAt(memory, entry), bytes, offset, length)) {
        return entry;
      }
      entry = skip(memory, after(memory, entry), skip);
    }
    return NONE;
  }

  /** How many bytes an entry of these bytes takes. */
  public static long entryBytes(MemorySegment bytes, long offset, int length) {
    if (Numbers.isLong(bytes, offset, length)) {
      return entryBytes(Numbers.parseLong(bytes, offset, length, 0));
    }
    long bodyBytes = ListpackFormat.stringBodyBytes(length);
    return bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
  }

  /** How many bytes an entry of this whole number takes. */
  public static int entryBytes(long value) {
    return ListpackFormat.integerBodyBytes(value) + 1;
  }

  /** The size in bytes that inserting these bytes gives, anywhere. */
  public static long sizeAfterInsert(
      MemorySegment memory, long start, MemorySegment bytes, long offset, int length) {
    return sizeBytes(memory, start) + entryBytes(bytes, offset, length);
  }

  /** The size in bytes that inserting this whole number gives, anywhere. */
  public static long sizeAfterInsert(MemorySegment memory, long start, long value) {
    return sizeBytes(memory, start) + entryBytes(value);
  }

  /** The size in bytes that replacing an entry by these bytes gives. */
  public static long sizeAfterReplace(
      MemorySegment memory, long start, long entry, MemorySegment bytes, long offset, int length) {
    return sizeAfterInsert(memory, start, bytes, offset, length) - (after(memory, entry) - entry);
  }

  /** The size in bytes that replacing an entry by this whole number gives. */
  public static long sizeAfterReplace(MemorySegment memory, long start, long entry, long value) {
    return sizeAfterInsert(memory, start, value) - (after(memory, entry) - entry);
  }

  /** The size in bytes that {@link #delete} gives. */
  public static long sizeAfterDelete(MemorySegment memory, long start, long position, int count) {
    return sizeBytes(memory, start) - (skip(memory, position, count) - position);
  }

  /** The size in bytes that {@link #merge} gives. */
  public static long sizeAfterMerge(
      MemorySegment memory, long start, MemorySegment other, long otherStart) {
    return sizeBytes(memory, start) + sizeBytes(other, otherStart) - EMPTY_BYTES;
  }

  /** Inserts an element behind the last; returns its entry in the target. */
  public static long append(
      MemorySegment memory,
      long start,
      MemorySegment bytes,
      long offset,
      int length,
      MemorySegment target,
      long to) {
    return insert(memory, start, end(memory, start), bytes, offset, length, target, to);
  }

  /** Inserts a whole number behind the last element; returns its entry in the target. */
  public static long append(
      MemorySegment memory, long start, long value, MemorySegment target, long to) {
    return insert(memory, start, end(memory, start), value, target, to);
  }

  /** Inserts an element before the first; returns its entry in the target. */
  public static long prepend(
      MemorySegment memory,
      long start,
      MemorySegment bytes,
      long offset,
      int length,
      MemorySegment target,
      long to) {
    return insert(memory, start, beginning(start), bytes, offset, length, target, to);
  }

  /** Inserts a whole number before the first element; returns its entry in the target. */
  public static long prepend(
      MemorySegment memory, long start, long value, MemorySegment target, long to) {
    return insert(memory, start, beginning(start), value, target, to);
  }

  /**
   * Inserts an element and returns its entry in the target.
   *
   * @param position before what: an entry or the end; behind an entry is {@link #after} it
   */
  public static long insert(
      MemorySegment memory,
      long start,
      long position,
      MemorySegment bytes,
      long offset,
      int length,
      MemorySegment target,
      long to) {
    return put(memory, start, position, position, bytes, offset, length, target, to);
  }

  /** Inserts a whole number before a position and returns its entry in the target. */
  public static long insert(
      MemorySegment memory, long start, long position, long value, MemorySegment target, long to) {
    return put(memory, start, position, position, value, target, to);
  }

  /** Puts an element in the place of another; returns its entry in the target. */
  public static long replace(
      MemorySegment memory,
      long start,
      long entry,
      MemorySegment bytes,
      long offset,
      int length,
      MemorySegment target,
      long to) {
    long until = after(memory, entry);
    return put(memory, start, entry, until, bytes, offset, length, target, to);
  }

  /** Puts a whole number in the place of an element; returns its entry in the target. */
  public static long replace(
      MemorySegment memory, long start, long entry, long value, MemorySegment target, long to) {
    return put(memory, start, entry, after(memory, entry), value, target, to);
  }

  /**
   * Takes out entries from a position on; returns the position in the target of what followed.
   *
   * @param count how many; fewer are taken where there are not so many
   */
  public static long delete(
      MemorySegment memory, long start, long position, int count, MemorySegment target, long to) {
    long until = position;
    int deleted = 0;
    for (; deleted < count && !isEnd(memory, until); deleted++) {
      until = after(memory, until);
    }
    return splice(memory, start, position, until, 0, -deleted, target, to);
  }

  /**
   * Puts the entries of another listpack behind those of this one. The target shares no byte with
   * the other; it may be the place of this one.
   */
  public static void merge(
      MemorySegment memory,
      long start,
      MemorySegment other,
      long otherStart,
      MemorySegment target,
      long to) {
    long otherBytes = sizeBytes(other, otherStart) - EMPTY_BYTES;
    int added = count(other, otherStart);
    long end = end(memory, start);
    long gap = splice(memory, start, end, end, otherBytes, added, target, to);
    MemorySegment.copy(other, otherStart + HEADER_BYTES, target, gap, otherBytes);
  }

  private static long put(
      MemorySegment memory,
      long start,
      long from,
      long until,
      MemorySegment bytes,
      long offset,
      int length,
      MemorySegment target,
      long to) {
    if (Numbers.isLong(bytes, offset, length)) {
      long value = Numbers.parseLong(bytes, offset, length, 0);
      return put(memory, start, from, until, value, target, to);
    }
    long bodyBytes = ListpackFormat.stringBodyBytes(length);
    long entryBytes = bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
    int added = from == until ? 1 : 0;
    long entry = splice(memory, start, from, until, entryBytes, added, target, to);
    long at = ListpackFormat.writeStringPrefix(target, entry, length);
    MemorySegment.copy(bytes, offset, target, at, length);
    ListpackFormat.writeBackLength(target, entry + bodyBytes, bodyBytes);
    return entry;
  }

  private static long put(
      MemorySegment memory,
      long start,
      long from,
      long until,
      long value,
      MemorySegment target,
      long to) {
    int bodyBytes = ListpackFormat.integerBodyBytes(value);
    int added = from == until ? 1 : 0;
    long entry = splice(memory, start, from, until, bodyBytes + 1, added, target, to);
    ListpackFormat.writeInteger(target, entry, value);
    ListpackFormat.writeBackLength(target, entry + bodyBytes, bodyBytes);
    return entry;
  }

  /** Writes the listpack with a gap in the place of [from, until); where in the target it is. */
  private static long splice(
      MemorySegment memory,
      long start,
      long from,
      long until,
      long gapBytes,
      int added,
      MemorySegment target,
      long to) {
    long oldBytes = sizeBytes(memory, start);
    long newBytes = oldBytes - (until - from) + gapBytes;
    if (newBytes > MAX_BYTES && gapBytes > 0) {
      throw new IllegalArgumentException("a listpack of " + newBytes + " bytes");
    }
    int count = unsigned16(memory, start + COUNT_AT);
    if (count != UNKNOWN_COUNT) {
      count = Math.min(count + added, UNKNOWN_COUNT);
    }
    boolean inPlace = memory.equals(target) && start == to;
    long gap = to + (from - start);
    if (!inPlace || gapBytes != until - from) {
      // The tail first: in place, what comes before it does not move.
      MemorySegment.copy(memory, until, target, gap + gapBytes, start + oldBytes - until);
    }
    if (!inPlace) {
      MemorySegment.copy(memory, start, target, to, from - start);
    }
    set32(target, to, (int) newBytes);
    set16(target, to + COUNT_AT, count);
    return gap;
  }
}
