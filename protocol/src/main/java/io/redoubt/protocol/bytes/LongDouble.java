package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * C's {@code long double} of x86-64, the type in which INCRBYFLOAT and HINCRBYFLOAT compute: 64
 * bits of mantissa, 15 of exponent. Sums are rounded like the processor's, so that clients see the
 * same digits as with Redis.
 */
public final class LongDouble {

  /** The length from which a text does not count as a number, as in Redis. */
  public static final int MAX_TEXT_BYTES = 5 * 1024;

  private static final int MANTISSA_BITS = 64;

  /** The number of decimal places printed. */
  private static final int PLACES = 17;

  /** Numbers of at least 2 to this power are infinite. */
  private static final int MAX_EXPONENT = 16384;

  // Powers of ten beyond the range of the type; they are not computed.
  private static final int MAX_DECIMAL_EXPONENT = 4934;
  private static final int MIN_DECIMAL_EXPONENT = -4951;

  /**
   * Half of the smallest positive number, 2 to the power of -16445: values up to it round to zero.
   */
  private static final BigDecimal UNDERFLOW = new BigDecimal("1.8225997659412373012e-4951");

  /** The rounded number; null if infinite. */
  private final @Nullable BigDecimal value;

  private LongDouble(@Nullable BigDecimal value) {
    this.value = value;
  }

  /** Parses the bytes; returns null if they are not a number. */
  public static @Nullable LongDouble parse(MemorySegment memory, long offset, int length) {
    if (length == 0 || length >= MAX_TEXT_BYTES) {
      return null;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    return parse(new String(bytes, ISO_8859_1));
  }

  /** Parses the text; returns null if it is not a number. */
  public static @Nullable LongDouble parse(String text) {
    return switch (FloatSyntax.of(text)) {
      case NONE -> null;
      case INFINITY -> new LongDouble(null);
      case DECIMAL -> {
        if (FloatSyntax.isZero(text, 10)) {
          yield new LongDouble(BigDecimal.ZERO);
        }
        BigDecimal exact = decimal(text);
        yield exact == null ? null : inRange(exact);
      }
      case HEXADECIMAL -> {
        if (FloatSyntax.isZero(text, 16)) {
          yield new LongDouble(BigDecimal.ZERO);
        }
        BigDecimal exact = hexadecimal(text);
        yield exact == null ? null : inRange(exact);
      }
    };
  }

  /** Converts an integer. */
  public static LongDouble of(long value) {
    return new LongDouble(BigDecimal.valueOf(value));
  }

  private static @Nullable BigDecimal decimal(String text) {
    try {
      return new BigDecimal(text.endsWith(".") ? text + "0" : text);
    } catch (NumberFormatException e) {
      return null; // an exponent beyond all bounds
    }
  }

  private static @Nullable BigDecimal hexadecimal(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    int mark = lower.indexOf('p');
    String mantissa = lower.substring(lower.indexOf('x') + 1, mark < 0 ? lower.length() : mark);
    int point = mantissa.indexOf('.');
    int fraction = point < 0 ? 0 : mantissa.length() - point - 1;
    long exponent;
    try {
      exponent = mark < 0 ? 0 : Integer.parseInt(lower.substring(mark + 1));
    } catch (NumberFormatException e) {
      return null;
    }
    exponent -= 4L * fraction;
    if (Math.abs(exponent) > 2L * MAX_EXPONENT + 4L * MAX_TEXT_BYTES) {
      return null;
    }
    BigInteger digits = new BigInteger(mantissa.replace(".", ""), 16);
    return timesPowerOfTwo(lower.startsWith("-") ? digits.negate() : digits, exponent);
  }

  private static @Nullable LongDouble inRange(BigDecimal exact) {
    long decimalExponent = (long) exact.precision() - exact.scale();
    if (decimalExponent > MAX_DECIMAL_EXPONENT || decimalExponent < MIN_DECIMAL_EXPONENT) {
      return null;
    }
    if (exact.abs().compareTo(UNDERFLOW) <= 0) {
      return null;
    }
    LongDouble rounded = rounded(exact);
    return rounded.isFinite() ? rounded : null;
  }

  /** Returns true unless this is infinite. */
  public boolean isFinite() {
    return value != null;
  }

  /** Returns the rounded sum; infinite if either operand or the sum is. */
  public LongDouble add(LongDouble other) {
    return value == null || other.value == null
        ? new LongDouble(null)
        : rounded(value.add(other.value));
  }

  /** Rounds to the nearest representable number, ties to even. */
  private static LongDouble rounded(BigDecimal exact) {
    if (exact.signum() == 0) {
      return new LongDouble(BigDecimal.ZERO);
    }
    BigInteger numerator = exact.unscaledValue().abs();
    BigInteger denominator = BigInteger.ONE;
    if (exact.scale() > 0) {
      denominator = BigInteger.TEN.pow(exact.scale());
    } else {
      numerator = numerator.multiply(BigInteger.TEN.pow(-exact.scale()));
    }
    int exponent = numerator.bitLength() - denominator.bitLength() - MANTISSA_BITS;
    BigInteger[] parts = divide(numerator, denominator, exponent);
    if (parts[0].bitLength() > MANTISSA_BITS) {
      exponent++;
      parts = divide(numerator, denominator, exponent);
    }
    BigInteger mantissa = parts[0];
    BigInteger divisor = exponent > 0 ? denominator.shiftLeft(exponent) : denominator;
    int half = parts[1].shiftLeft(1).compareTo(divisor);
    if (half > 0 || (half == 0 && mantissa.testBit(0))) {
      mantissa = mantissa.add(BigInteger.ONE);
    }
    if (mantissa.bitLength() + exponent > MAX_EXPONENT) {
      return new LongDouble(null);
    }
    return new LongDouble(
        timesPowerOfTwo(exact.signum() < 0 ? mantissa.negate() : mantissa, exponent));
  }

  /** Returns quotient and remainder of {@code numerator / (denominator * 2^exponent)}. */
  private static BigInteger[] divide(BigInteger numerator, BigInteger denominator, int exponent) {
    return exponent >= 0
        ? numerator.divideAndRemainder(denominator.shiftLeft(exponent))
        : numerator.shiftLeft(-exponent).divideAndRemainder(denominator);
  }

  private static BigDecimal timesPowerOfTwo(BigInteger mantissa, long exponent) {
    if (exponent >= 0) {
      return new BigDecimal(mantissa.shiftLeft((int) exponent));
    }
    int places = (int) -exponent; // m / 2^n = m * 5^n / 10^n
    return new BigDecimal(mantissa.multiply(BigInteger.valueOf(5).pow(places)), places);
  }

  /**
   * Returns the form that INCRBYFLOAT replies and stores: no exponent, at most 17 decimal places.
   */
  @Override
  public String toString() {
    if (value == null) {
      return "inf";
    }
    BigDecimal printed = value.setScale(PLACES, RoundingMode.HALF_EVEN);
    return printed.signum() == 0 ? "0" : printed.stripTrailingZeros().toPlainString();
  }
}
