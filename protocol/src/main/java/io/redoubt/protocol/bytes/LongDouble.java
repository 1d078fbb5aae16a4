package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * C's {@code long double} of x86-64, the type in which INCRBYFLOAT and HINCRBYFLOAT compute: 64
 * bits of mantissa, 15 of exponent. Sums are rounded like the processor's, so that clients see the
 * same digits as with Redis.
 */
public final class LongDouble implements Comparable<LongDouble> {

  /** The length from which a text does not count as a number, as in Redis. */
  public static final int MAX_TEXT_BYTES = 5 * 1024;

  private static final int MANTISSA_BITS = 64;
  private static final long TOP_BIT = 1L << 63;
  private static final long LOWER_HALF = 0xffff_ffffL;
  private static final LongDouble INFINITE = new LongDouble(false, TOP_BIT, Integer.MAX_VALUE);

  /** The number of decimal places printed. */
  private static final int PLACES = 17;

  private static final long PLACES_UNIT = 100_000_000_000_000_000L;

  /** A sign, twenty digits, the point and the decimal places. */
  private static final int MAX_PRINTED_LENGTH = 2 + Numbers.MAX_LONG_LENGTH + PLACES;

  // Texts of so many digits, most of those that occur, are parsed without big integers: the powers
  // of five fit into 63 bits.
  private static final int MAX_SHORT_DIGITS = 27;
  private static final long[] POWERS_OF_FIVE = new long[MAX_SHORT_DIGITS + 1];

  static {
    POWERS_OF_FIVE[0] = 1;
    for (int i = 1; i < POWERS_OF_FIVE.length; i++) {
      POWERS_OF_FIVE[i] = POWERS_OF_FIVE[i - 1] * 5;
    }
  }

  /** Numbers of at least 2 to this power are infinite. */
  private static final int MAX_EXPONENT = 16384;

  // Powers of ten beyond the range of the type; they are not computed.
  private static final int MAX_DECIMAL_EXPONENT = 4934;
  private static final int MIN_DECIMAL_EXPONENT = -4951;

  /** A class of its own, because this number takes 20 ms and few texts need it. */
  private static final class Underflow {
    /**
     * Half of the smallest positive number, 2 to the power of -16445: values up to it round to
     * zero.
     */
    static final BigDecimal BOUND = new BigDecimal("1.8225997659412373012e-4951");
  }

  /** The largest finite number. */
  public static final LongDouble LARGEST = new LongDouble(false, -1, MAX_EXPONENT - MANTISSA_BITS);

  private final boolean negative;

  /** The unsigned mantissa: its highest bit is set, or it is zero. */
  private final long mantissa;

  /** The power of two by which the mantissa is multiplied. */
  private final int exponent;

  private LongDouble(boolean negative, long mantissa, int exponent) {
    this.negative = negative;
    this.mantissa = mantissa;
    this.exponent = exponent;
  }

  private static LongDouble make(boolean negative, long mantissa, long exponent) {
    return exponent + MANTISSA_BITS > MAX_EXPONENT
        ? INFINITE
        : new LongDouble(negative, mantissa, (int) exponent);
  }

  /** Parses the bytes; returns null if they are not a number. */
  public static @Nullable LongDouble parse(MemorySegment memory, long offset, int length) {
    if (length == 0 || length >= MAX_TEXT_BYTES) {
      return null;
    }
    LongDouble number = parseShort(memory, offset, length);
    if (number != null) {
      return number;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, bytes, 0, length);
    return parse(new String(bytes, ISO_8859_1));
  }

  /** Parses the text; returns null if it is not a number. */
  public static @Nullable LongDouble parse(String text) {
    return switch (FloatSyntax.of(text)) {
      case NONE -> null;
      case INFINITY -> INFINITE;
      case DECIMAL -> {
        if (FloatSyntax.isZero(text, 10)) {
          yield of(0);
        }
        BigDecimal exact = decimal(text);
        yield exact == null ? null : inRange(exact);
      }
      case HEXADECIMAL -> {
        if (FloatSyntax.isZero(text, 16)) {
          yield of(0);
        }
        BigDecimal exact = hexadecimal(text);
        yield exact == null ? null : inRange(exact);
      }
    };
  }

