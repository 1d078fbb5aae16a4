package io.redoubt.dist.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MicrosHistogramTest {
  /** Steps printed by Redis' tool. */
  @Test
  void hasTheStepsOfRedisTool() {
    long[] values = {100, 200, 2_000, 2_100, 17_100, 18_100, 33_100, 61_100};
    long[] ends = {103, 207, 2_007, 2_103, 17_103, 18_111, 33_119, 61_119};
    for (int i = 0; i < values.length; i++) {
      assertThat(new MicrosHistogram(3).endOfStep(values[i])).isEqualTo(ends[i]);
    }
  }

  @Test
  void stepsJoinWithoutGaps() {
    for (long value = 0; value < 3_000_000; value = new MicrosHistogram(3).endOfStep(value) + 1) {
      MicrosHistogram histogram = new MicrosHistogram(3);
      histogram.record(value, 1);
      assertThat(histogram.least()).isEqualTo(value);
      assertThat(histogram.most()).isEqualTo(new MicrosHistogram(3).endOfStep(value));
      assertThat(histogram.countTo(value)).isEqualTo(1);
      assertThat(value == 0 ? 0 : histogram.countTo(value - 1)).isZero();
    }
  }

  /** The values of Redis' tool with --precision 1 and 4. */
  @Test
  void digitsChooseTheWidthOfSteps() {
    assertThat(new MicrosHistogram(1).endOfStep(2_000)).isEqualTo(2_047);
    assertThat(new MicrosHistogram(4).endOfStep(61_100)).isEqualTo(61_103);
    for (int digits = 0; digits <= 4; digits++) {
      MicrosHistogram histogram = new MicrosHistogram(digits);
      for (long value = 0; value < 3_000_000; value = histogram.endOfStep(value) + 1) {
        assertThat(histogram.endOfStep(value)).isGreaterThanOrEqualTo(value);
        // Below 10 µs the least value limits the steps, not the digits.
        assertThat(histogram.endOfStep(value) - value)
            .isLessThanOrEqualTo(Math.max(7, (long) (value / Math.pow(10, digits)) + 1));
      }
    }
  }

  @Test
  void summarizes() {
    MicrosHistogram histogram = new MicrosHistogram(3);
    assertThat(histogram.most()).isZero();
    assertThat(histogram.mean()).isZero();
    histogram.record(100, 9);
    MicrosHistogram other = new MicrosHistogram(3);
    other.record(1_000_000_000, 1);
    histogram.add(other);
    assertThat(histogram.count()).isEqualTo(10);
    assertThat(histogram.percentile(50)).isEqualTo(103);
    assertThat(histogram.percentile(90)).isEqualTo(103);
    assertThat(histogram.percentile(91)).isEqualTo(new MicrosHistogram(3).endOfStep(3_000_000));
    assertThat(histogram.mean()).isBetween(300_000.0, 301_000.0);
  }
}
