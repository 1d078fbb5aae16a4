package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;

/**
 * The decimal digits of a double, by Grisu2 (Florian Loitsch, Printing Floating-Point Numbers
 * Quickly and Accurately with Integers, 2010, section 5).
 *
 * <p>The digits always parse back to the number. In about one of 200 random numbers they are not
 * the shortest or the closest ones; Redis 7.2 prints by the same algorithm, hence the same digits.
 * Nothing is allocated.
 */
final class Grisu2 {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  /** The bits of a result that hold the number of digits. */
  private static final int COUNT_BITS = 8;

  private static final int FRACTION_BITS = 52;
  private static final long HIDDEN_BIT = 1L << FRACTION_BITS;
  private static final int EXPONENT_BIAS = 1023 + FRACTION_BITS;

  /**
   * The least binary exponent of a scaled number. Its whole part then has 4 to 32 bits, and ten
   * times its fraction fits into 64.
   */
  private static final int LEAST_EXPONENT = -60;

  private static final int FIRST_POWER = -348;
  private static final int POWER_STEP = 8;
  private static final int POWERS = 87;
  private static final double LOG10_OF_2 = 0.30102999566398120;

  /** Every eighth power of ten: 64 significant bits, and the binary exponent. */
  private static final long[] POWER_BITS = new long[POWERS];

  private static final int[] POWER_EXPONENTS = new int[POWERS];

  /** The powers of ten that 32 bits hold. */
  private static final int[] TENS = {
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000
  };

  static {
    for (int i = 0; i < POWERS; i++) {
      roundPower(i, FIRST_POWER + i * POWER_STEP);
    }
  }

  private Grisu2() {}

  /** Rounds a power of ten to 64 bits. */
  private static void roundPower(int index, int power) {
    BigInteger ten = BigInteger.TEN.pow(Math.abs(power));
    int exponent = power < 0 ? -ten.bitLength() - 63 : ten.bitLength() - 64;
    BigInteger twice; // 65 bits, the last one for rounding
    if (power < 0) {
      twice = BigInteger.ONE.shiftLeft(1 - exponent).divide(ten);
    } else {
      twice = exponent > 0 ? ten.shiftRight(exponent - 1) : ten.shiftLeft(1 - exponent);
    }
    POWER_BITS[index] = twice.add(BigInteger.ONE).shiftRight(1).longValue();
    POWER_EXPONENTS[index] = exponent;
  }

  /**
   * Writes the digits of a positive finite number; {@link #count} and {@link #exponent} take the
   * result apart.
   */
  static int digits(MemorySegment memory, long offset, double value) {
    long bits = Double.doubleToRawLongBits(value);
    long fraction = bits & (HIDDEN_BIT - 1);
    int biased = (int) (bits >>> FRACTION_BITS);
    long significand = biased == 0 ? fraction : fraction | HIDDEN_BIT;
    int exponent = Math.max(biased, 1) - EXPONENT_BIAS;

    // The number and the middles between it and its neighbours, with one exponent.
    int shift = Long.numberOfLeadingZeros(significand);
    exponent -= shift;
    long exact = significand << shift;
    long above = ((significand << 1) + 1) << (shift - 1);
    long below =
        significand == HIDDEN_BIT // the neighbour below a power of two is closer
            ? ((significand << 2) - 1) << (shift - 2)
            : ((significand << 1) - 1) << (shift - 1);

    int least = (int) Math.floor((LEAST_EXPONENT - 1 - exponent) * LOG10_OF_2) - 1;
    int index = Math.max((least - FIRST_POWER) / POWER_STEP, 0);
    while (exponent + POWER_EXPONENTS[index] + 64 < LEAST_EXPONENT) {
      index++;
    }
    long power = POWER_BITS[index];
    int scaled = exponent + POWER_EXPONENTS[index] + 64;
    // Products are off by less than one unit: the safe interval is smaller by one on each side.
    long high = product(above, power) - 1;
    long low = product(below, power) + 1;
    long away = high - product(exact, power);
    int decimal = -(FIRST_POWER + index * POWER_STEP);
    return generate(memory, offset, -scaled, high, high - low, away, decimal);
  }

  static int count(int result) {
    return result & ((1 << COUNT_BITS) - 1);
  }

  /** Returns the exponent of ten of a result's last digit. */
  static int exponent(int result) {
    return result >> COUNT_BITS;
  }

  /** Returns the upper 64 bits of an unsigned product, rounded. */
  private static long product(long a, long b) {
    return Math.unsignedMultiplyHigh(a, b) + ((a * b) >>> 63);
  }

  /**
   * Writes the fewest leading digits of {@code high} that are within {@code width} of it.
   *
   * @param point the number of bits after the binary point
   * @param away the distance of the exact number from {@code high}
   * @param decimal the exponent of ten by which the number is scaled
   */
  private static int generate(
      MemorySegment memory, long offset, int point, long high, long width, long away, int decimal) {
    int whole = (int) (high >>> point);
    long rest = high & ((1L << point) - 1);
    int count = 0;
    for (int place = TENS.length - 1; place >= 0; place--) {
      int digit = Integer.divideUnsigned(whole, TENS[place]);
      if (digit != 0 || count != 0) {
        memory.set(BYTE, offset + count++, (byte) ('0' + digit));
      }
      whole -= digit * TENS[place];
      long left = ((whole & 0xffff_ffffL) << point) + rest;
      if (Long.compareUnsigned(left, width) <= 0) {
        approach(memory, offset + count - 1, left, (long) TENS[place] << point, width, away);
        return ((decimal + place) << COUNT_BITS) | count;
      }
    }
    long unit = 1L << point;
    int place = 0;
    do {
      rest *= 10;
      width *= 10;
      away *= 10;
      place--;
      int digit = (int) (rest >>> point);
      if (digit != 0 || count != 0) {
        memory.set(BYTE, offset + count++, (byte) ('0' + digit));
      }
      rest &= unit - 1;
    } while (Long.compareUnsigned(rest, width) >= 0);
    approach(memory, offset + count - 1, rest, unit, width, away);
    return ((decimal + place) << COUNT_BITS) | count;
  }

  /**
   * Decrements the last digit while that leads closer to the exact number.
   *
   * @param left the distance from the upper end of the interval
   * @param unit the distance that one in the last digit makes
   */
  private static void approach(
      MemorySegment memory, long last, long left, long unit, long width, long away) {
    while (Long.compareUnsigned(left, away) < 0
        && Long.compareUnsigned(width - left, unit) >= 0
        && (Long.compareUnsigned(left + unit, away) < 0
            || Long.compareUnsigned(away - left, left + unit - away) > 0)) {
      memory.set(BYTE, last, (byte) (memory.get(BYTE, last) - 1));
      left += unit;
    }
  }
}
