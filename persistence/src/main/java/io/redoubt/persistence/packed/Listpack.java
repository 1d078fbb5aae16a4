package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.ListpackFormat.COUNT_AT;
import static io.redoubt.persistence.packed.ListpackFormat.END;
import static io.redoubt.persistence.packed.ListpackFormat.HEADER_BYTES;
import static io.redoubt.persistence.packed.ListpackFormat.UNKNOWN_COUNT;
import static io.redoubt.persistence.packed.LittleEndian.bytesEqual;
import static io.redoubt.persistence.packed.LittleEndian.int64;
import static io.redoubt.persistence.packed.LittleEndian.set16;
import static io.redoubt.persistence.packed.LittleEndian.set32;
import static io.redoubt.persistence.packed.LittleEndian.setByte;
import static io.redoubt.persistence.packed.LittleEndian.unsigned16;
import static io.redoubt.persistence.packed.LittleEndian.unsigned32;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;

/**
 * A list of short byte strings and integers in one block of memory: small lists, hashes (field,
 * value, ...), sets and sorted sets (member, score, ...), and the nodes of large lists and streams.
 * The bytes are those of Redis; see {@link ListpackFormat}.
 *
 * <p>An element given as bytes is stored as an integer if it is the decimal form of a {@code long}.
 * An integer entry thus stands for that decimal form.
 *
 * <p>An entry is identified by its offset in the memory, which is valid until the next edit. A
 * <em>position</em> is the offset of an entry or {@link #end}: a place for insertions.
 *
 * <p>An edit writes the resulting listpack to a target. The target is either the listpack's current
 * place, if the block has room for the result, or a place that does not overlap it. The caller
 * computes the room beforehand, from {@link #sizeBytes} and {@link #entryBytes} or by a {@code
 * sizeAfter...} method. The bytes of a new element must not lie in the edited listpack.
 *
 * <p>No method allocates.
 */
public final class Listpack {

  /** The result of {@link #next} and similar methods if there is no such entry. */
  public static final long NONE = -1;

  /** The size of an empty listpack in bytes. */
  public static final int EMPTY_BYTES = HEADER_BYTES + 1;

  /** The largest size of an edited listpack in bytes, as in Redis. */
  public static final int MAX_BYTES = 1 << 30;

  private Listpack() {}

  /** Writes an empty listpack of {@link #EMPTY_BYTES}. */
  public static void create(MemorySegment memory, long start) {
    set32(memory, start, EMPTY_BYTES);
    set16(memory, start + COUNT_AT, 0);
    setByte(memory, start + HEADER_BYTES, END);
  }

  public static long sizeBytes(MemorySegment memory, long start) {
    return unsigned32(memory, start);
  }

  /** Returns the number of entries. From 65535 on they have to be counted one by one. */
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

  /** Returns the position of the first entry, or the end if there is none. */
  public static long firstPosition(long start) {
    return start + HEADER_BYTES;
  }

  /** Returns the position behind the last entry. */
  public static long end(MemorySegment memory, long start) {
    return start + sizeBytes(memory, start) - 1;
  }

  static boolean isEnd(MemorySegment memory, long position) {
    return unsignedByte(memory, position) == END;
  }

  /** Returns the position behind an entry: the next entry or the end. */
  public static long after(MemorySegment memory, long entry) {
    int first = unsignedByte(memory, entry);
    if (ListpackFormat.isShortString(first)) {
      return entry + 1 + ListpackFormat.shortLength(first) + 1;
    }
    long bodyBytes = ListpackFormat.bodyBytes(memory, entry);
    return entry + bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
  }

  /** Returns the first entry, or {@link #NONE}. */
  public static long first(MemorySegment memory, long start) {
    return orNone(memory, start + HEADER_BYTES);
  }

  /** Returns the last entry, or {@link #NONE}. */
  public static long last(MemorySegment memory, long start) {
    return previous(memory, start, end(memory, start));
  }

  /** Returns the entry after this one, or {@link #NONE}. */
  public static long next(MemorySegment memory, long entry) {
    return orNone(memory, after(memory, entry));
  }

