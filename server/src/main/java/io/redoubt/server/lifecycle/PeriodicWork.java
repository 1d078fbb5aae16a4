package io.redoubt.server.lifecycle;

/** The periodic work of the server. */
public record PeriodicWork(Cron cron, Housekeeping housekeeping, ExpiryCycle expiry) {
  /** Suspends or resumes all periodic work. */
  void setPaused(boolean on) {
    cron.setPaused(on);
    housekeeping.setPaused(on);
  }

  /** Stops all periodic work for good. */
  public void stop() {
    cron.stop();
    housekeeping.stop();
  }
}
