package io.redoubt.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class DurationHistogramTest {
  @Test
  void percentilesAreRoundedUpByLessThanOnePartIn128() {
    Random random = Seed.random("DurationHistogramTest");
    var histogram = new DurationHistogram();
    long[] durations = new long[1000];
    for (int i = 0; i < durations.length; i++) {
      durations[i] = 1 + (random.nextLong(1_000_000_000) >> random.nextInt(29));
      histogram.add(1, durations[i]);
    }
    Arrays.sort(durations);
    for (double percent : new double[] {0.1, 10, 50, 90, 99, 99.9, 100}) {
      long exact = durations[(int) Math.round(percent / 100 * durations.length) - 1];
      assertThat(histogram.percentileNanos(percent)).isBetween(exact, exact + exact / 128);
    }
    long least = durations[0];
    assertThat(histogram.percentileNanos(0)).isBetween(least - least / 128, least);
    assertThat(histogram.total()).isEqualTo(1000);
  }

  @Test
  void longerDurationsCountAsASecond() {
    var histogram = new DurationHistogram();
    histogram.add(2, 5_000_000_000L);
    assertThat(histogram.percentileNanos(50)).isEqualTo(1_002_438_655);
    assertThat(histogram.count(DurationHistogram.BUCKETS - 1)).isEqualTo(2);
    histogram.add(3, 0);
    assertThat(histogram.percentileNanos(50)).isEqualTo(1);
  }
}
