package io.redoubt.persistence.rdb.report;

import java.util.concurrent.TimeUnit;

/** The ranges of the time that expiring keys have left. */
public enum RemainingTime {
  EXPIRED("expired", 0),
  MINUTE("up to a minute", TimeUnit.MINUTES.toMillis(1)),
  HOUR("up to an hour", TimeUnit.HOURS.toMillis(1)),
  DAY("up to a day", TimeUnit.DAYS.toMillis(1)),
  WEEK("up to a week", TimeUnit.DAYS.toMillis(7)),
  MONTH("up to 30 days", TimeUnit.DAYS.toMillis(30)),
  YEAR("up to a year", TimeUnit.DAYS.toMillis(365)),
  LONGER("more than a year", Long.MAX_VALUE);

  private final String text;
  private final long belowMillis;

  RemainingTime(String text, long belowMillis) {
    this.text = text;
    this.belowMillis = belowMillis;
  }

  public String text() {
    return text;
  }

  /** Returns the upper bound in milliseconds, which is not in the range. */
  public long belowMillis() {
    return belowMillis;
  }

  static RemainingTime of(long millis) {
    for (RemainingTime range : values()) {
      if (millis < range.belowMillis) {
        return range;
      }
    }
    return LONGER;
  }
}
