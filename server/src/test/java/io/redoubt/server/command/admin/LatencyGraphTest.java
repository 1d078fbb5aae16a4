package io.redoubt.server.command.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.execution.monitoring.Latency.Sample;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LatencyGraphTest {
  @Test
  void drawsHeightByDurationAndAgeBelow() {
    LatencyGraph graph =
        new LatencyGraph(
            List.of(
                new Sample(100_000, 100),
                new Sample(270_000 - 7200, 400),
                new Sample(270_000 - 61, 200),
                new Sample(270_000 - 12, 500)),
            270_000);
    assertThat(graph.highMillis()).isEqualTo(500);
    assertThat(graph.lowMillis()).isEqualTo(100);
    assertThat(graph.text())
        .isEqualTo(
            """
             _ #
             | |
             |_|
            _|||
            \s\s\s\s
            1211
            dhm2
               s
            """);
  }

  @Test
  void drawsOneColumnForEachSample() {
    assertThat(new LatencyGraph(List.of(new Sample(5, 7)), 5).text())
        .isEqualTo(" \n \n \n_\n \n0\ns\n");
  }
}
