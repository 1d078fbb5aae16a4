package io.redoubt.dist.check.report;

import io.redoubt.persistence.rdb.report.RdbReportReader;
import io.redoubt.protocol.process.Clock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Shows the progress of a report on standard error, if that is a terminal. */
final class ScanProgress implements RdbReportReader.Progress {

  private static final long INTERVAL_NANOS = 500_000_000;
  private static final double NANOS_PER_SECOND = 1e9;

  private final PrintStream err;
  private final Clock clock;
  private final boolean shows;
  private final long startNanos;
  private long shownNanos;
  private boolean hasLine;

  ScanProgress(PrintStream err, Clock clock, boolean shows) {
    this.err = err;
    this.clock = clock;
    this.shows = shows;
    this.startNanos = clock.monotonicNanos();
    this.shownNanos = startNanos;
  }

  /** Returns true if the standard error of this process is a terminal. */
  static boolean isErrorTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void onRead(long readBytes, long sizeBytes) {
    long now = clock.monotonicNanos();
    if (!shows || now - shownNanos < INTERVAL_NANOS) {
      return;
    }
    shownNanos = now;
    hasLine = true;
    double seconds = (now - startNanos) / NANOS_PER_SECOND;
    double bytesPerSecond = readBytes / seconds;
    long left = (long) Math.ceil((sizeBytes - readBytes) / Math.max(1, bytesPerSecond));
    err.print(
        String.format(
            Locale.ROOT,
            "\r%3.0f %%  %s of %s, %s/s, %s left\u001b[K",
            100.0 * readBytes / Math.max(1, sizeBytes),
            Units.bytes(readBytes),
            Units.bytes(sizeBytes),
            Units.bytes((long) bytesPerSecond),
            Units.duration(left)));
    err.flush();
  }

  /** Removes the line. */
  void end() {
    if (hasLine) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
