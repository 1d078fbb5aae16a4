package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * 64-bit floating-point numbers as Redis 7.2 formats and parses them.
 *
 * <p>Accepts all that C's {@code strtod} consumes completely: a sign, decimal digits with a point
 * and an exponent, hexadecimal numbers, {@code inf} and {@code infinity}; neither {@code nan} nor
 * blanks nor numbers that overflow or underflow. Writes a decimal form that parses back to the same
 * number.
 */
public final class Doubles {

  /** The maximum length of {@link #write}, in bytes. */
  public static final int MAX_LENGTH = 32;

  /** A longer text is not taken for a number, so that a client's megabytes are never copied. */
  private static final int MAX_TEXT_BYTES = 1 << 16;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  /** Integers up to this are exact, and so are their quotients by an exact power of ten. */
  private static final long MAX_EXACT = 1L << 53;

  /** Redis prints integers within this range in full and all other numbers by {@link Grisu2}. */
  private static final double MAX_WHOLE = 0x1p62;

  private static final byte[] NAN = {'n', 'a', 'n'};
  private static final byte[] INF = {'i', 'n', 'f'};

  /** The powers of ten that a double represents exactly. */
  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  private static final long[] POWERS_OF_FIVE = powersOfFive();

  /** The bits of a double that hold its significand, without the leading one. */
  private static final int FRACTION_BITS = 52;

  private static final long LEADING_ONE = 1L << FRACTION_BITS;
  private static final long FRACTION = LEADING_ONE - 1;

  /** Numbers with more places than this get an exponent, unless they are close to 1. */
  private static final int MAX_PLAIN_PLACES = 6;

  private Doubles() {}

  private static long[] powersOfFive() {
    long[] powers = new long[POWERS_OF_TEN.length];
    powers[0] = 1;
    for (int i = 1; i < powers.length; i++) {
      powers[i] = powers[i - 1] * 5;
    }
    return powers;
  }

  /** Parses the bytes; returns NaN if they are not a number. */
  public static double parseOrNaN(MemorySegment memory, long offset, int length) {
    long mantissa = 0;
    int digits = 0;
    int places = 0;
    boolean point = false;
    boolean negative = false;
    int at = 0;
    if (length > 0 && isSign(memory.get(BYTE, offset))) {
      negative = memory.get(BYTE, offset) == '-';
      at = 1;
    }
    for (; at < length; at++) {
      int b = memory.get(BYTE, offset + at);
      if (Ascii.isDigit(b) && mantissa < Long.MAX_VALUE / 10) {
        mantissa = mantissa * 10 + (b - '0');
        digits++;
        places += point ? 1 : 0;
      } else if (b == '.' && !point) {
        point = true;
      } else {
        return parseRare(memory, offset, length);
      }
    }
    if (digits == 0) {
      return Double.NaN;
    }
    if (places >= POWERS_OF_TEN.length) {
      return parseRare(memory, offset, length);
    }
    double value = places == 0 ? mantissa : mantissa / POWERS_OF_TEN[places];
    if (mantissa > MAX_EXACT && places > 0) {
      value = nearest(mantissa, places, value);
      if (Double.isNaN(value)) {
        return parseRare(memory, offset, length);
      }
    }
    return negative ? -value : value;
  }

  /**
   * Returns the double nearest to a quotient, the even one of two.
   *
   * @param number the dividend, at least 2 to the 53rd
   * @param places the power of ten to divide by, exact as a double
   * @param estimate a double at most two away from the quotient
   * @return NaN if it is at a power of two, where the distances of doubles change
   */
  private static double nearest(long number, int places, double estimate) {
    long bits = Double.doubleToRawLongBits(estimate);
    if ((bits & FRACTION) == 0) {
      return Double.NaN;
    }
    // The remainder is a few times half the distance of two doubles, which is itself below 2 to the
    // 52nd in these units: the low 64 bits of the products are enough to know it.
    long significand = (bits & FRACTION) + LEADING_ONE;
    int shift = 1 - places - (Math.getExponent(estimate) - FRACTION_BITS);
    long half = POWERS_OF_FIVE[places] << Math.max(-shift, 0);
    long remainder = (number << Math.max(shift, 0)) - 2 * significand * half;
    while (remainder > half || (remainder == half && (significand & 1) != 0)) {
      significand++;
      remainder -= 2 * half;
    }
    while (remainder < -half || (remainder == -half && (significand & 1) != 0)) {
      significand--;
      remainder += 2 * half;
    }
    return significand <= LEADING_ONE || significand >= 2 * LEADING_ONE
        ? Double.NaN
        : Double.longBitsToDouble((bits & ~FRACTION) + (significand - LEADING_ONE));
  }

  /**
   * Parses like {@link #parseOrNaN}, but as leniently as C's {@code strtod} alone: leading blanks
   * are skipped, an empty string is zero, overflow gives infinity and underflow zero.
   */
  public static double parseLeniently(MemorySegment memory, long offset, int length) {
    double value = parseOrNaN(memory, offset, length);
    if (!Double.isNaN(value)) {
      return value;
    }
    if (length > MAX_TEXT_BYTES) {
      return Double.NaN;
    }
    String text = text(memory, offset, length).stripLeading();
    if (length == 0) {
      return 0;
    }
    return switch (FloatSyntax.of(text)) {
      case DECIMAL -> Double.parseDouble(text);
      case HEXADECIMAL -> Double.parseDouble(FloatSyntax.withBinaryExponent(text));
      case INFINITY, NONE -> parseOrNaN(text);
    };
  }

