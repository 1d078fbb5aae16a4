package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.proto.metrics.v1.Metric;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.otlp.CollectorStub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The push of a sentinel's metrics. */
@Timeout(60)
final class SentinelPushTest {
  private final int metricsPort = FreePorts.one();
  private final int nodePort = FreePorts.one();

  @TempDir private Path folder;

  private SentinelServer start(String url, String... lines) throws Exception {
    Path file = folder.resolve(FreePorts.one() + ".conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        metrics-port %d
        metrics-otlp-url %s
        metrics-otlp-interval 1
        sentinel monitor mymaster 127.0.0.1 %d 1
        sentinel down-after-milliseconds mymaster 300
        """
                .formatted(FreePorts.one(), metricsPort, url, nodePort)
            + String.join("\n", lines));
    return TestSentinels.start(TestSentinels.load(file));
  }

  @Test
  void aCollectorSeesTheSentinelsView() throws Exception {
    try (CollectorStub collector = new CollectorStub();
        SentinelServer server = start(collector.url())) {
      assertThat(server).isNotNull();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> {
            assertThat(collector.received()).isNotEmpty();
            Metric status =
                collector.received().getLast().metrics().get("redis_sentinel_master_status");
            assertThat(
                    status.getGauge().getDataPointsList().stream()
                        .map(point -> CollectorStub.texts(point.getAttributesList())))
                .containsExactly(
                    Map.of(
                        "master_name", "mymaster",
                        "master_address", "127.0.0.1:" + nodePort,
                        "master_status", "odown"));
          });
      CollectorStub.Received received = collector.received().getLast();
      Set<String> scraped =
          HttpText.get(metricsPort, "/metrics")
              .lines()
              .filter(line -> line.startsWith("# TYPE "))
              .map(line -> line.split(" ")[2])
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(received.metrics().keySet()).isEqualTo(scraped);
      assertThat(received.process()).containsEntry("service.name", "redis-sentinel");
    }
  }

  @Test
  void refusesHeadersThatItCannotRead() {
    assertThatThrownBy(
            () -> start("http://localhost/", "metrics-otlp-headers-file " + folder + "/none"))
        .hasMessageContaining("No such file or directory");
  }
}
