package io.redoubt.server.execution.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.monitoring.Latency.Sample;
import org.junit.jupiter.api.Test;

final class LatencyTest {
  private static final long MILLI = 1_000_000;

  private final SetClock clock = new SetClock();
  private long threshold = 10;
  private final Latency latency = new Latency(clock, () -> threshold);

  @Test
  void recordsDurationsFromTheThresholdOn() {
    latency.took(LatencyEvent.COMMAND, 10 * MILLI - 1);
    assertThat(latency.events()).isEmpty();
    latency.took(LatencyEvent.COMMAND, 10 * MILLI);
    assertThat(latency.events()).containsExactly(LatencyEvent.COMMAND);
    assertThat(latency.samples(LatencyEvent.COMMAND)).containsExactly(new Sample(1000, 10));
    assertThat(latency.samples(LatencyEvent.EXPIRE_CYCLE)).isEmpty();
  }

  @Test
  void measuresNothingWithoutAThreshold() {
    threshold = 0;
    assertThat(latency.start()).isZero();
    clock.nanos = 1_000 * MILLI;
    latency.end(LatencyEvent.COMMAND, 0);
    latency.took(LatencyEvent.COMMAND, 1_000 * MILLI);
    assertThat(latency.events()).isEmpty();
  }

  @Test
  void measuresFromStartToEnd() {
    clock.nanos = 5;
    long start = latency.start();
    clock.nanos += 25 * MILLI;
    latency.end(LatencyEvent.EVICTION_DEL, start);
    assertThat(latency.longestMillis(LatencyEvent.EVICTION_DEL)).isEqualTo(25);
  }

  @Test
  void keepsTheLongestDurationOfASecond() {
    latency.took(LatencyEvent.COMMAND, 20 * MILLI);
    latency.took(LatencyEvent.COMMAND, 40 * MILLI);
    clock.millis += 999;
    latency.took(LatencyEvent.COMMAND, 30 * MILLI);
    clock.millis += 1;
    latency.took(LatencyEvent.COMMAND, 11 * MILLI);
    assertThat(latency.samples(LatencyEvent.COMMAND))
        .containsExactly(new Sample(1000, 40), new Sample(1001, 11));
    assertThat(latency.longestMillis(LatencyEvent.COMMAND)).isEqualTo(40);
  }

  @Test
  void keepsALimitedHistoryAndTheMaximum() {
    latency.took(LatencyEvent.COMMAND, 500 * MILLI);
    for (int i = 1; i <= Latency.MAX_SAMPLES; i++) {
      clock.millis += 1000;
      latency.took(LatencyEvent.COMMAND, (10 + i) * MILLI);
    }
    assertThat(latency.samples(LatencyEvent.COMMAND)).hasSize(Latency.MAX_SAMPLES);
    assertThat(latency.samples(LatencyEvent.COMMAND).getFirst()).isEqualTo(new Sample(1001, 11));
    assertThat(latency.samples(LatencyEvent.COMMAND).getLast()).isEqualTo(new Sample(1160, 170));
    assertThat(latency.longestMillis(LatencyEvent.COMMAND)).isEqualTo(500);
  }

  @Test
  void resetsEvents() {
    latency.took(LatencyEvent.COMMAND, 20 * MILLI);
    latency.took(LatencyEvent.AOF_WRITE, 20 * MILLI);
    assertThat(latency.reset(LatencyEvent.AOF_WRITE)).isTrue();
    assertThat(latency.reset(LatencyEvent.AOF_WRITE)).isFalse();
    assertThat(latency.reset()).isEqualTo(1);
    assertThat(latency.events()).isEmpty();
  }

  @Test
  void namesEvents() {
    assertThat(Latency.named("Fast-Command")).isEqualTo(LatencyEvent.FAST_COMMAND);
    assertThat(Latency.named("fork")).isNull();
  }

  private static final class SetClock implements Clock {
    private long millis = 1_000_000;
    private long nanos;

    @Override
    public long wallMillis() {
      return millis;
    }

    @Override
    public long wallMicros() {
      return millis * 1000;
    }

    @Override
    public long monotonicNanos() {
      return nanos;
    }
  }
}
