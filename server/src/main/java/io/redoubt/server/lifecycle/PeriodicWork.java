package io.redoubt.server.lifecycle;

/** The periodic work of the server. */
public record PeriodicWork(Cron cron, Housekeeping housekeeping, ExpiryCycle expiry) {
  /** Suspends or resumes all periodic work. */
  void paused(boolean on) {
    cron.paused(on);
    housekeeping.paused(on);
  }

  /** Stops all periodic work for good. */
  public void stop() {
    cron.stop();
    housekeeping.stop();
  }
}
