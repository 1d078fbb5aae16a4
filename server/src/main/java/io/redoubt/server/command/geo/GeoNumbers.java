package io.redoubt.server.command.geo;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Distances and coordinates as decimal text. Both are the exact value of a double, rounded half to
 * even at a fixed number of decimal places.
 */
final class GeoNumbers {
  private static final int DISTANCE_PLACES = 4;
  private static final int COORDINATE_PLACES = 17;
  private static final long DISTANCE_SCALE = 10_000;
  private static final long COORDINATE_SCALE = 100_000_000_000_000_000L;

  /** The bound below which a scaled distance is off by less than {@link #SURE}. */
  private static final double MAX_SCALED = 1L << 40;

  /** The distance from the middle of two results from which the nearer one is certain. */
  private static final double SURE = 1e-3;

  /** The degrees from which the last bit of a double is at least 2^-63. */
  private static final double MIN_DEGREES = 0x1p-11;

  private static final double MAX_DEGREES = 360;
  private static final double FRACTION_SCALE = 0x1p63;

  private GeoNumbers() {}

  /** Formats a distance, not negative, with four decimal places. */
  static String distance(double distance) {
    double scaled = distance * DISTANCE_SCALE;
    if (!(scaled < MAX_SCALED)) {
      return exact(distance, DISTANCE_PLACES).toPlainString();
    }
    long units = (long) scaled;
    double rest = scaled - units;
    if (Math.abs(rest - 0.5) < SURE) {
      return exact(distance, DISTANCE_PLACES).toPlainString();
    }
    if (rest > 0.5) {
      units++;
    }
    StringBuilder text = new StringBuilder(24);
    text.append(units / DISTANCE_SCALE).append('.');
    return digits(text, units % DISTANCE_SCALE, DISTANCE_SCALE / 10).toString();
  }

  /** Formats a coordinate with up to 17 decimal places, as Redis does, more than a double needs. */
  static String coordinate(double degrees) {
    double positive = Math.abs(degrees);
    if (!(positive >= MIN_DEGREES && positive < MAX_DEGREES)) {
      BigDecimal rounded = exact(degrees, COORDINATE_PLACES);
      return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
    long whole = (long) positive;
    long fraction = (long) ((positive - whole) * FRACTION_SCALE) << 1; // exact, in units of 2^-64
    long units = Math.unsignedMultiplyHigh(fraction, COORDINATE_SCALE);
    long rest = fraction * COORDINATE_SCALE;
    if (rest < 0 && (rest != Long.MIN_VALUE || (units & 1) != 0)) { // above a half, or to even
      units++;
    }
    if (units == COORDINATE_SCALE) {
      whole++;
      units = 0;
    }
    StringBuilder text = new StringBuilder(24);
    text.append(degrees < 0 ? "-" : "").append(whole);
    if (units == 0) {
      return text.toString();
    }
    digits(text.append('.'), units, COORDINATE_SCALE / 10);
    int length = text.length();
    while (text.charAt(length - 1) == '0') {
      length--;
    }
    return text.substring(0, length);
  }

  private static BigDecimal exact(double value, int places) {
    return new BigDecimal(value).setScale(places, RoundingMode.HALF_EVEN);
  }

  /** Appends a number with leading zeros; {@code first} is the place value of the first digit. */
  private static StringBuilder digits(StringBuilder text, long number, long first) {
    for (long place = first; place > number && place > 1; place /= 10) {
      text.append('0');
    }
    return text.append(number);
  }
}