  /** Returns the entry before this position, or {@link #NONE}. */
  public static long previous(MemorySegment memory, long start, long position) {
    return position == start + HEADER_BYTES ? NONE : ListpackFormat.before(memory, position);
  }

  /**
   * Returns the entry at an index, or {@link #NONE}. Walks from the nearer end.
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

  /** Returns true if an entry is stored as an integer, to be read by {@link #integer}. */
  public static boolean isInteger(MemorySegment memory, long entry) {
    return ListpackFormat.isInteger(unsignedByte(memory, entry));
  }

  public static long integer(MemorySegment memory, long entry) {
    return ListpackFormat.integer(memory, entry);
  }

  /** Returns the offset of the bytes of an entry that is not an integer. */
  public static long bytesAt(MemorySegment memory, long entry) {
    return entry + ListpackFormat.prefixBytes(unsignedByte(memory, entry));
  }

  /** Returns the number of bytes of an entry that is not an integer. */
  public static int bytesLength(MemorySegment memory, long entry) {
    return (int) ListpackFormat.stringLength(memory, entry, unsignedByte(memory, entry));
  }

  /** Returns the length of the element in bytes, in decimal if it is an integer. */
  public static int textLength(MemorySegment memory, long entry) {
    return isInteger(memory, entry)
        ? Numbers.decimalLength(integer(memory, entry))
        : bytesLength(memory, entry);
  }

  /** Copies the bytes of the element, in decimal if it is an integer, and returns their number. */
  public static int copyText(MemorySegment memory, long entry, MemorySegment target, long to) {
    if (isInteger(memory, entry)) {
      return Numbers.writeLong(target, to, integer(memory, entry));
    }
    int length = bytesLength(memory, entry);
    MemorySegment.copy(memory, bytesAt(memory, entry), target, to, length);
    return length;
  }

  /** Returns true if the element equals these bytes. An integer is compared by value. */
  public static boolean equal(
      MemorySegment memory, long entry, MemorySegment bytes, long offset, int length) {
    if (!isInteger(memory, entry)) {
      return bytesLength(memory, entry) == length
          && bytesEqual(memory, bytesAt(memory, entry), bytes, offset, length);
    }
    long value = integer(memory, entry);
    return Numbers.parseLong(bytes, offset, length, ~value) == value;
  }

  /**
   * Returns the first entry that equals these bytes, or {@link #NONE}.
   *
   * @param position the position to start at; may be the end
   * @param skip the number of entries to skip after each compared one: 1 for the fields of a hash,
   *     0 for all
   */
  public static long find(
      MemorySegment memory, long position, MemorySegment bytes, long offset, int length, int skip) {
    long value = Numbers.parseLong(bytes, offset, length, 0);
    boolean number = value != 0 || Numbers.isZero(bytes, offset, length);
    int sameForm = ListpackFormat.shortStringPrefix(length);
    int unused = Math.max(0, Long.BYTES - length) * Byte.SIZE;
    long tail = tail(bytes, offset, length);
    long entry = position;
    for (int first = unsignedByte(memory, entry);
        first != END;
        first = unsignedByte(memory, entry)) {
      if (first == sameForm) {
        // The most frequent case has a step of its own: its length does not depend on what was
        // read, so the processor looks at the next entry before it has compared this one.
        if (int64(memory, entry + 1 + length - Long.BYTES) >>> unused == tail
            && (length <= Long.BYTES || bytesEqual(memory, entry + 1, bytes, offset, length))) {
          return entry;
        }
        entry += 1 + length + 1;
      } else if (ListpackFormat.isShortString(first) && length > 0) {
        // Of another length; the empty string has no form of its own here.
        entry += 1 + ListpackFormat.shortLength(first) + 1;
      } else {
        if (ListpackFormat.isInteger(first)) {
          if (number && integer(memory, entry) == value) {
            return entry;
          }
        } else if (bytesLength(memory, entry) == length
            && bytesEqual(memory, bytesAt(memory, entry), bytes, offset, length)) {
          return entry;
        }
        entry = after(memory, entry);
      }
      for (int i = 0; i < skip && !isEnd(memory, entry); i++) {
        entry = after(memory, entry);
      }
    }
    return NONE;
  }

