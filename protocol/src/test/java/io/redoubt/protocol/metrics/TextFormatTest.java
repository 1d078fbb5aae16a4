package io.redoubt.protocol.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TextFormatTest {
  private static final Metric CALLS = Metric.counter("calls_total", "Calls.");
  private static final Metric TIMES = Metric.histogram("times", "Times.");
  private static final Metric SIZE = Metric.gauge("size", "Size.");

  private static MetricsSnapshot snapshot() {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    snapshot.add(CALLS, Labels.of("cmd", "get", "db", "0"), 1e15);
    snapshot.add(SIZE, Double.POSITIVE_INFINITY);
    snapshot.add(TIMES, Labels.of("cmd", "get"), new double[] {1, 2.5}, new long[] {3, 0, 4}, 9);
    snapshot.add(CALLS, Labels.of("cmd", "set", "db", "0"), 0.25);
    return snapshot;
  }

  private static String text(TextFormat format, MetricsSnapshot snapshot) {
    StringBuilder text = new StringBuilder();
    format.write(text::append, snapshot);
    return text.toString();
  }

  @Test
  void writesPrometheusText() {
    assertThat(text(TextFormat.PROMETHEUS, snapshot()))
        .isEqualTo(
            """
            # HELP calls_total Calls.
            # TYPE calls_total counter
            calls_total{cmd="get",db="0"} 1000000000000000
            calls_total{cmd="set",db="0"} 0.25
            # HELP size Size.
            # TYPE size gauge
            size +Inf
            # HELP times Times.
            # TYPE times histogram
            times_bucket{cmd="get",le="1.0"} 3
            times_bucket{cmd="get",le="2.5"} 3
            times_bucket{cmd="get",le="+Inf"} 7
            times_sum{cmd="get"} 9
            times_count{cmd="get"} 7
            """);
  }

  @Test
  void namesCountersWithoutTheirEndingInOpenMetrics() {
    assertThat(text(TextFormat.OPENMETRICS, snapshot()))
        .contains("# TYPE calls counter\ncalls_total{")
        .endsWith("# EOF\n");
  }

  @Test
  void choosesTheFormatByAccept() {
    assertThat(TextFormat.accepted("application/openmetrics-text;version=1.0.0,text/plain;q=0.5"))
        .isEqualTo(TextFormat.OPENMETRICS);
    assertThat(TextFormat.accepted("*/*")).isEqualTo(TextFormat.PROMETHEUS);
  }

  @Test
  void givesLongTextsInPiecesOfWholeLines() {
    MetricsSnapshot snapshot = new MetricsSnapshot();
    for (int i = 0; i < 5000; i++) {
      snapshot.add(CALLS, Labels.of("cmd", "c" + i), i);
    }
    List<String> pieces = new ArrayList<>();
    TextFormat.OPENMETRICS.write(pieces::add, snapshot);
    assertThat(pieces).hasSizeGreaterThan(5).allMatch(piece -> piece.endsWith("\n"));
    assertThat(String.join("", pieces).lines()).hasSize(5003).doesNotHaveDuplicates();
  }

  @Test
  void refusesACounterOfAnotherName() {
    assertThatThrownBy(() -> Metric.counter("calls", "Calls."))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void replacesHalfCharacters() {
    assertThat(Labels.of("a", "x\ud800y")).isEqualTo("a=\"x\ufffdy\"");
    assertThat(Labels.of("a", "\ud83d\ude00")).isEqualTo("a=\"\ud83d\ude00\"");
  }
}
