package io.redoubt.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests the endpoint of {@code metrics-port} of a sentinel whose master does not exist. */
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
  void givesItsPortBackIfItsStateCanNotBeSaved() throws Exception {
    Path removed = Files.createDirectory(folder.resolve("removed"));
    Path file = removed.resolve("sentinel.conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        metrics-port %d
        """
            .formatted(FreePorts.one(), metricsPort));
    SentinelDirectives directives = TestSentinels.load(file);
    Files.delete(file);
    Files.delete(removed);
    assertThatThrownBy(() -> TestSentinels.start(directives)).isInstanceOf(IOException.class);
    new ServerSocket(metricsPort, 1, InetAddress.getLoopbackAddress()).close();
  }

  @Test
  void saysItsStateAndOffersWhatCanWork() throws Exception {
    try (SentinelServer server = start()) {
      assertThat(server).isNotNull();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(state())
                  .containsPattern(
                      "\"sentence\":\"mymaster: master 127.0.0.1:[0-9]+ has not answered for [0-9]+"
                          + " m?s, as a quorum agrees")
                  .contains("; 0 of 1 replica in step; 1 of 1 sentinel reachable.")
                  .contains("[\"sentinel\",\"doctor\",\"mymaster\"]")
                  .contains("\"doctor\":\"SENTINEL DOCTOR\",\"text\":\"one-voter mymaster: ")
                  .contains("\"shell\":{\"hosts\":[\"127.0.0.1\"],\"port\":")
                  .doesNotContain("[\"sentinel\",\"failover\""));
    }
  }

  /** Returns the second state sent to a page: the first may predate it. */
  private String state() throws IOException {
    try (Socket socket = new Socket("127.0.0.1", metricsPort)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      return reader
          .lines()
          .filter(line -> line.startsWith("data: {\"kind\""))
          .skip(1)
          .findFirst()
          .orElseThrow();
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
  void usesTlsWhereTheSentinelDoes() throws Exception {
    Tls.Identity identity = SelfSigned.make(folder, "sentinel");
    try (SentinelServer server =
        start(
            "tls-port " + FreePorts.one(),
            "tls-auth-clients no",
            "tls-cert-file " + identity.certificate(),
            "tls-key-file " + identity.key())) {
      assertThat(server).isNotNull();
      Tls trusting =
          Tls.client(
              null,
              new Tls.Authorities(identity.certificate(), null),
              new Tls.Terms(List.of(), "", List.of()));
      try (Socket socket = trusting.sockets().createSocket("127.0.0.1", metricsPort)) {
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(scrape());
        assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
            .startsWith("HTTP/1.1 200")
            .contains("redis_sentinel_masters 1");
      }
      try (Socket plain = new Socket("127.0.0.1", metricsPort)) {
        plain.setSoTimeout(20_000);
        plain.getOutputStream().write(scrape());
        assertThat(new String(plain.getInputStream().readAllBytes(), UTF_8))
            .doesNotContain("HTTP", "redis_");
      }
    }
  }

  private static byte[] scrape() {
    return "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(UTF_8);
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
