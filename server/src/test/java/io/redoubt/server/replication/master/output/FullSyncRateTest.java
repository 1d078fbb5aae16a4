package io.redoubt.server.replication.master.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.ManualLoop;
import io.redoubt.protocol.process.Clock;
import org.junit.jupiter.api.Test;

class FullSyncRateTest {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final ManualLoop loop = new ManualLoop();
  private long nowNanos;
  private long bytesPerSecond;
  private int goneOn;

  private final FullSyncRate rate =
      new FullSyncRate(loop, new HeldClock(), () -> bytesPerSecond, () -> goneOn++);

  @Test
  void isUnlimitedByDefault() {
    for (int i = 0; i < 100; i++) {
      assertThat(rate.allows()).isTrue();
      rate.spend(1 << 30);
    }
  }

  @Test
  void keepsTheRateInTheLongRun() {
    bytesPerSecond = 1_000_000;
    long sent = 0;
    for (int millis = 0; millis < 10_000; millis++) {
      nowNanos += SECOND_NANOS / 1000;
      while (rate.allows()) {
        rate.spend(16_384);
        sent += 16_384;
      }
    }
    assertThat(sent).isBetween(9_900_000L, 10_100_000L);
  }

  @Test
  void savesAtMostOneBucketDuringAPause() {
    bytesPerSecond = 1_000_000;
    nowNanos += 3600 * SECOND_NANOS;
    long sent = 0;
    while (rate.allows()) {
      rate.spend(1000);
      sent += 1000;
    }
    assertThat(sent).isEqualTo(50_000);
  }

  @Test
  void notifiesADelayedTransferOnce() {
    bytesPerSecond = 1000;
    nowNanos += SECOND_NANOS;
    rate.spend(1_000_000);
    assertThat(rate.allows()).isFalse();
    assertThat(rate.allows()).isFalse();
    assertThat(loop.scheduled()).hasSize(1);
    loop.scheduled().removeFirst().run();
    assertThat(goneOn).isEqualTo(1);
  }

  private final class HeldClock implements Clock {
    @Override
    public long wallMillis() {
      return nowNanos / 1_000_000;
    }

    @Override
    public long wallMicros() {
      return nowNanos / 1000;
    }

    @Override
    public long monotonicNanos() {
      return nowNanos;
    }
  }
}
