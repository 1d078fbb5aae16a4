package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests the line that shows the progress of a report. */
class ScanProgressTest {

  private static final long GIB = 1L << 30;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(printed, true, UTF_8);
  private long nanos;

  private final Clock clock =
      new Clock() {
        @Override
        public long wallMillis() {
          return 0;
        }

        @Override
        public long wallMicros() {
          return 0;
        }

        @Override
        public long monotonicNanos() {
          return nanos;
        }
      };

  @Test
  void showsALineTwiceASecondAndRemovesIt() {
    ScanProgress progress = new ScanProgress(err, clock, true);
    nanos = TimeUnit.MILLISECONDS.toNanos(499);
    progress.onRead(GIB, 4 * GIB);
    assertThat(printed.size()).isZero();
    nanos = TimeUnit.SECONDS.toNanos(2);
    progress.onRead(GIB, 4 * GIB);
    progress.onRead(2 * GIB, 4 * GIB);
    assertThat(printed.toString(UTF_8))
        .isEqualTo("\r 25 %  1.0 GiB of 4.0 GiB, 512 MiB/s, 6 s left\u001b[K");
    printed.reset();
    progress.end();
    assertThat(printed.toString(UTF_8)).isEqualTo("\r\u001b[K");
  }

  @Test
  void showsNothingWithoutATerminal() {
    ScanProgress progress = new ScanProgress(err, clock, false);
    nanos = TimeUnit.SECONDS.toNanos(2);
    progress.onRead(GIB, 4 * GIB);
    progress.end();
    assertThat(printed.size()).isZero();
  }
}
