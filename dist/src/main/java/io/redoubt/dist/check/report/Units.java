package io.redoubt.dist.check.report;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Numbers as people read them. */
final class Units {

  private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final int STEP = 1024;
  private static final double LEAST_PERCENT = .1;
  private static final DateTimeFormatter MINUTES =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final long LAST_SHOWN_MILLIS = 253_402_300_799_999L; // of the year 9999

  private Units() {}

  static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Returns bytes with three or four digits and a binary unit. */
  static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= STEP && unit < BINARY.length - 1) {
      value /= STEP;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(Locale.ROOT, value < 99.95 ? "%.1f %s" : "%.0f %s", value, BINARY[unit]);
  }

  /** Returns the share of a whole in percent, empty if the whole is 0. */
  static String percent(long part, long whole) {
    if (whole == 0) {
      return "";
    }
    double percent = 100.0 * part / whole;
    return part > 0 && percent < LEAST_PERCENT
        ? "< 0.1 %"
        : String.format(Locale.ROOT, "%.1f %%", percent);
  }

  /** Returns a time in UTC, to the minute. */
  static String time(long unixMillis) {
    return unixMillis > LAST_SHOWN_MILLIS
        ? "after the year 9999"
        : MINUTES.format(Instant.ofEpochMilli(unixMillis)) + " UTC";
  }

  static String duration(long seconds) {
    return seconds < 60
        ? seconds + " s"
        : seconds < 3600
            ? seconds / 60 + " min"
            : String.format(Locale.ROOT, "%d h %d min", seconds / 3600, seconds / 60 % 60);
  }
}
