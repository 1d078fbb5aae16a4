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
import static io.redoubt.persistence.packed.LittleEndian.unsigned32;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;

/**
 * The format of a listpack and of its entries.
 *
 * <pre>
 * listpack   4 bytes  total size in bytes, little-endian
 *            2 bytes  number of entries, little-endian; 65535: unknown, to be counted
 *            entries
 *            1 byte   0xff
 *
 * entry      0xxxxxxx                        the integer x, 0 to 127
 *            10nnnnnn ...                    n bytes follow
 *            110xxxxx xxxxxxxx               x, 13 bits, signed, high bits first
 *            1110nnnn nnnnnnnn ...           n bytes follow, n of 12 bits, high bits first
 *            11110000 n (4 bytes) ...        n bytes follow, n little-endian
 *            11110001 x (2 bytes)            x, signed, little-endian, as are those below
 *            11110010 x (3 bytes)
 *            11110011 x (4 bytes)
 *            11110100 x (8 bytes)
 *   and then the number of bytes of the above, to be read backwards from its last byte: seven bits
 *   a byte, low ones last, all bytes but the first with the bit 0x80
 * </pre>
 */
final class ListpackFormat {

  static final int COUNT_AT = 4;
  static final int HEADER_BYTES = 6;
  static final int END = 0xff;
  static final int UNKNOWN_COUNT = 65535;

  private static final int MAX_SHORT_LENGTH = 0x3f;

  private static final int BYTES_6 = 0x80;
  private static final int INT_13 = 0xc0;
  private static final int BYTES_12 = 0xe0;
  private static final int BYTES_32 = 0xf0;
  private static final int INT_16 = 0xf1;
  private static final int INT_24 = 0xf2;
  private static final int INT_32 = 0xf3;
  private static final int INT_64 = 0xf4;

  private ListpackFormat() {}

  /** Returns true if the byte starts an entry: it is neither the end nor an unknown encoding. */
  static boolean isEntry(int first) {
    return first <= INT_64;
  }

  /** Returns true if the byte starts an integer entry. */
  static boolean isInteger(int first) {
    return first < BYTES_6 || (first >= INT_13 && first < BYTES_12) || first > BYTES_32;
  }

  /** Returns true if a string with this first byte may be an integer, which is stored as one. */
  static boolean startsLikeInteger(int first) {
    return first <= '9' && (first >= '0' || first == '-');
  }

  /** Returns true if the byte starts a string of up to 63 bytes. */
  static boolean isShortString(int first) {
    return first >= BYTES_6 && first < INT_13;
  }

  /** Returns the length of a string of up to 63 bytes. */
  static int shortLength(int first) {
    return first & 0x3f;
  }

  /**
   * Returns the size without its back-length of the entry of an integer up to 127 or a string of up
   * to 63 bytes; 0 for another. Its back-length takes one byte.
   */
  static int shortBodyBytes(int first) {
    return first < BYTES_6 ? 1 : first < INT_13 ? 1 + shortLength(first) : 0;
  }

  /** Returns the byte that starts a string of 1 to 63 bytes, or {@link #END} for other lengths. */
  static int shortStringPrefix(int length) {
    return length > 0 && length <= MAX_SHORT_LENGTH ? BYTES_6 | length : END;
  }

  /** Returns the number of bytes before the string, or the size of an integer entry. */
  static int prefixBytes(int first) {
    if (first < INT_13) {
      return 1;
    }
    if (first < BYTES_32) {
      return 2;
    }
    return switch (first) {
      case INT_16 -> 3;
      case INT_24 -> 4;
      case BYTES_32, INT_32 -> 5;
      default -> 9;
    };
  }

  /** Returns the length of a string entry; reads its prefix only. */
  static long stringLength(MemorySegment memory, long entry, int first) {
    if (first < INT_13) {
      return first & 0x3f;
    }
    if (first < BYTES_32) {
      return (first & 0x0fL) << 8 | unsignedByte(memory, entry + 1);
    }
    return unsigned32(memory, entry + 1);
  }

  /** Returns the size of an entry without its back-length. */
  static long bodyBytes(MemorySegment memory, long entry) {
    int first = unsignedByte(memory, entry);
    if (first < BYTES_6) {
      return 1;
    }
    int prefix = prefixBytes(first);
    return isInteger(first) ? prefix : prefix + stringLength(memory, entry, first);
  }

  static long integer(MemorySegment memory, long entry) {
    int first = unsignedByte(memory, entry);
    if (first < BYTES_6) {
      return first;
    }
    return switch (first) {
      case INT_16 -> int16(memory, entry + 1);
      case INT_24 -> int24(memory, entry + 1);
      case INT_32 -> int32(memory, entry + 1);
      case INT_64 -> int64(memory, entry + 1);
      default -> ((first << 8 | unsignedByte(memory, entry + 1)) << 19) >> 19;
    };
  }

  static int integerBodyBytes(long value) {
    if (value >= 0 && value <= 127) {
      return 1;
    }
    if (value >= -(1 << 12) && value < 1 << 12) {
      return 2;
    }
    if (value == (short) value) {
      return 3;
    }
    if (value >= -(1 << 23) && value < 1 << 23) {
      return 4;
    }
    return value == (int) value ? 5 : 9;
  }

