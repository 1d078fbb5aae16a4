package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.LittleEndian.int16;
import static io.redoubt.persistence.packed.LittleEndian.int24;
import static io.redoubt.persistence.packed.LittleEndian.int32;
import static io.redoubt.persistence.packed.LittleEndian.int64;
import static io.redoubt.persistence.packed.LittleEndian.set16;
import static io.redoubt.persistence.packed.LittleEndian.set24;
import static io.redoubt.persistence.packed.LittleEndian.set32;
import static io.redoubt.persistence.packed.LittleEndian.set64;
import static io.redoubt.persistence.packed.LittleEndian.setByte;
import static io.redoubt.persistence.packed.LittleEndian.unsigned16;
import static io.redoubt.persistence.packed.LittleEndian.unsigned32;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;

/**
 * The predecessor of {@link Listpack}, used up to Redis 6.2. Needed to read files of such a Redis
 * and to write files for it.
 *
 * <pre>
 * ziplist  4 bytes  total size in bytes, little-endian
 *          4 bytes  offset of the last entry, little-endian; of the end if there is none
 *          2 bytes  number of entries, little-endian; 65535: unknown, to be counted
 *          entries
 *          1 byte   0xff
 *
 * entry    the size in bytes of the entry before it, 0 for the first: one byte up to 253, or 0xfe
 *          and 4 bytes, little-endian; and then
 *          00nnnnnn ...                  n bytes follow
 *          01nnnnnn nnnnnnnn ...         n bytes follow, high bits first
 *          10------ n (4 bytes) ...      n bytes follow, high byte first
 *          11000000 x (2 bytes)          the integer x, signed, little-endian, as those below
 *          11010000 x (4 bytes)
 *          11100000 x (8 bytes)
 *          11110000 x (3 bytes)
 *          11111110 x (1 byte)
 *          1111xxxx                      x - 1, x of 1 to 13
 * </pre>
 *
 * <p>No method allocates. An entry is identified by its offset in the memory.
 */
public final class Ziplist {

  /** The result of {@link #first} and {@link #next} if there is no such entry. */
  public static final long NONE = -1;

  private static final int LAST_AT = 4;
  private static final int COUNT_AT = 8;
  private static final int HEADER_BYTES = 10;
  private static final int UNKNOWN_COUNT = 65535;
  private static final int END = 0xff;
  private static final int LONG_BEFORE = 0xfe;

  private static final int BYTES_14 = 0x40;
  private static final int BYTES_32 = 0x80;
  private static final int INT_16 = 0xc0;
  private static final int INT_32 = 0xd0;
  private static final int INT_64 = 0xe0;
  private static final int INT_24 = 0xf0;
  private static final int SMALL_FIRST = 0xf1;
  private static final int INT_8 = 0xfe;

  private Ziplist() {}

  /** Returns the first entry, or {@link #NONE}. */
  public static long first(MemorySegment memory, long start) {
    return orNone(memory, start + HEADER_BYTES);
  }

  /** Returns the entry after this one, or {@link #NONE}. */
  public static long next(MemorySegment memory, long entry) {
    long at = encodingAt(memory, entry);
    return orNone(memory, at + bodyBytes(memory, at));
  }

  private static long orNone(MemorySegment memory, long position) {
    return unsignedByte(memory, position) == END ? NONE : position;
  }

  /** Returns true if an entry is stored as an integer, to be read by {@link #integer}. */
  public static boolean isInteger(MemorySegment memory, long entry) {
    return unsignedByte(memory, encodingAt(memory, entry)) >= INT_16;
  }

  public static long integer(MemorySegment memory, long entry) {
    long at = encodingAt(memory, entry);
    return integer(memory, at, unsignedByte(memory, at));
  }

  private static long integer(MemorySegment memory, long at, int encoding) {
    return switch (encoding) {
      case INT_8 -> (byte) unsignedByte(memory, at + 1);
      case INT_16 -> int16(memory, at + 1);
      case INT_24 -> int24(memory, at + 1);
      case INT_32 -> int32(memory, at + 1);
      case INT_64 -> int64(memory, at + 1);
      default -> encoding - SMALL_FIRST;
    };
  }

  /** Returns the offset of the bytes of an entry that is not an integer. */
  public static long bytesAt(MemorySegment memory, long entry) {
    long at = encodingAt(memory, entry);
    return at + prefixBytes(unsignedByte(memory, at));
  }

  /** Returns the number of bytes of an entry that is not an integer. */
  public static int bytesLength(MemorySegment memory, long entry) {
    return (int) stringLength(memory, encodingAt(memory, entry));
  }

