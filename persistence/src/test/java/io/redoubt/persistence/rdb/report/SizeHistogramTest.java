package io.redoubt.persistence.rdb.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tests histograms against sorted lists. */
class SizeHistogramTest {

  @Test
  void boundsPercentiles() {
    RandomGenerator random = Seed.random("SizeHistogramTest");
    for (int round = 0; round < 200; round++) {
      SizeHistogram histogram = new SizeHistogram();
      List<Long> sizes = new ArrayList<>();
      for (int i = 1 + random.nextInt(300); i > 0; i--) {
        long size = random.nextLong() >>> (2 + random.nextInt(62));
        sizes.add(size);
        histogram.add(size);
      }
      Collections.sort(sizes);
      for (double percent : new double[] {1, 50, 90, 99, 100}) {
        int rank = (int) Math.max(1, Math.ceil(sizes.size() * percent / 100));
        long exact = sizes.get(rank - 1);
        assertThat(histogram.percentile(percent)).isBetween(exact, exact + exact / 16 + 1);
      }
      assertThat(histogram.max()).isEqualTo(sizes.getLast());
      assertThat(histogram.count()).isEqualTo(sizes.size());
    }
  }

  @Test
  void countsPowersOfTwo() {
    RandomGenerator random = Seed.random("SizeHistogramTest.powers");
    SizeHistogram histogram = new SizeHistogram();
    long[] exact = new long[65];
    for (int i = 0; i < 10_000; i++) {
      long size = random.nextLong() >>> (1 + random.nextInt(63));
      histogram.add(size);
      exact[Long.SIZE - Long.numberOfLeadingZeros(size)]++;
    }
    histogram.add(Long.MAX_VALUE);
    exact[63]++;
    for (int exponent = 0; exponent < histogram.exponents(); exponent++) {
      assertThat(histogram.countOf(exponent)).as("%d", exponent).isEqualTo(exact[exponent]);
    }
    assertThat(histogram.exponents()).isEqualTo(64);
  }

  @Test
  void emptyHistogram() {
    assertThat(new SizeHistogram().percentile(99)).isZero();
    assertThat(new SizeHistogram().exponents()).isZero();
  }
}