  /** Returns the last up to eight bytes as a little-endian number. */
  private static long tail(MemorySegment bytes, long offset, int length) {
    if (length >= Long.BYTES) {
      return int64(bytes, offset + length - Long.BYTES);
    }
    long tail = 0;
    for (int i = length - 1; i >= 0; i--) {
      tail = tail << Byte.SIZE | unsignedByte(bytes, offset + i);
    }
    return tail;
  }

  /** Returns the size of an entry of these bytes. */
  public static long entryBytes(MemorySegment bytes, long offset, int length) {
    if (Numbers.isLong(bytes, offset, length)) {
      return entryBytes(Numbers.parseLong(bytes, offset, length, 0));
    }
    long bodyBytes = ListpackFormat.stringBodyBytes(length);
    return bodyBytes + ListpackFormat.backLengthBytes(bodyBytes);
  }

  /** Returns the size of an entry of this integer in bytes. */
  public static int entryBytes(long value) {
    return ListpackFormat.integerBodyBytes(value) + 1;
  }

  /** Returns the size in bytes after inserting these bytes at any position. */
  public static long sizeAfterInsert(
      MemorySegment memory, long start, MemorySegment bytes, long offset, int length) {
    return sizeBytes(memory, start) + entryBytes(bytes, offset, length);
  }

  /** Returns the size in bytes after replacing an entry by these bytes. */
  public static long sizeAfterReplace(
      MemorySegment memory, long start, long entry, MemorySegment bytes, long offset, int length) {
    return sizeAfterInsert(memory, start, bytes, offset, length) - (after(memory, entry) - entry);
  }

  /** Appends an element; returns its entry in the target. */
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

  /** Appends an integer; returns its entry in the target. */
  public static long append(
      MemorySegment memory, long start, long value, MemorySegment target, long to) {
    return insert(memory, start, end(memory, start), value, target, to);
  }

  /**
   * Inserts an element and returns its entry in the target.
   *
   * @param position the entry before which to insert, or the end; use {@link #after} to insert
   *     behind an entry
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

  /** Inserts an integer before a position and returns its entry in the target. */
  public static long insert(
      MemorySegment memory, long start, long position, long value, MemorySegment target, long to) {
    return put(memory, start, position, position, value, target, to);
  }

  /** Replaces an element; returns the new entry in the target. */
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

  /** Replaces an element by an integer; returns the new entry in the target. */
  public static long replace(
      MemorySegment memory, long start, long entry, long value, MemorySegment target, long to) {
    return put(memory, start, entry, after(memory, entry), value, target, to);
  }

  /**
   * Deletes entries from a position on; returns the position in the target of the entry that
   * followed them.
   *
   * @param count the number of entries; fewer are deleted if the listpack ends before
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
   * Appends the entries of another listpack. The target must not overlap the other listpack; it may
   * be the place of this one.
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

  /** Completes a listpack whose entries end at a position; returns its size in bytes. */
  static long finish(MemorySegment memory, long start, long end, int count) {
    long bytes = end + 1 - start;
    checkSize(bytes);
    setByte(memory, end, END);
    set32(memory, start, (int) bytes);
    set16(memory, start + COUNT_AT, Math.min(count, UNKNOWN_COUNT));
    return bytes;
  }

  private static void checkSize(long bytes) {
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException("a listpack of " + bytes + " bytes");
    }
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
    LittleEndian.copy(bytes, offset, target, at, length);
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

  /**
   * Replaces [from, until) by a gap and writes the result; returns the offset of the gap in the
   * target.
   */
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
    if (gapBytes > 0) {
      checkSize(newBytes);
    }
    int count = unsigned16(memory, start + COUNT_AT);
    if (count != UNKNOWN_COUNT) {
      count = Math.min(count + added, UNKNOWN_COUNT);
    }
    boolean inPlace = memory.equals(target) && start == to;
    long gap = to + (from - start);
    if (!inPlace || gapBytes != until - from) {
      // The tail first: in place, the bytes before the gap don't move.
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
