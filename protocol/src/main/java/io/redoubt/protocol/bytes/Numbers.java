package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Integers as Redis formats and parses them: an optional minus, no plus, no blanks, no leading
 * zeros, no minus zero, and nothing beyond 64 bits. {@link Doubles} has floating-point numbers.
 */
public final class Numbers {

  /** The maximum length of a decimal {@code long}: a minus and 19 digits. */
  public static final int MAX_LONG_LENGTH = 20;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfInt HALF_WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ASCII_ZEROS = 0x3030_3030_3030_3030L;
  private static final int MAX_DIGITS = 19;
  private static final long EIGHT_DIGITS = 100_000_000;
  private static final long[] POWERS_OF_TEN = powersOfTen();
  private static final byte[] LEAST = Long.toString(Long.MIN_VALUE).getBytes(ISO_8859_1);

  private Numbers() {}

  /** Returns true if the bytes are a 64-bit integer. */
  public static boolean isLong(MemorySegment memory, long offset, int length) {
    return parseLong(memory, offset, length, 0) != 0 || isZero(memory, offset, length);
  }

  /** Returns true if the bytes are the integer 0, which has one form only. */
  public static boolean isZero(MemorySegment memory, long offset, int length) {
    return length == 1 && memory.get(BYTE, offset) == '0';
  }

  /**
   * Parses an integer.
   *
   * @throws NumberFormatException if the bytes are not an integer
   */
  public static long parseLong(MemorySegment memory, long offset, int length) {
    long value = parseLong(memory, offset, length, 0);
    if (value == 0 && !isZero(memory, offset, length)) {
      throw new NumberFormatException("value is not an integer or out of range");
    }
    return value;
  }

  /** Parses an integer; returns {@code ifInvalid} if the bytes are not one. */
  public static long parseLong(MemorySegment memory, long offset, int length, long ifInvalid) {
    if (length <= 0 || length > MAX_LONG_LENGTH) {
      return ifInvalid;
    }
    int first = memory.get(BYTE, offset);
    boolean negative = first == '-';
    long at = negative ? offset + 1 : offset;
    long end = offset + length;
    int digits = (int) (end - at);
    if (digits == 0 || digits > MAX_DIGITS) {
      return ifInvalid;
    }
    long value = memory.get(BYTE, at) - (long) '0';
    if (value < 1 || value > 9) {
      return value == 0 && length == 1 ? 0 : ifInvalid;
    }
    while (++at < end) {
      int digit = memory.get(BYTE, at) - '0';
      if (digit < 0 || digit > 9) {
        return ifInvalid;
      }
      value = value * 10 + digit; // 19 digits overflow at most once, to a negative number
    }
    if (value < 0) {
      return negative && value == Long.MIN_VALUE ? value : ifInvalid;
    }
    return negative ? -value : value;
  }

  /** Parses an integer; returns {@code ifInvalid} if the text is not one. */
  public static long parseLong(String text, long ifInvalid) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    return parseLong(MemorySegment.ofArray(bytes), 0, bytes.length, ifInvalid);
  }

  /** Returns the length of the decimal form of {@code value}. */
  public static int decimalLength(long value) {
    if (value >= 0) {
      return digits(value);
    }
    return value == Long.MIN_VALUE ? MAX_LONG_LENGTH : 1 + digits(-value);
  }

  private static int digits(long value) {
    int estimate = ((Long.SIZE - Long.numberOfLeadingZeros(value | 1)) * 1233) >>> 12; // log10(2)
    return value < POWERS_OF_TEN[estimate] ? Math.max(estimate, 1) : estimate + 1;
  }

  private static long[] powersOfTen() {
    long[] powers = new long[MAX_DIGITS];
    powers[0] = 1;
    for (int i = 1; i < powers.length; i++) {
      powers[i] = powers[i - 1] * 10;
    }
    return powers;
  }

  /** Writes the decimal form of {@code value} and returns its length. */
  public static int writeLong(MemorySegment memory, long offset, long value) {
    if (value >= 0 && value < 10) {
      memory.set(BYTE, offset, (byte) ('0' + value));
      return 1;
    }
    if (value == Long.MIN_VALUE) {
      MemorySegment.copy(LEAST, 0, memory, BYTE, offset, LEAST.length);
      return LEAST.length;
    }
    int length = decimalLength(value);
    long start = offset;
    long rest = value;
    if (value < 0) {
      memory.set(BYTE, start++, (byte) '-');
      rest = -value;
    }
    long end = offset + length;
    if (rest >= EIGHT_DIGITS) {
      // The first digits take a whole word, whose surplus bytes the next ones overwrite.
      long most = rest / EIGHT_DIGITS;
      long least = rest - most * EIGHT_DIGITS;
      if (most >= EIGHT_DIGITS) {
        long first = most / EIGHT_DIGITS;
        memory.set(WORD, start, decimalWord(first));
        memory.set(WORD, end - 16, eightDigits(most - first * EIGHT_DIGITS) | ASCII_ZEROS);
      } else {
        memory.set(WORD, start, decimalWord(most));
      }
      memory.set(WORD, end - 8, eightDigits(least) | ASCII_ZEROS);
      return length;
    }
    long word = decimalWord(rest);
    int left = (int) (end - start);
    if (left >= 8) {
      memory.set(WORD, start, word);
      return length;
    }
    if (left >= 4) {
      memory.set(HALF_WORD, start, (int) word);
      word >>>= 32;
      start += 4;
      left -= 4;
    }
    for (; left > 0; left--) {
      memory.set(BYTE, start++, (byte) word);
      word >>>= 8;
    }
    return length;
  }

  /**
   * Returns the eight decimal digits, 0 to 9 each, of a number below 10<sup>8</sup>, the first in
   * the lowest byte. Divides two numbers of four digits at once, then four of two.
   */
  private static long eightDigits(long value) {
    long upper = value / 10_000;
    long fours = upper | (value - upper * 10_000) << 32;
    long hundreds = ((fours * 10_486) >>> 20) & 0x7f_0000_007fL;
    long twos = hundreds | (fours - hundreds * 100) << 16;
    long tens = ((twos * 103) >>> 10) & 0xf_000f_000f_000fL;
    return tens | (twos - tens * 10) << 8;
  }

  /**
   * Returns the decimal form of a number from 1 to 10<sup>8</sup> - 1 as the bytes of a word, the
   * first in the lowest byte; unused bytes are zero.
   */
  public static long decimalWord(long value) {
    long digits = eightDigits(value);
    int leadingBits = Long.numberOfTrailingZeros(digits) & -Byte.SIZE;
    return (digits | ASCII_ZEROS) >>> leadingBits;
  }

  /** Writes the decimal form of an unsigned {@code value} and returns its length. */
  public static int writeUnsigned(MemorySegment memory, long offset, long value) {
    if (value >= 0) {
      return writeLong(memory, offset, value);
    }
    int length = writeLong(memory, offset, Long.divideUnsigned(value, 10));
    memory.set(BYTE, offset + length, (byte) ('0' + Long.remainderUnsigned(value, 10)));
    return length + 1;
  }
}
