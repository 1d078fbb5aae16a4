package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class KernelRandomTest {
  private static Set<Long> numbers(RandomGenerator random) {
    return LongStream.generate(random::nextLong).limit(1000).boxed().collect(Collectors.toSet());
  }

  @Test
  void repeatsNothing() {
    Set<Long> some = numbers(KernelRandom.open());
    Set<Long> others = numbers(KernelRandom.open());
    assertThat(some).hasSize(1000).doesNotContainAnyElementsOf(others);
  }

  @Test
  void setsEachBitInHalfOfTheNumbers() {
    Set<Long> numbers = numbers(KernelRandom.open());
    for (int bit = 0; bit < Long.SIZE; bit++) {
      long mask = 1L << bit;
      // Eight standard deviations from the mean of 500.
      assertThat(numbers.stream().filter(number -> (number & mask) != 0).count())
          .isBetween(373L, 627L);
    }
  }
}
