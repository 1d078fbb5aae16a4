package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The number of threads that {@code io-threads auto} stands for. */
final class AutomaticThreadsTest {
  @ParameterizedTest
  @CsvSource({"1,1", "2,1", "3,1", "4,2", "7,3", "16,8", "64,8"})
  void isHalfOfTheProcessorsFromFourOn(int processors, int threads) {
    assertThat(ServerDirectives.automaticIoThreads(processors)).isEqualTo(threads);
  }
}
