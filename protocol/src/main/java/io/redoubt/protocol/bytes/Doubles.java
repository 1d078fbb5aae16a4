package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * 64-bit floating-point numbers as Redis 7.2 formats and parses them.
 *
 * <p>Accepts all that C's {@code strtod} consumes completely: a sign, decimal digits with a point
 * and an exponent, hexadecimal numbers, {@code inf} and {@code infinity}; neither {@code nan} nor
 * blanks nor numbers that overflow or underflow. Writes the shortest decimal form that parses back
 * to the same number.
 */
public final class Doubles {

  /** The maximum length of {@link #write}, in bytes. */
  public static final int MAX_LENGTH = 32;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  /** Integers up to this are exact, and so are their quotients by an exact power of ten. */
  private static final long MAX_EXACT = 1L << 53;

  /**
   * Redis prints integers within this range in full and all other numbers in their shortest form.
   */
  private static final double MAX_WHOLE = 0x1p52;

  /** The powers of ten that a double represents exactly. */
  private static final double[] POWERS_OF_TEN = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22
  };

  /** Numbers with more places than this get an exponent, unless they are close to 1. */
  private static final int MAX_PLAIN_PLACES = 6;

  /** The number of decimal places up to which {@link #write} looks for an exact quotient. */
  private static final int MAX_PLACES = 15;

  private Doubles() {}

  /**
   * Parses the bytes.
   *
   * @throws NumberFormatException if they are not a number
   */
  public static double parse(MemorySegment memory, long offset, int length) {
    double value = parseOrNaN(memory, offset, length);
    if (Double.isNaN(value)) {
      throw new NumberFormatException("value is not a valid float");
    }
    return value;
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
      if (Ascii.isDigit(b) && mantissa < MAX_EXACT / 10 - 1) {
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
    return negative ? -value : value;
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
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, BYTE, offset, bytes, 0, length);
    String text = new String(bytes, ISO_8859_1).stripLeading();
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
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, BYTE, offset, bytes, 0, length);
    return parseOrNaN(new String(bytes, ISO_8859_1));
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

  /**
   * Returns the shortest decimal form of {@code value}, or {@code inf}, {@code -inf} or {@code
   * nan}.
   */
  public static String format(double value) {
    byte[] bytes = new byte[MAX_LENGTH];
    int length = write(MemorySegment.ofArray(bytes), 0, value);
    return new String(bytes, 0, length, ISO_8859_1);
  }

  /**
   * Writes the result of {@link #format} and returns its length, at most {@link #MAX_LENGTH}.
   * Integers and numbers with few decimal places allocate nothing.
   */
  public static int write(MemorySegment memory, long offset, double value) {
    if (value >= -MAX_WHOLE + 1 && value <= MAX_WHOLE) {
      long whole = (long) value;
      if (whole == value && (whole != 0 || !isMinusZero(value))) {
        return Numbers.writeLong(memory, offset, whole);
      }
      int length = writeFewPlaces(memory, offset, value);
      if (length > 0) {
        return length;
      }
    }
    return writeText(memory, offset, shortest(value));
  }

  private static boolean isMinusZero(double value) {
    return Double.doubleToRawLongBits(value) == Long.MIN_VALUE;
  }

  /**
   * Finds the fewest decimal places with which {@code value} is a quotient of two exact numbers:
   * division then rounds correctly, so the decimal form parses back to the value. Writes nothing
   * and returns 0 if there is none or if Redis prints an exponent.
   */
  private static int writeFewPlaces(MemorySegment memory, long offset, double value) {
    double size = Math.abs(value);
    if (size < 1e-4) {
      return 0;
    }
    for (int places = 1; places <= MAX_PLACES; places++) {
      double scaled = size * POWERS_OF_TEN[places];
      if (scaled > 1e15) {
        return 0;
      }
      long mantissa = Math.round(scaled);
      if (mantissa / POWERS_OF_TEN[places] == size) {
        if (places > MAX_PLAIN_PLACES && (size < 1e-3 || size >= 1e4)) {
          return 0;
        }
        long scale = (long) POWERS_OF_TEN[places];
        long at = offset;
        if (value < 0) {
          memory.set(BYTE, at++, (byte) '-');
        }
        at += Numbers.writeLong(memory, at, mantissa / scale);
        memory.set(BYTE, at++, (byte) '.');
        long fraction = mantissa % scale;
        for (int place = places - 1; place >= 0; place--) {
          memory.set(BYTE, at + place, (byte) ('0' + fraction % 10));
          fraction /= 10;
        }
        return (int) (at + places - offset);
      }
    }
    return 0;
  }

  private static int writeText(MemorySegment memory, long offset, String text) {
    byte[] bytes = text.getBytes(ISO_8859_1);
    MemorySegment.copy(bytes, 0, memory, BYTE, offset, bytes.length);
    return bytes.length;
  }

  /**
   * Formats the shortest digits like Redis: in full with up to seven trailing zeros, with up to six
   * decimal places, or from 0.001 to 10000; with an exponent otherwise.
   */
  private static String shortest(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return isMinusZero(value) ? "-0" : "0";
    }
    String java = Double.toString(Math.abs(value));
    int mark = java.indexOf('E');
    int exponent = mark < 0 ? 0 : Integer.parseInt(java.substring(mark + 1));
    String mantissa = mark < 0 ? java : java.substring(0, mark);
    int point = mantissa.indexOf('.');
    String digits = mantissa.substring(0, point) + mantissa.substring(point + 1);
    exponent -= mantissa.length() - point - 1; // value = digits * 10^exponent
    int from = 0;
    while (digits.charAt(from) == '0') {
      from++;
    }
    int to = digits.length();
    while (digits.charAt(to - 1) == '0') {
      to--;
      exponent++;
    }
    if (to - from == 2 && Math.abs(value) < Double.MIN_NORMAL) {
      // Java prints two digits where one suffices; only numbers this small allow it.
      long oneDigit = Math.round(Integer.parseInt(digits.substring(from, to)) / 10.0);
      if (Double.parseDouble(oneDigit + "e" + (exponent + 1)) == Math.abs(value)) {
        return (value < 0 ? "-" : "") + layOut(Long.toString(oneDigit), exponent + 1);
      }
    }
    return (value < 0 ? "-" : "") + layOut(digits.substring(from, to), exponent);
  }

  private static String layOut(String digits, int exponent) {
    int leading = exponent + digits.length() - 1; // the exponent of the first digit
    if (exponent >= 0 && Math.abs(leading) < digits.length() + 7) {
      return digits + "0".repeat(exponent);
    }
    if (exponent < 0 && (exponent >= -MAX_PLAIN_PLACES || Math.abs(leading) < 4)) {
      int before = digits.length() + exponent;
      return before <= 0
          ? "0." + "0".repeat(-before) + digits
          : digits.substring(0, before) + "." + digits.substring(before);
    }
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return mantissa + (leading < 0 ? "e-" : "e+") + Math.abs(leading);
  }

  private static boolean isSign(int b) {
    return b == '-' || b == '+';
  }
}