  private static long encodingAt(MemorySegment memory, long entry) {
    return entry + (unsignedByte(memory, entry) < LONG_BEFORE ? 1 : 5);
  }

  private static boolean isKnown(int encoding) {
    return encoding <= INT_16
        || encoding == INT_32
        || encoding == INT_64
        || (encoding >= INT_24 && encoding <= INT_8);
  }

  /** Returns the number of bytes from the encoding to the string, or to the end of the integer. */
  private static int prefixBytes(int encoding) {
    if (encoding < INT_16) {
      return encoding < BYTES_14 ? 1 : encoding < BYTES_32 ? 2 : 5;
    }
    return switch (encoding) {
      case INT_8 -> 2;
      case INT_16 -> 3;
      case INT_24 -> 4;
      case INT_32 -> 5;
      case INT_64 -> 9;
      default -> 1;
    };
  }

  private static long stringLength(MemorySegment memory, long at) {
    int encoding = unsignedByte(memory, at);
    if (encoding < BYTES_14) {
      return encoding;
    }
    if (encoding < BYTES_32) {
      return (encoding & 0x3fL) << 8 | unsignedByte(memory, at + 1);
    }
    return Integer.reverseBytes(int32(memory, at + 1)) & 0xffff_ffffL;
  }

  private static long bodyBytes(MemorySegment memory, long at) {
    int encoding = unsignedByte(memory, at);
    int prefix = prefixBytes(encoding);
    return encoding < INT_16 ? prefix + stringLength(memory, at) : prefix;
  }

  /** Returns an upper bound of the size after {@link #toListpack} or {@link #fromListpack}. */
  public static long maxConvertedBytes(long bytes) {
    return 2 * bytes + 2 * HEADER_BYTES;
  }

  /**
   * Validates every byte of an untrusted ziplist, without reading beyond it, and writes the
   * listpack of the same elements.
   *
   * @param length the number of bytes available
   * @param target has {@link #maxConvertedBytes} bytes from {@code to} on
   * @return its size in bytes
   * @throws PackedException if the ziplist is not valid; parts may be written then
   */
  public static long toListpack(
      MemorySegment memory, long start, long length, MemorySegment target, long to)
      throws PackedException {
    long end = validatedEnd(memory, start, length);
    long out = to + ListpackFormat.HEADER_BYTES;
    long entry = start + HEADER_BYTES;
    long last = entry;
    int count = 0;
    while (entry < end) {
      int head = head(memory, entry, entry - last, end);
      if (isShortText(head)) {
        int textBytes = head & 0xff;
        int more = sameAfter(memory, entry, textBytes, end);
        long bytes = (1L + more) * (textBytes + 2);
        if (entry + bytes <= end) {
          if (more == 0) {
            int prefix = ListpackFormat.shortStringPrefix(textBytes);
            putShortText(memory, entry + 2, textBytes, target, out, prefix);
            ListpackFormat.setShortBackLength(target, out + 1 + textBytes, textBytes);
          } else {
            putShortTexts(memory, entry + 1, bytes, textBytes, target, out);
          }
          out += bytes;
          entry += bytes;
          last = entry - textBytes - 2;
          count += 1 + more;
          continue;
        }
      } else if (isInteger(head) && entry + 1 + prefixBytes(head & 0xff) <= end) {
        last = entry;
        out = ListpackFormat.put(target, out, integer(memory, entry + 1, head & 0xff));
        entry += 1 + prefixBytes(head & 0xff);
        count++;
        continue;
      }
      long at = validatedEncodingAt(memory, start, entry, entry - last, end);
      int encoding = unsignedByte(memory, at);
      last = entry;
      if (encoding >= INT_16) {
        out = ListpackFormat.put(target, out, integer(memory, at, encoding));
        entry = at + prefixBytes(encoding);
      } else {
        int bytes = (int) stringLength(memory, at);
        long text = at + prefixBytes(encoding);
        out = ListpackFormat.put(target, out, memory, text, bytes);
        entry = text + bytes;
      }
      count++;
    }
    validateHeader(memory, start, last, count);
    return Listpack.finish(target, to, out, count);
  }

  /**
   * Returns the encoding of an entry and, above it, the byte behind, if it has the right size of
   * the entry before it, in one byte, and two bytes follow; {@link #END} otherwise.
   */
  private static int head(MemorySegment memory, long entry, long bytesBefore, long end) {
    if (entry + Integer.BYTES > end + 1 || bytesBefore >= LONG_BEFORE) {
      return END;
    }
    int head = int32(memory, entry);
    return (head & 0xff) == bytesBefore ? head >>> Byte.SIZE & 0xffff : END;
  }

