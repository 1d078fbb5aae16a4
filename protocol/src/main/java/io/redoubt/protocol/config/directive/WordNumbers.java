package io.redoubt.protocol.config.directive;

import io.redoubt.protocol.bytes.Numbers;
import java.math.BigInteger;

/** Parses numeric arguments of directives, with Redis' error messages. */
public final class WordNumbers {
  private static final long[] UNIT_BYTES = {1L << 30, 1L << 20, 1L << 10};
  private static final int MAX_DIGITS = 128;
  private static final String[] UNIT_NAMES = {"gb", "mb", "kb"};

  private WordNumbers() {}

  /** Parses an integer from {@code min} to {@code max}. */
  static long between(String word, long min, long max) throws RefusedValue {
    long value = Numbers.parseLong(word, Long.MIN_VALUE);
    if (value == Long.MIN_VALUE && !word.equals(Long.toString(value))) {
      throw new RefusedValue("argument couldn't be parsed into an integer");
    }
    return within(value, min, max);
  }

  /**
   * Parses an integer as leniently as Redis does in lists: with a plus or leading zeros, and an
   * empty word is 0. Greater numbers become the greatest one.
   *
   * @throws RefusedValue with {@code otherwise} if it is not an integer
   */
  public static long lenient(String word, String otherwise) throws RefusedValue {
    if (word.isEmpty()) {
      return 0;
    }
    if (!isInteger(word)) {
      throw new RefusedValue(otherwise);
    }
    BigInteger number = new BigInteger(word);
    boolean fits = number.bitLength() < Long.SIZE;
    return fits ? number.longValue() : number.signum() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  /** Returns true for a sign or none, followed by digits. */
  private static boolean isInteger(String word) {
    int digits = word.charAt(0) == '+' || word.charAt(0) == '-' ? 1 : 0;
    for (int i = digits; i < word.length(); i++) {
      if (word.charAt(i) < '0' || word.charAt(i) > '9') {
        return false;
      }
    }
    return digits < word.length();
  }

  /** Returns the value if it is from {@code min} to {@code max}. */
  static long within(long value, long min, long max) throws RefusedValue {
    if (value < min || value > max) {
      throw new RefusedValue("argument must be between " + min + " and " + max + " inclusive");
    }
    return value;
  }

  /**
   * Parses a size in bytes with an optional unit. As in Redis, the size is an unsigned number of 64
   * bits: digits beyond it become its maximum, a unit that multiplies beyond it wraps, and a unit
   * alone is 0.
   *
   * @throws RefusedValue with {@code otherwise} if it is not a size
   */
  public static long bytes(String word, String otherwise) throws RefusedValue {
    String folded = Words.lower(word);
    int digits = 0;
    while (digits < folded.length() && Character.digit(folded.charAt(digits), 10) >= 0) {
      digits++;
    }
    long unit =
        switch (folded.substring(digits)) {
          case "", "b" -> 1;
          case "k" -> 1000;
          case "kb" -> 1 << 10;
          case "m" -> 1_000_000;
          case "mb" -> 1 << 20;
          case "g" -> 1_000_000_000;
          case "gb" -> 1 << 30;
          default -> 0;
        };
    if (unit == 0 || digits >= MAX_DIGITS) {
      throw new RefusedValue(otherwise);
    }
    return digits == 0 ? 0 : saturated(folded.substring(0, digits)) * unit;
  }

  /** Parses digits as an unsigned number, which is the greatest one if they exceed it. */
  private static long saturated(String digits) {
    try {
      return Long.parseUnsignedLong(digits);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Returns an unsigned number, or the greatest signed one if it exceeds that. */
  static long asSigned(long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }

  /** Formats a size with the largest unit that divides it. */
  static String withUnit(long bytes) {
    for (int unit = 0; bytes != 0 && unit < UNIT_BYTES.length; unit++) {
      if (Long.remainderUnsigned(bytes, UNIT_BYTES[unit]) == 0) {
        return Long.divideUnsigned(bytes, UNIT_BYTES[unit]) + UNIT_NAMES[unit];
      }
    }
    return Long.toUnsignedString(bytes);
  }
}