  /** Converts an integer. */
  public static LongDouble of(long value) {
    long magnitude = Math.abs(value); // that of the least is right, too, as an unsigned number
    int zeros = Long.numberOfLeadingZeros(magnitude);
    return magnitude == 0
        ? new LongDouble(false, 0, 0)
        : new LongDouble(value < 0, magnitude << zeros, -zeros);
  }

  /** Parses digits with a point at most, or returns null: the text may have another form. */
  private static @Nullable LongDouble parseShort(MemorySegment memory, long offset, int length) {
    boolean negative = memory.get(ValueLayout.JAVA_BYTE, offset) == '-';
    int start = negative ? 1 : 0;
    if (length - start > MAX_SHORT_DIGITS + 1) {
      return null;
    }
    long high = 0;
    long low = 0;
    int point = -1;
    for (int i = start; i < length; i++) {
      byte b = memory.get(ValueLayout.JAVA_BYTE, offset + i);
      if (b >= '0' && b <= '9') {
        high = 10 * high + Math.unsignedMultiplyHigh(low, 10);
        low *= 10;
        int digit = b - '0';
        low += digit;
        high += Long.compareUnsigned(low, digit) < 0 ? 1 : 0;
      } else if (b == '.' && point < 0 && i > start && i < length - 1) {
        point = i;
      } else {
        return null;
      }
    }
    int count = point < 0 ? length - start : length - start - 1;
    if (count == 0 || count > MAX_SHORT_DIGITS) {
      return null;
    }
    int places = point < 0 ? 0 : length - 1 - point;
    return (high | low) == 0 ? of(0) : quotient(negative, high, low, places);
  }

  /** Returns a positive number of 128 bits, with a sign, divided by a power of ten. */
  private static LongDouble quotient(boolean negative, long high, long low, int powerOfTen) {
    long power = POWERS_OF_FIVE[powerOfTen];
    int divisorZeros = Long.numberOfLeadingZeros(power);
    long divisor = power << divisorZeros;
    int zeros = Long.numberOfLeadingZeros(high);
    long top;
    long next;
    if (high == 0) {
      zeros += Long.numberOfLeadingZeros(low);
      top = low << (zeros - 64);
      next = 0;
    } else {
      top = zeros == 0 ? high : high << zeros | low >>> (64 - zeros);
      next = low << zeros;
    }
    boolean carries = Long.compareUnsigned(top, divisor) >= 0;
    long quotient = divide(carries ? top - divisor : top, next, divisor);
    long rest = next - quotient * divisor;
    long bits;
    int half; // the rest compared to half a unit of the last bit
    if (carries) { // the quotient has 65 bits
      bits = TOP_BIT | quotient >>> 1;
      half = (quotient & 1) == 0 ? -1 : rest == 0 ? 0 : 1;
    } else {
      bits = quotient;
      half = Long.compareUnsigned(rest, divisor - rest);
    }
    int exponent = divisorZeros - zeros - powerOfTen + (carries ? 1 : 0);
    return rounded(negative, bits, exponent, half);
  }

  /** Returns a number after rounding to the nearest mantissa, ties to even. */
  private static LongDouble rounded(boolean negative, long bits, long exponent, int half) {
    if (half < 0 || (half == 0 && (bits & 1) == 0)) {
      return make(negative, bits, exponent);
    }
    return bits == -1 ? make(negative, TOP_BIT, exponent + 1) : make(negative, bits + 1, exponent);
  }

  /**
   * Divides a number of 128 bits by a divisor that is larger than its upper half and has the
   * highest bit set: Knuth's algorithm D with two digits of 32 bits.
   */
  private static long divide(long high, long low, long divisor) {
    long next = low >>> 32;
    long first = digit(high, next, divisor);
    long rest = (high << 32 | next) - first * divisor;
    return (first << 32) + digit(rest, low & LOWER_HALF, divisor);
  }