  /**
   * Parses the uncommon forms: exponents, many digits, hexadecimal numbers, infinities; and errors.
   */
  private static double parseRare(MemorySegment memory, long offset, int length) {
    int sign = length == 4 && isSign(memory.get(BYTE, offset)) ? 1 : 0;
    if (length - sign == 3 && isInf(memory, offset + sign)) {
      return sign == 1 && memory.get(BYTE, offset) == '-'
          ? Double.NEGATIVE_INFINITY
          : Double.POSITIVE_INFINITY;
    }
    return length > MAX_TEXT_BYTES ? Double.NaN : parseOrNaN(text(memory, offset, length));
  }

  private static String text(MemorySegment memory, long offset, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, BYTE, offset, bytes, 0, length);
    return new String(bytes, ISO_8859_1);
  }

  /** Infinities are frequent as range bounds, so they are recognized without garbage. */
  private static boolean isInf(MemorySegment memory, long offset) {
    return Ascii.lower(memory.get(BYTE, offset)) == 'i'
        && Ascii.lower(memory.get(BYTE, offset + 1)) == 'n'
        && Ascii.lower(memory.get(BYTE, offset + 2)) == 'f';
  }

  /** Parses the text; returns NaN if it is not a number. */
  public static double parseOrNaN(String text) {
    return switch (FloatSyntax.of(text)) {
      case DECIMAL -> inRange(Double.parseDouble(text), FloatSyntax.isZero(text, 10));
      case HEXADECIMAL ->
          inRange(
              Double.parseDouble(FloatSyntax.withBinaryExponent(text)),
              FloatSyntax.isZero(text, 16));
      case INFINITY -> text.charAt(0) == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
      case NONE -> Double.NaN;
    };
  }

  private static double inRange(double value, boolean writtenAsZero) {
    return Double.isInfinite(value) || (value == 0 && !writtenAsZero) ? Double.NaN : value;
  }

  /** Returns the decimal form of {@code value}, or {@code inf}, {@code -inf} or {@code nan}. */
  public static String format(double value) {
    byte[] bytes = new byte[MAX_LENGTH];
    int length = write(MemorySegment.ofArray(bytes), 0, value);
    return new String(bytes, 0, length, ISO_8859_1);
  }

  /**
   * Writes the result of {@link #format} and returns its length, at most {@link #MAX_LENGTH}.
   * Allocates nothing.
   */
  public static int write(MemorySegment memory, long offset, double value) {
    if (value >= -MAX_WHOLE && value <= MAX_WHOLE) {
      long whole = (long) value;
      if (whole == value && (whole != 0 || !isMinusZero(value))) {
        return Numbers.writeLong(memory, offset, whole);
      }
    }
    if (Double.isNaN(value)) {
      return writeText(memory, offset, NAN);
    }
    long at = offset;
    if (value < 0 || isMinusZero(value)) {
      memory.set(BYTE, at++, (byte) '-');
    }
    if (Double.isInfinite(value)) {
      at += writeText(memory, at, INF);
    } else if (value == 0) {
      memory.set(BYTE, at++, (byte) '0');
    } else {
      int digits = Grisu2.digits(memory, at, Math.abs(value));
      at += layOut(memory, at, Grisu2.count(digits), Grisu2.exponent(digits));
    }
    return (int) (at - offset);
  }

  private static boolean isMinusZero(double value) {
    return Double.doubleToRawLongBits(value) == Long.MIN_VALUE;
  }

  private static int writeText(MemorySegment memory, long offset, byte[] text) {
    MemorySegment.copy(text, 0, memory, BYTE, offset, text.length);
    return text.length;
  }

  /**
   * Lays out digits like Redis, in place: in full with up to six trailing zeros, with up to six
   * decimal places, or from 0.001 to 10000; with an exponent otherwise. Returns the length.
   *
   * @param exponent the exponent of ten of the last digit
   */
  private static int layOut(MemorySegment memory, long at, int count, int exponent) {
    int leading = exponent + count - 1; // the exponent of the first digit
    if (exponent >= 0 && Math.abs(leading) < count + MAX_PLAIN_PLACES + 1) {
      zeros(memory, at + count, exponent);
      return count + exponent;
    }
    if (exponent < 0 && (exponent >= -MAX_PLAIN_PLACES || Math.abs(leading) < 4)) {
      if (leading < 0) {
        MemorySegment.copy(memory, at, memory, at - leading + 1, count);
        zeros(memory, at, 1 - leading);
        memory.set(BYTE, at + 1, (byte) '.');
        return count + 1 - leading;
      }
      insertPoint(memory, at + leading + 1, -exponent);
      return count + 1;
    }
    int length = count;
    if (count > 1) {
      insertPoint(memory, at + 1, count - 1);
      length++;
    }
    memory.set(BYTE, at + length++, (byte) 'e');
    memory.set(BYTE, at + length++, (byte) (leading < 0 ? '-' : '+'));
    return length + Numbers.writeLong(memory, at + length, Math.abs(leading));
  }

  private static void insertPoint(MemorySegment memory, long at, int digitsAfter) {
    MemorySegment.copy(memory, at, memory, at + 1, digitsAfter);
    memory.set(BYTE, at, (byte) '.');
  }

  private static void zeros(MemorySegment memory, long at, int count) {
    for (int i = 0; i < count; i++) {
      memory.set(BYTE, at + i, (byte) '0');
    }
  }

  private static boolean isSign(int b) {
    return b == '-' || b == '+';
  }
}
