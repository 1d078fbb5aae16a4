package io.redoubt.server.lifecycle;

/** The work that the server does by its clock rather than by request. */
public record PeriodicWork(Cron cron, Housekeeping housekeeping, ExpiryCycle expiry) {
  /** Suspends or resumes all of it. */
  void paused(boolean on) {
    cron.paused(on);
    housekeeping.paused(on);
  }

  /** Stops all of it for good. */
  public void stop() {
    cron.stop();
    housekeeping.stop();
  }
}
