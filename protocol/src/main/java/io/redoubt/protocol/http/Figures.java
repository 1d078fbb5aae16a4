package io.redoubt.protocol.http;

import java.util.Locale;

/** Numbers with units, as a person reads them on the page. */
public final class Figures {
  private static final String[] UNITS = {"B", "KB", "MB", "GB", "TB"};
  private static final int STEP = 1024;
  private static final int WHOLE = 10;
  private static final long SECOND_MILLIS = 1000;
  private static final long MINUTE_MILLIS = 60 * SECOND_MILLIS;
  private static final long HOUR_MILLIS = 60 * MINUTE_MILLIS;

  private Figures() {}

  /** Returns a number of bytes, such as {@code 2 KB}. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= STEP && unit < UNITS.length - 1) {
      value /= STEP;
      unit++;
    }
    String format = value < WHOLE && value != Math.rint(value) ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, format, value, UNITS[unit]);
  }

  /** Returns a duration, such as {@code 4 s} or {@code 12 min}. */
  public static String duration(long millis) {
    if (millis < SECOND_MILLIS) {
      return millis + " ms";
    }
    if (millis < 2 * MINUTE_MILLIS) {
      return millis / SECOND_MILLIS + " s";
    }
    return millis < 2 * HOUR_MILLIS ? millis / MINUTE_MILLIS + " min" : millis / HOUR_MILLIS + " h";
  }

  /** Returns a number with a noun, such as {@code 1 replica} or {@code 2 replicas}. */
  public static String count(long number, String noun) {
    return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
  }
}