  private static long digit(long dividend, long next, long divisor) {
    long top = divisor >>> 32;
    long low = divisor & LOWER_HALF;
    long digit = Long.divideUnsigned(dividend, top);
    long rest = dividend - digit * top;
    while (digit >>> 32 != 0 || Long.compareUnsigned(digit * low, rest << 32 | next) > 0) {
      digit--;
      rest += top;
      if (rest >>> 32 != 0) {
        break;
      }
    }
    return digit;
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
    if (decimalExponent <= MIN_DECIMAL_EXPONENT + 1
        && exact.abs().compareTo(Underflow.BOUND) <= 0) {
      return null;
    }
    LongDouble rounded = rounded(exact);
    return rounded.isFinite() ? rounded : null;
  }

  public boolean isNegative() {
    return negative;
  }

  /** Returns the number with the other sign. */
  public LongDouble negated() {
    return mantissa == 0 ? this : new LongDouble(!negative, mantissa, exponent);
  }

  @Override
  public int compareTo(LongDouble other) {
    if (negative != other.negative) {
      return negative ? -1 : 1;
    }
    int byMagnitude = compareMagnitudes(other);
    return negative ? -byMagnitude : byMagnitude;
  }

  private int compareMagnitudes(LongDouble other) {
    if (mantissa == 0 || other.mantissa == 0) {
      return Long.compareUnsigned(mantissa, other.mantissa);
    }
    int byExponent = Integer.compare(exponent, other.exponent);
    return byExponent == 0 ? Long.compareUnsigned(mantissa, other.mantissa) : byExponent;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LongDouble number && compareTo(number) == 0;
  }

  @Override
  public int hashCode() {
    return mantissa == 0 ? 0 : Long.hashCode(mantissa) * 31 + exponent + (negative ? 1 : 0);
  }

  /** Returns true unless this is infinite. */
  public boolean isFinite() {
    return exponent != Integer.MAX_VALUE;
  }

  /** Returns the rounded sum; infinite if either operand or the sum is. */
  public LongDouble add(LongDouble other) {
    if (!isFinite() || !other.isFinite()) {
      return INFINITE;
    }
    if (mantissa == 0 || other.mantissa == 0) {
      return mantissa == 0 ? other : this;
    }
    boolean isLarger =
        exponent != other.exponent
            ? exponent > other.exponent
            : Long.compareUnsigned(mantissa, other.mantissa) >= 0;
    return isLarger ? addSmaller(other) : other.addSmaller(this);
  }

  private LongDouble addSmaller(LongDouble other) {
    // The mantissa of the other one in 128 bits, high and low, below which bits may be lost.
    long distance = (long) exponent - other.exponent;
    long high = distance < 64 ? other.mantissa >>> distance : 0;
    long low = 0;
    boolean lost = false;
    if (distance > 0 && distance < 64) {
      low = other.mantissa << (64 - distance);
    } else if (distance >= 64 && distance < 128) {
      low = other.mantissa >>> (distance - 64);
      lost = other.mantissa << (128 - distance) != 0 && distance != 64;
    } else if (distance >= 128) {
      lost = true;
    }
    return negative == other.negative ? plus(high, low, lost) : minus(high, low, lost);
  }

  private LongDouble plus(long high, long low, boolean lost) {
    long sum = mantissa + high;
    if (Long.compareUnsigned(sum, high) >= 0) {
      return rounded(negative, sum, exponent, half(low, lost));
    }
    int half = half((sum & 1) << 63 | low >>> 1, lost || (low & 1) != 0);
    return rounded(negative, TOP_BIT | sum >>> 1, exponent + 1L, half);
  }

