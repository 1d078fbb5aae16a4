package io.redoubt.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SampleHistoryTest {
  private static final List<String> NAMES = List.of("at", "commands");

  private final SampleHistory history = new SampleHistory();

  @Test
  void isEmptyAtFirst() {
    assertThat(history.json()).isEmpty();
  }

  @Test
  void repliesSamplesFromOldToNew() {
    history.add(NAMES, new long[] {1000, 5});
    history.add(NAMES, new long[] {2000, Long.MAX_VALUE});
    assertThat(history.json())
        .isEqualTo(
            "{\"names\":[\"at\",\"commands\"],\"samples\":[[1000,5],[2000,9223372036854775807]]}");
  }

  @Test
  void keepsTheLastSamplesOnly() {
    for (int i = 0; i < 3 * SampleHistory.MOST + 7; i++) {
      history.add(NAMES, new long[] {i, i});
    }
    int first = 2 * SampleHistory.MOST + 7;
    assertThat(history.json())
        .contains("\"samples\":[[" + first + "," + first + "],")
        .endsWith("," + (first + SampleHistory.MOST - 1) + "]]}");
    assertThat(history.json().chars().filter(c -> c == '[').count())
        .isEqualTo(SampleHistory.MOST + 2);
  }

  @Test
  void startsAgainWithOtherNames() {
    history.add(NAMES, new long[] {1, 2});
    history.add(List.of("at"), new long[] {3});
    assertThat(history.json()).isEqualTo("{\"names\":[\"at\"],\"samples\":[[3]]}");
  }
}