  private static boolean isInteger(int head) {
    int encoding = head & 0xff;
    return encoding >= INT_16 && isKnown(encoding);
  }

  /**
   * Returns true if a head is of a string of 1 to 63 bytes which can't be an integer, as which a
   * listpack would store it.
   */
  private static boolean isShortText(int head) {
    int length = head & 0xff;
    return length > 0 && length < BYTES_14 && !ListpackFormat.startsLikeInteger(head >>> Byte.SIZE);
  }

  /**
   * Returns the number of entries behind a short text that are short texts of the same length. That
   * they have one length lets the processor look at the next one before it has read this one.
   */
  private static int sameAfter(MemorySegment memory, long entry, int length, long end) {
    int entryBytes = length + 2;
    int head = entryBytes | length << Byte.SIZE;
    int entries = 0;
    for (long at = entry + entryBytes;
        at + entryBytes <= end
            && unsigned16(memory, at) == head
            && !ListpackFormat.startsLikeInteger(unsignedByte(memory, at + 2));
        at += entryBytes) {
      entries++;
    }
    return entries;
  }

  /**
   * Writes a short string of at least one byte behind a prefix of one byte. It is copied as words,
   * which may start up to seven bytes before it; up to seven bytes behind it are written.
   */
  private static void putShortText(
      MemorySegment memory, long text, int length, MemorySegment target, long to, int prefix) {
    int last = length - Long.BYTES;
    if (last < -1) {
      // The string and the byte before it, which becomes the prefix.
      long word = int64(memory, text + last) >>> (Byte.SIZE * (-1 - last));
      set64(target, to, (word & (-1L << Byte.SIZE)) | prefix);
      return;
    }
    for (int done = 0; done < last; done += Long.BYTES) {
      set64(target, to + 1 + done, int64(memory, text + done));
    }
    set64(target, to + 1 + last, int64(memory, text + last)); // one of seven bytes is the prefix
    setByte(target, to, prefix);
  }

  /**
   * Writes listpack entries of short strings of the same length. Both formats have one byte before
   * a string and one size byte between two, so the strings are copied together.
   *
   * @param at the first length
   * @param bytes the number of bytes of the entries
   */
  private static void putShortTexts(
      MemorySegment memory, long at, long bytes, int length, MemorySegment target, long to) {
    LittleEndian.copy(memory, at, target, to, bytes - 1);
    int entryBytes = length + 2;
    ListpackFormat.setShortPrefix(target, to, length);
    long end = to + bytes;
    for (long next = to + entryBytes; next < end; next += entryBytes) {
      ListpackFormat.setShortBetween(target, next, length);
    }
    ListpackFormat.setShortBackLength(target, end - 1, length);
  }

  /**
   * Writes the ziplist of the elements of a listpack.
   *
   * @param target has {@link #maxConvertedBytes} bytes from {@code to} on
   * @return its size in bytes
   */
  public static long fromListpack(MemorySegment memory, long start, MemorySegment target, long to) {
    long at = to + HEADER_BYTES;
    long last = at;
    long end = Listpack.end(memory, start);
    for (long entry = Listpack.firstPosition(start); entry < end; ) {
      long body = writePrecedingSize(target, at, at - last);
      long before = at;
      last = at;
      int first = unsignedByte(memory, entry);
      if (!ListpackFormat.isShortString(first)) {
        if (ListpackFormat.isInteger(first)) {
          at = writeInteger(target, body, Listpack.integer(memory, entry));
        } else {
          long text = Listpack.bytesAt(memory, entry);
          at = writeBytes(target, body, memory, text, Listpack.bytesLength(memory, entry));
        }
        entry = Listpack.after(memory, entry);
        continue;
      }
      // Both formats have one byte before a short string and one size byte between two, so strings
      // of the same length are copied together.
      int length = ListpackFormat.shortLength(first);
      int entryBytes = length + 2;
      long next = entry + entryBytes;
      while (unsignedByte(memory, next) == first) {
        next += entryBytes;
      }
      long bytes = next - entry - 1;
      if (bytes < entryBytes && length > 0) {
        putShortText(memory, entry + 1, length, target, body, length);
        at = body + bytes;
        entry = next;
        continue;
      }
      LittleEndian.copy(memory, entry, target, body, bytes);
      setByte(target, body, length);
      at = body + bytes;
      int head = entryBytes | length << Byte.SIZE;
      for (long between = body + entryBytes - 1; between < at; between += entryBytes) {
        set16(target, between, head);
        last = between;
      }
      if (bytes >= entryBytes) {
        setByte(target, body + entryBytes - 1, (int) (body + entryBytes - 1 - before));
      }
      entry = next;
    }
    setByte(target, at, END);
    set32(target, to, (int) (at + 1 - to));
    set32(target, to + LAST_AT, (int) (last - to));
    set16(target, to + COUNT_AT, unsigned16(memory, start + ListpackFormat.COUNT_AT));
    return at + 1 - to;
  }

