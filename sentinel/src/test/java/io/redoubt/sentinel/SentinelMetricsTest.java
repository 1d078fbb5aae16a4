package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The endpoint of {@code metrics-port} of a sentinel whose master does not exist. */
@Timeout(60)
final class SentinelMetricsTest {
  private static final String PEER = "f13cf218665276fca68656336704e0d90a8571b9";

  private final int metricsPort = FreePorts.one();
  private final int nodePort = FreePorts.one();

  @TempDir private Path folder;

  private SentinelServer start(String... lines) throws Exception {
    Path file = folder.resolve(FreePorts.one() + ".conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        metrics-port %d
        sentinel monitor mymaster 127.0.0.1 %d 1
        sentinel down-after-milliseconds mymaster 300
        sentinel known-replica mymaster 127.0.0.1 %d
        """
                .formatted(FreePorts.one(), metricsPort, nodePort, nodePort + 1)
            + String.join("\n", lines));
    SentinelDirectives directives = TestSentinels.load(file);
    return TestSentinels.start(directives);
  }

  private void awaitText(String path, String text) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(HttpText.get(metricsPort, path)).contains(text));
  }

  @Test
  void showsItsViewOfAMaster() throws Exception {
    try (SentinelServer server = start()) {
      assertThat(server).isNotNull();
      String labels = "master_name=\"mymaster\",master_address=\"127.0.0.1:" + nodePort + '"';
      awaitText(
          "/metrics", "redis_sentinel_master_status{" + labels + ",master_status=\"odown\"} 0");
      assertThat(HttpText.get(metricsPort, "/metrics"))
          .contains("redis_sentinel_masters 1", "redis_sentinel_master_slaves{" + labels + "} 1")
          .contains("redis_sentinel_master_sentinels{" + labels + "} 1")
          .contains("redis_sentinel_master_ckquorum_status{master_name=\"mymaster\"} 1")
          .contains("redoubt_sentinel_instance_up{master_name=\"mymaster\",kind=\"master\"")
          .contains("redoubt_sentinel_current_epoch ", "redis_up 1");
      awaitText("/readyz", "ok");
      assertThat(HttpText.get(metricsPort, "/")).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void isNotReadyWithoutAMajorityOfSentinels() throws Exception {
    try (SentinelServer server =
        start("sentinel known-sentinel mymaster 127.0.0.1 " + FreePorts.one() + " " + PEER)) {
      assertThat(server).isNotNull();
      awaitText("/readyz", "too few sentinels are reachable for master mymaster");
    }
  }

  @Test
  void asksForItsPassword() throws Exception {
    try (SentinelServer server = start("requirepass secret")) {
      assertThat(server).isNotNull();
      assertThat(HttpText.get(metricsPort, "/metrics")).startsWith("HTTP/1.1 401");
      assertThat(HttpText.get(metricsPort, "/")).startsWith("HTTP/1.1 401");
    }
  }

  @Test
  void refusesToStartOnAPortInUse() throws Exception {
    try (SentinelServer server = start()) {
      assertThat(server).isNotNull();
      assertThatThrownBy(this::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("metrics-port");
    }
  }
}
