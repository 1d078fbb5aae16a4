package io.redoubt.protocol.process;

import org.jspecify.annotations.Nullable;

/**
 * Warnings that a peer causes as often as it likes: some are logged each minute, the others are
 * counted, and the next one that is logged has their count. Confined to one thread.
 */
public final class LimitedLog {
  private static final long PERIOD_MILLIS = 60_000;

  private final Log log;
  private final Clock clock;
  private final int linesPerMinute;
  private long startMillis;
  private int logged;
  private long omitted;

  /** Creates a limit that no other warnings share. */
  public LimitedLog(Log log, Clock clock, int linesPerMinute) {
    this.log = log;
    this.clock = clock;
    this.linesPerMinute = linesPerMinute;
  }

  /** Logs a warning, unless there were enough within the minute. */
  public void warning(String format, @Nullable Object... arguments) {
    long nowMillis = clock.monotonicMillis();
    if (logged > 0 && nowMillis - startMillis >= PERIOD_MILLIS) {
      logged = 0;
    }
    if (logged == linesPerMinute) {
      omitted++;
      return;
    }
    if (logged == 0) {
      startMillis = nowMillis;
    }
    logged++;
    String text = log.formatted(format, arguments);
    if (omitted > 0) {
      log.warning("%s (and %d more before)", text, omitted);
      omitted = 0;
    } else {
      log.warning("%s", text);
    }
  }
}