  /** Writes the size of the preceding entry; returns the offset behind it. */
  private static long writePrecedingSize(MemorySegment target, long at, long bytes) {
    if (bytes < LONG_BEFORE) {
      setByte(target, at, (int) bytes);
      return at + 1;
    }
    setByte(target, at, LONG_BEFORE);
    set32(target, at + 1, (int) bytes);
    return at + 5;
  }

  private static long writeInteger(MemorySegment target, long at, long value) {
    if (value != (int) value) {
      setByte(target, at, INT_64);
      set64(target, at + 1, value);
      return at + 9;
    }
    if (value >= 0 && value <= INT_8 - 1 - SMALL_FIRST) {
      setByte(target, at, SMALL_FIRST + (int) value);
      return at + 1;
    }
    if (value == (byte) value) {
      setByte(target, at, INT_8);
      setByte(target, at + 1, (int) value);
      return at + 2;
    }
    if (value == (short) value) {
      setByte(target, at, INT_16);
      set16(target, at + 1, (int) value);
      return at + 3;
    }
    if (value << 40 >> 40 == value) {
      setByte(target, at, INT_24);
      set24(target, at + 1, (int) value);
      return at + 4;
    }
    setByte(target, at, INT_32);
    set32(target, at + 1, (int) value);
    return at + 5;
  }

  private static long writeBytes(
      MemorySegment target, long at, MemorySegment memory, long offset, int length) {
    long body = at;
    if (length < BYTES_14) {
      setByte(target, body++, length);
    } else if (length < BYTES_14 << 8) {
      setByte(target, body++, BYTES_14 | length >> 8);
      setByte(target, body++, length);
    } else {
      setByte(target, body, BYTES_32);
      set32(target, body + 1, Integer.reverseBytes(length));
      body += 5;
    }
    LittleEndian.copy(memory, offset, target, body, length);
    return body + length;
  }

  /** Validates the size and the end marker; returns the offset of the latter. */
  private static long validatedEnd(MemorySegment memory, long start, long length)
      throws PackedException {
    if (length < HEADER_BYTES + 1) {
      throw new PackedException(0, "ziplist of fewer than " + (HEADER_BYTES + 1) + " bytes");
    }
    if (unsigned32(memory, start) != length) {
      throw new PackedException(0, "ziplist's size differs from the number of bytes");
    }
    long end = start + length - 1;
    if (unsignedByte(memory, end) != END) {
      throw new PackedException(length - 1, "ziplist without end marker");
    }
    return end;
  }

  /** Validates the offset of the last entry and the count. */
  private static void validateHeader(MemorySegment memory, long start, long last, int count)
      throws PackedException {
    if (unsigned32(memory, start + LAST_AT) != last - start) {
      throw new PackedException(LAST_AT, "ziplist's offset of the last entry is wrong");
    }
    int stored = unsigned16(memory, start + COUNT_AT);
    if (stored != UNKNOWN_COUNT && stored != count) {
      throw new PackedException(COUNT_AT, "ziplist's count of entries is wrong");
    }
  }

  /** Validates an entry; returns the offset of its encoding. */
  private static long validatedEncodingAt(
      MemorySegment memory, long start, long entry, long bytesBefore, long end)
      throws PackedException {
    int first = unsignedByte(memory, entry);
    if (first == END) {
      throw new PackedException(entry - start, "ziplist ends early");
    }
    long at = encodingAt(memory, entry);
    if (at >= end) {
      throw new PackedException(entry - start, "ziplist entry beyond the end");
    }
    if ((first == LONG_BEFORE ? unsigned32(memory, entry + 1) : first) != bytesBefore) {
      throw new PackedException(
          entry - start, "ziplist entry's size of the preceding entry is wrong");
    }
    int encoding = unsignedByte(memory, at);
    if (!isKnown(encoding)) {
      throw new PackedException(at - start, "ziplist entry of unknown encoding");
    }
    int prefix = prefixBytes(encoding);
    if (prefix > end - at || (encoding < INT_16 && stringLength(memory, at) > end - at - prefix)) {
      throw new PackedException(at - start, "ziplist entry beyond the end");
    }
    return at;
  }
}
