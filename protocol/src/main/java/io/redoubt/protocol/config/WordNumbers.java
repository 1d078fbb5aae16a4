package io.redoubt.protocol.config;

import io.redoubt.protocol.bytes.Numbers;
import java.math.BigInteger;

/** Numbers as arguments of directives, with Redis' words for what is wrong with them. */
public final class WordNumbers {
  private static final long[] UNIT_BYTES = {1L << 30, 1L << 20, 1L << 10};
  private static final String[] UNIT_NAMES = {"gb", "mb", "kb"};

  private WordNumbers() {}

  /** The whole number, from {@code least} to {@code most}. */
  static long between(String word, long least, long most) throws RefusedValue {
    long value = Numbers.parseLong(word, Long.MIN_VALUE);
    if (value == Long.MIN_VALUE && !word.equals(Long.toString(value))) {
      throw new RefusedValue("argument couldn't be parsed into an integer");
    }
    return within(value, least, most);
  }

  /** The value, when it is from {@code least} to {@code most}. */
  static long within(long value, long least, long most) throws RefusedValue {
    if (value < least || value > most) {
      throw new RefusedValue("argument must be between " + least + " and " + most + " inclusive");
    }
    return value;
  }

  /**
   * A number of bytes with or without unit; more than 63 bits are taken for the most there is.
   *
   * @throws RefusedValue saying {@code otherwise} when it is none
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

  /** A number of bytes with the largest unit that divides it. */
  static String withUnit(long bytes) {
    for (int unit = 0; bytes != 0 && unit < UNIT_BYTES.length; unit++) {
      if (bytes % UNIT_BYTES[unit] == 0) {
        return bytes / UNIT_BYTES[unit] + UNIT_NAMES[unit];
      }
    }
    return Long.toString(bytes);
  }
}
