package io.redoubt.protocol.resp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The line before a request or an argument, a type byte and a number, in its usual form: up to six
 * digits without a leading zero, in one word of memory. Only {@link RequestDecoder} reads the
 * others, slowly.
 */
final class HeaderLine {

  /** The line is incomplete, or not in the usual form. */
  static final long UNUSUAL = -1;

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final long RETURNS = ONES * '\r';
  private static final int LENGTH_BITS = 4;
  private static final int LENGTH_MASK = (1 << LENGTH_BITS) - 1;

  private HeaderLine() {}

  /**
   * Reads the line of a type that starts at {@code at} and ends before {@code to}. Returns {@link
   * #UNUSUAL}, or a value with its {@link #number} and {@link #length}.
   */
  static long read(MemorySegment memory, long at, long to, char type) {
    if (to - at < Long.BYTES) {
      return UNUSUAL;
    }
    long word = memory.get(WORD, at);
    long difference = word ^ RETURNS;
    long returns = (difference - ONES) & ~difference & HIGH_BITS;
    int length = Long.numberOfTrailingZeros(returns) >>> 3; // the type byte and the digits
    if (length < 2 || length > 7 || at + length + 2 > to || (byte) word != type) {
      return UNUSUAL;
    }
    long value = digits(word, length);
    return value < 0 ? UNUSUAL : value << LENGTH_BITS | (length + 2);
  }

  static long number(long line) {
    return line >> LENGTH_BITS;
  }

  /** Returns the length of the line with its end, in bytes. */
  static int length(long line) {
    return (int) line & LENGTH_MASK;
  }

  /**
   * Returns the number in bytes 1 to {@code length - 1} of the word, or -1 if it is not plain
   * digits.
   */
  private static long digits(long word, int length) {
    long rest = word >>> 8;
    long value = (rest & 0xff) - '0';
    if (value < 0 || value > 9 || (value == 0 && length > 2)) {
      return -1;
    }
    for (int i = 2; i < length; i++) {
      rest >>>= 8;
      long digit = (rest & 0xff) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
