package io.redoubt.dist.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MicrosHistogramTest {
  /** Steps that Redis' tool prints. */
  @Test
  void hasTheStepsOfRedisTool() {
    long[] values = {100, 200, 2_000, 2_100, 17_100, 18_100, 33_100, 61_100};
    long[] ends = {103, 207, 2_007, 2_103, 17_103, 18_111, 33_119, 61_119};
    for (int i = 0; i < values.length; i++) {
      assertThat(MicrosHistogram.endOfStep(values[i])).isEqualTo(ends[i]);
    }
  }

  @Test
  void stepsJoinWithoutGaps() {
    for (long value = 0; value < 3_000_000; value = MicrosHistogram.endOfStep(value) + 1) {
      MicrosHistogram histogram = new MicrosHistogram();
      histogram.record(value, 1);
      assertThat(histogram.least()).isEqualTo(value);
      assertThat(histogram.most()).isEqualTo(MicrosHistogram.endOfStep(value));
      assertThat(histogram.countTo(value)).isEqualTo(1);
      assertThat(value == 0 ? 0 : histogram.countTo(value - 1)).isZero();
    }
  }

  @Test
  void summarizes() {
    MicrosHistogram histogram = new MicrosHistogram();
    assertThat(histogram.most()).isZero();
    assertThat(histogram.mean()).isZero();
    histogram.record(100, 9);
    MicrosHistogram other = new MicrosHistogram();
    other.record(1_000_000_000, 1);
    histogram.add(other);
    assertThat(histogram.count()).isEqualTo(10);
    assertThat(histogram.percentile(50)).isEqualTo(103);
    assertThat(histogram.percentile(90)).isEqualTo(103);
    assertThat(histogram.percentile(91)).isEqualTo(MicrosHistogram.endOfStep(3_000_000));
    assertThat(histogram.mean()).isBetween(300_000.0, 301_000.0);
  }
}
