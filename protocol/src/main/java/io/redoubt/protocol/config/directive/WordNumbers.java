package io.redoubt.protocol.config.directive;

import io.redoubt.protocol.bytes.Numbers;
import java.math.BigInteger;

/** Parses numeric arguments of directives, with Redis' error messages. */
public final class WordNumbers {
  private static final long[] UNIT_BYTES = {1L << 30, 1L << 20, 1L << 10};
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

  /** Returns the value if it is from {@code min} to {@code max}. */
  static long within(long value, long min, long max) throws RefusedValue {
    if (value < min || value > max) {
      throw new RefusedValue("argument must be between " + min + " and " + max + " inclusive");
    }
    return value;
  }

  /**
   * Parses a size in bytes with an optional unit; values above 63 bits become the maximum.
   *
   * @throws RefusedValue with {@code otherwise} if it is not a size
   */
  public static long bytes(String word, String otherwise) throws RefusedValue {
    if (word.isEmpty()) {
      return 0;
    }
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
    if (unit == 0 || digits == 0 || digits > 20) {
      throw new RefusedValue(otherwise);
    }
    BigInteger bytes =
        new BigInteger(folded.substring(0, digits)).multiply(BigInteger.valueOf(unit));
    return bytes.bitLength() > 63 ? Long.MAX_VALUE : bytes.longValueExact();
  }

  /** Formats a size with the largest unit that divides it. */
  static String withUnit(long bytes) {
    for (int unit = 0; bytes != 0 && unit < UNIT_BYTES.length; unit++) {
      if (bytes % UNIT_BYTES[unit] == 0) {
        return bytes / UNIT_BYTES[unit] + UNIT_NAMES[unit];
      }
    }
    return Long.toString(bytes);
  }
}