  private LongDouble minus(long high, long low, boolean lost) {
    boolean borrows = low != 0 || lost;
    long difference = mantissa - high - (borrows ? 1 : 0);
    long rest = lost ? -low - 1 : -low; // what is lost makes it less than that by less than one
    if (difference == 0 && rest == 0) {
      return of(0);
    }
    // More than one bit cancels out only if nothing is lost.
    int zeros =
        difference == 0
            ? 64 + Long.numberOfLeadingZeros(rest)
            : Long.numberOfLeadingZeros(difference);
    if (zeros >= 64) {
      difference = rest << (zeros - 64);
      rest = 0;
    } else if (zeros > 0) {
      difference = difference << zeros | rest >>> (64 - zeros);
      rest <<= zeros;
    }
    return rounded(negative, difference, (long) exponent - zeros, half(rest, lost));
  }

  /** Compares the bits below the mantissa to half a unit of its last bit. */
  private static int half(long low, boolean lost) {
    int half = Long.compareUnsigned(low, TOP_BIT);
    return half == 0 && lost ? 1 : half;
  }

  /** Rounds to the nearest representable number, ties to even. */
  private static LongDouble rounded(BigDecimal exact) {
    if (exact.signum() == 0) {
      return of(0);
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
    BigInteger divisor = exponent > 0 ? denominator.shiftLeft(exponent) : denominator;
    int half = parts[1].shiftLeft(1).compareTo(divisor);
    return rounded(exact.signum() < 0, parts[0].longValue(), exponent, half);
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
  public byte[] toBytes() {
    if (exponent > 0) { // infinite, or an integer beyond 64 bits
      return toString().getBytes(ISO_8859_1);
    }
    int shift = -exponent;
    long whole = shift < 64 ? mantissa >>> shift : 0;
    long places = decimalPlaces(shift);
    if (places == PLACES_UNIT) {
      places = 0;
      whole++;
    }
    byte[] text = new byte[MAX_PRINTED_LENGTH];
    int start = text.length;
    if (places != 0) {
      int left = PLACES;
      for (; places % 10 == 0; left--) {
        places /= 10;
      }
      for (; left > 0; left--) {
        text[--start] = (byte) ('0' + places % 10);
        places /= 10;
      }
      text[--start] = '.';
    }
    boolean isZero = whole == 0 && start == text.length;
    do {
      long next = Long.divideUnsigned(whole, 10);
      text[--start] = (byte) ('0' + (whole - 10 * next));
      whole = next;
    } while (whole != 0);
    if (negative && !isZero) {
      text[--start] = '-';
    }
    return Arrays.copyOfRange(text, start, text.length);
  }

  /** Returns the rounded decimal places of the mantissa shifted right, as an integer. */
  private long decimalPlaces(int shift) {
    if (shift == 0 || shift >= 128) {
      return 0;
    }
    long fraction = shift < 64 ? mantissa & ((1L << shift) - 1) : mantissa;
    long high = Math.unsignedMultiplyHigh(fraction, PLACES_UNIT);
    long low = fraction * PLACES_UNIT;
    if (shift < 64) {
      high = high << (64 - shift) | low >>> shift;
      low <<= 64 - shift;
      return roundedPlaces(high, low, false);
    }
    if (shift == 64) {
      return roundedPlaces(high, low, false);
    }
    int more = shift - 64;
    boolean lost = low << (64 - more) != 0;
    return roundedPlaces(high >>> more, high << (64 - more) | low >>> more, lost);
  }

  private static long roundedPlaces(long places, long low, boolean lost) {
    int half = half(low, lost);
    return half > 0 || (half == 0 && (places & 1) != 0) ? places + 1 : places;
  }

  /** Returns the text of {@link #toBytes}. */
  @Override
  public String toString() {
    if (!isFinite()) {
      return "inf";
    }
    if (exponent > 0) {
      BigInteger whole = new BigInteger(Long.toUnsignedString(mantissa)).shiftLeft(exponent);
      return (negative ? whole.negate() : whole).toString();
    }
    return new String(toBytes(), ISO_8859_1);
  }
}