  static long stringBodyBytes(long length) {
    if (length < 1 << 6) {
      return 1 + length;
    }
    return (length < 1 << 12 ? 2 : 5) + length;
  }

  /** Writes an entry of an integer and returns the position behind it. */
  static long put(MemorySegment memory, long entry, long value) {
    int bodyBytes = integerBodyBytes(value);
    writeInteger(memory, entry, value, bodyBytes);
    setByte(memory, entry + bodyBytes, bodyBytes);
    return entry + bodyBytes + 1;
  }

  /** Writes an entry of these bytes and returns the position behind it. */
  static long put(MemorySegment memory, long entry, MemorySegment bytes, long offset, int length) {
    if (Numbers.isLong(bytes, offset, length)) {
      return put(memory, entry, Numbers.parseLong(bytes, offset, length, 0));
    }
    long bodyBytes = stringBodyBytes(length);
    LittleEndian.copy(bytes, offset, memory, writeStringPrefix(memory, entry, length), length);
    writeBackLength(memory, entry + bodyBytes, bodyBytes);
    return entry + bodyBytes + backLengthBytes(bodyBytes);
  }

  /** Writes the byte before a string of up to 63 bytes. */
  static void setShortPrefix(MemorySegment memory, long entry, int length) {
    setByte(memory, entry, BYTES_6 | length);
  }

  /** Writes the bytes between two strings of one length, of up to 63 bytes. */
  static void setShortBetween(MemorySegment memory, long secondEntry, int length) {
    set16(memory, secondEntry - 1, 1 + length | (BYTES_6 | length) << Byte.SIZE);
  }

  /** Writes the back-length of a string of up to 63 bytes. */
  static void setShortBackLength(MemorySegment memory, long at, int length) {
    setByte(memory, at, 1 + length);
  }

  static void writeInteger(MemorySegment memory, long entry, long value) {
    writeInteger(memory, entry, value, integerBodyBytes(value));
  }

  private static void writeInteger(MemorySegment memory, long entry, long value, int bodyBytes) {
    switch (bodyBytes) {
      case 1 -> setByte(memory, entry, (int) value);
      case 2 -> {
        setByte(memory, entry, INT_13 | (((int) value >> 8) & 0x1f));
        setByte(memory, entry + 1, (int) value);
      }
      case 3 -> {
        setByte(memory, entry, INT_16);
        set16(memory, entry + 1, (int) value);
      }
      case 4 -> {
        setByte(memory, entry, INT_24);
        set24(memory, entry + 1, (int) value);
      }
      case 5 -> {
        setByte(memory, entry, INT_32);
        set32(memory, entry + 1, (int) value);
      }
      default -> {
        setByte(memory, entry, INT_64);
        set64(memory, entry + 1, value);
      }
    }
  }

  /** Writes the prefix of a string and returns the offset for its bytes. */
  static long writeStringPrefix(MemorySegment memory, long entry, int length) {
    if (length < 1 << 6) {
      setByte(memory, entry, BYTES_6 | length);
      return entry + 1;
    }
    if (length < 1 << 12) {
      setByte(memory, entry, BYTES_12 | length >> 8);
      setByte(memory, entry + 1, length);
      return entry + 2;
    }
    setByte(memory, entry, BYTES_32);
    set32(memory, entry + 1, length);
    return entry + 5;
  }

  /**
   * Returns the size of an entry's back-length. Like Redis, the largest value of each width except
   * one byte takes one byte more.
   */
  static int backLengthBytes(long bodyBytes) {
    if (bodyBytes <= 127) {
      return 1;
    }
    if (bodyBytes < (1 << 14) - 1) {
      return 2;
    }
    if (bodyBytes < (1 << 21) - 1) {
      return 3;
    }
    return bodyBytes < (1 << 28) - 1 ? 4 : 5;
  }

  /** Returns the byte of a back-length at {@code index} of its {@code width} bytes. */
  static int backLengthByte(long bodyBytes, int width, int index) {
    int bits = (int) (bodyBytes >> (7 * (width - 1 - index))) & 0x7f;
    return index == 0 ? bits : bits | 0x80;
  }

  static void writeBackLength(MemorySegment memory, long at, long bodyBytes) {
    int width = backLengthBytes(bodyBytes);
    for (int i = 0; i < width; i++) {
      setByte(memory, at + i, backLengthByte(bodyBytes, width, i));
    }
  }

  /** Returns the start of the entry that ends before {@code end}, by its back-length. */
  static long before(MemorySegment memory, long end) {
    long at = end - 1;
    int bits = unsignedByte(memory, at);
    if (bits < 0x80) {
      return at - bits;
    }
    long bodyBytes = bits & 0x7f;
    for (int shift = 7; bits >= 0x80; shift += 7) {
      bits = unsignedByte(memory, --at);
      bodyBytes |= (long) (bits & 0x7f) << shift;
    }
    return at - bodyBytes;
  }
}
