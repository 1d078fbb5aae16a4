package io.redoubt.protocol.bytes;

import java.util.Locale;

/** Formats numbers with a fixed number of decimal places, faster than a format string. */
public final class Decimals {
  /** The bound below which each whole number is a double of its own. */
  private static final double EXACT = 1L << 53;

  private Decimals() {}

  /**
   * Formats a number, with a dot in any locale.
   *
   * @param digits the number of decimal places, from 1
   */
  public static String format(double value, int digits) {
    StringBuilder text = new StringBuilder(24);
    append(text, value, digits);
    return text.toString();
  }

  /** Appends a number in the form of {@link #format}. */
  public static void append(StringBuilder text, double value, int digits) {
    long scale = 1;
    for (int i = 0; i < digits; i++) {
      scale *= 10;
    }
    double scaled = Math.abs(value) * scale;
    if (!(scaled < EXACT)) {
      text.append(String.format(Locale.ROOT, "%." + digits + "f", value));
      return;
    }
    long rounded = Math.round(scaled);
    if (value < 0) {
      text.append('-');
    }
    text.append(rounded / scale).append('.');
    long fraction = rounded % scale;
    for (long place = scale / 10; place > 1 && fraction < place; place /= 10) {
      text.append('0');
    }
    text.append(fraction);
  }
}
