package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.loading.LoadProgress;
import java.util.Locale;

/**
 * Reports the progress of a long load: as a bar if the log goes to a terminal, else by periodic
 * messages. The messages are also the status for the service manager.
 */
final class LoadView {
  private static final int WIDTH = 40;
  private static final long BAR_MILLIS = 100;
  private static final long MESSAGE_MILLIS = 5_000;

  private final LoadProgress progress;
  private final Clock clock;
  private final Log log;
  private long nextMillis;
  private boolean nobodyLooks;

  LoadView(LoadProgress progress, Clock clock, Log log) {
    this.progress = progress;
    this.clock = clock;
    this.log = log;
  }

  /** Starts the reports of a load. */
  void begin() {
    nobodyLooks = false;
    nextMillis = clock.wallMillis() + BAR_MILLIS;
  }

  /** Reports the progress if an interval has passed. */
  void reportIfDue() {
    long now = clock.wallMillis();
    if (now < nextMillis || !progress.isLoading()) {
      return;
    }
    log.status("Loading: " + text(now));
    if (nobodyLooks) {
      log.notice("Loading: %s", text(now));
      nextMillis = now + MESSAGE_MILLIS;
    } else {
      nobodyLooks = !log.show(bar(progress.percent()) + " " + text(now));
      nextMillis = now + (nobodyLooks ? MESSAGE_MILLIS : BAR_MILLIS);
    }
  }

  private String text(long now) {
    return String.format(
        Locale.ROOT,
        "%.1f %%, %d keys, %d s left",
        progress.percent(),
        progress.keysLoaded(),
        progress.secondsLeft(now));
  }

  static String bar(double percent) {
    int done = (int) (Math.clamp(percent, 0, 100) * WIDTH / 100);
    return "[" + "#".repeat(done) + " ".repeat(WIDTH - done) + "]";
  }
}
