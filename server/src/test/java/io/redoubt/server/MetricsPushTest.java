package io.redoubt.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.otlp.CollectorStub;
import io.redoubt.protocol.otlp.CollectorStub.Received;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The push of metrics to a collector that decodes them with OpenTelemetry's own classes. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
final class MetricsPushTest {
  private static final String SECRET = "Bearer s3cr3t-token";

  private final ByteArrayOutputStream logged = new ByteArrayOutputStream();
  private final Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, logged);

  @TempDir private Path folder;

  private RedisServer start(String url, String... lines) throws Exception {
    String[] all = new String[lines.length + 2];
    all[0] = "metrics-otlp-url " + url;
    all[1] = "metrics-otlp-interval 1";
    System.arraycopy(lines, 0, all, 2, lines.length);
    return TestServers.start(log, all);
  }

  private String log() {
    return logged.toString(UTF_8);
  }

  private static Received awaitPush(CollectorStub collector) {
    int before = collector.received().size();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> collector.received().size() >= before + 2); // the first may be older
    return collector.received().getLast();
  }

  private void awaitLogged(String text) {
    await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(log()).contains(text));
  }

  @Test
  void aCollectorGetsTheMetricsOfTheScrapeEndpoint() throws Exception {
    int port = FreePorts.one();
    long beforeNanos = Duration.ofMillis(Clock.system().wallMillis()).toNanos();
    try (CollectorStub collector = new CollectorStub();
        RedisServer server = start(collector.url(), "metrics-port " + port);
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      client.call("SET", "key", "value");
      client.call("GET", "key");
      client.call("GET", "none");
      Received received = awaitPush(collector);
      assertThat(received.headers())
          .containsEntry("Content-type", List.of("application/x-protobuf"));
      Map<String, Metric> metrics = received.metrics();

      Metric calls = metrics.get("redis_commands_total");
      assertThat(calls.getSum().getIsMonotonic()).isTrue();
      assertThat(calls.getSum().getAggregationTemporality())
          .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
      assertThat(CollectorStub.point(calls, Map.of("cmd", "get")).getAsDouble()).isEqualTo(2);
      assertThat(CollectorStub.point(calls, Map.of("cmd", "get")).getStartTimeUnixNano())
          .isGreaterThanOrEqualTo(beforeNanos)
          .isLessThan(CollectorStub.point(calls, Map.of("cmd", "get")).getTimeUnixNano());
      assertThat(calls.getDescription()).isEqualTo("Calls by command.");
      assertThat(
              CollectorStub.point(metrics.get("redis_db_keys"), Map.of("db", "db0")).getAsDouble())
          .isEqualTo(1);
      assertThat(metrics.get("redis_db_keys").hasGauge()).isTrue();
      assertThat(
              CollectorStub.point(
                  metrics.get("redis_instance_info"),
                  Map.of("role", "master", "availability_zone", "")))
          .isNotNull();

      HistogramDataPoint latencies =
          CollectorStub.histogram(
              metrics.get("redis_commands_latencies_usec"), Map.of("cmd", "get"));
      assertThat(latencies.getCount()).isEqualTo(2);
      assertThat(latencies.getSum()).isPositive();
      assertThat(latencies.getBucketCountsCount())
          .isEqualTo(latencies.getExplicitBoundsCount() + 1);
      assertThat(latencies.getBucketCountsList().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(2);
      assertThat(latencies.getExplicitBoundsList()).isSorted();
      assertThat(latencies.getTimeUnixNano()).isGreaterThan(latencies.getStartTimeUnixNano());

      assertThat(names(metrics)).isEqualTo(scraped(port));
      assertThat(received.process())
          .containsEntry("service.name", "redis-server")
          .containsKeys("service.version", "service.instance.id");
    }
  }

  private static Set<String> names(Map<String, Metric> metrics) {
    return new TreeSet<>(metrics.keySet());
  }

  private static Set<String> scraped(int port) throws IOException {
    return HttpText.get(port, "/metrics")
        .lines()
        .filter(line -> line.startsWith("# TYPE "))
        .map(line -> line.split(" ")[2])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void headersComeFromAFileAndAreNeverLogged() throws Exception {
    Path headers = folder.resolve("headers");
    Files.writeString(
        headers, "# of the collector\n\nAuthorization: " + SECRET + "\nX-Scope: a=b\n");
    Files.setPosixFilePermissions(headers, PosixFilePermissions.fromString("rw-r--r--"));
    try (CollectorStub collector = new CollectorStub();
        RedisServer server =
            start(
                collector.url(),
                "loglevel debug",
                "metrics-otlp-headers-file " + headers,
                "metrics-otlp-resource-attributes service.name=carts,zone=a%20b+c");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      Received received = awaitPush(collector);
      assertThat(received.headers())
          .containsEntry("Authorization", List.of(SECRET))
          .containsEntry("X-scope", List.of("a=b"));
      assertThat(received.process())
          .containsEntry("service.name", "carts")
          .containsEntry("zone", "a b+c");
      assertThat(log()).contains("Every user of this machine can read " + headers);

      Files.writeString(headers, "Authorization: Bearer renewed-token\n");
      assertThat(awaitPush(collector).headers())
          .containsEntry("Authorization", List.of("Bearer renewed-token"));

      collector.replies(401, ("bad token " + SECRET).getBytes(UTF_8));
      awaitLogged("Can't push metrics to " + collector.url() + ": HTTP status 401.");
      assertThat(client.call("CONFIG", "GET", "metrics-otlp*").toString())
          .doesNotContain("s3cr3t", "token");
      assertThat(log()).doesNotContain("s3cr3t", "renewed");
    }
  }

  @Test
  void aFailingCollectorIsLoggedOnceAndItsReturnToo() throws Exception {
    int port = FreePorts.one();
    String url = "http://127.0.0.1:" + port + "/v1/metrics";
    try (RedisServer server = start(url + "?key=hidden");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      awaitLogged("Can't push metrics to " + url + ": Connection refused.");
      assertThat(client.call("PING").text()).isEqualTo("PONG");
      try (CollectorStub collector = new CollectorStub(port)) {
        awaitLogged("Metrics reach " + url + " again");
        assertThat(awaitPush(collector).metrics()).containsKey("redis_up");
        assertThat(log().split("Can't push", -1)).hasSize(2);
        assertThat(log()).doesNotContain("hidden");
      }
    }
  }

  @Test
  void redirectionsAreNotFollowedAndRejectionsAreLogged() throws Exception {
    Path headers = folder.resolve("headers");
    Files.writeString(headers, "Authorization: " + SECRET + "\n");
    try (CollectorStub other = new CollectorStub();
        CollectorStub collector = new CollectorStub()) {
      collector.redirectsTo(other.url());
      try (RedisServer server = start(collector.url(), "metrics-otlp-headers-file " + headers)) {
        assertThat(server.port()).isPositive();
        awaitLogged("HTTP status 307.");
        assertThat(other.received()).isEmpty();
      }
    }
    try (CollectorStub collector = new CollectorStub()) {
      collector.replies(
          200,
          ExportMetricsServiceResponse.newBuilder()
              .setPartialSuccess(
                  ExportMetricsPartialSuccess.newBuilder()
                      .setRejectedDataPoints(3)
                      .setErrorMessage(SECRET))
              .build()
              .toByteArray());
      try (RedisServer server = start(collector.url())) {
        assertThat(server.port()).isPositive();
        awaitLogged("the collector has rejected 3 data points.");
        assertThat(log()).doesNotContain(SECRET);
      }
    }
  }

  @Test
  void aSilentCollectorBlocksNobody() throws Exception {
    try (ServerSocket silent = new ServerSocket(0);
        RedisServer server = start("http://127.0.0.1:" + silent.getLocalPort() + "/v1/metrics");
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      for (int i = 0; i < 100; i++) {
        assertThat(client.call("PING").text()).isEqualTo("PONG");
      }
      awaitLogged("Can't push metrics to http://127.0.0.1:" + silent.getLocalPort());
      long threads =
          Thread.getAllStackTraces().keySet().stream()
              .filter(each -> each.getName().startsWith("metrics-"))
              .count();
      assertThat(threads).isLessThan(20); // those of concurrent tests included
    }
  }

  @Test
  void configSetRefusesAnotherCollectorAndTakesAnotherInterval() throws Exception {
    try (CollectorStub collector = new CollectorStub();
        RedisServer server = start(collector.url());
        RespClient client = RespClient.connect("127.0.0.1", server.port())) {
      for (String name : List.of("metrics-otlp-url", "metrics-otlp-headers-file")) {
        assertThat(client.call("CONFIG", "SET", name, "http://evil.example/").toString())
            .contains("the collector is chosen by whoever starts the process");
      }
      assertThat(client.call("CONFIG", "SET", "metrics-otlp-resource-attributes", "a=b").toString())
          .contains("can't set immutable config");
      assertThat(client.call("CONFIG", "SET", "metrics-otlp-interval", "0").toString())
          .contains("argument must be between 1 and 86400");
      awaitPush(collector);
      assertThat(client.call("CONFIG", "SET", "metrics-otlp-interval", "86400").text())
          .isEqualTo("OK");
      int before = collector.received().size();
      try (CollectorStub second = new CollectorStub();
          RedisServer other = start(second.url())) {
        assertThat(other.port()).isPositive();
        awaitPush(second);
        assertThat(awaitPush(second).metrics()).isNotEmpty(); // seconds later
      }
      assertThat(collector.received().size()).isLessThanOrEqualTo(before + 1); // one under way
    }
  }

  @Test
  void refusesToStartWithWhatCannotWork() throws Exception {
    for (String url :
        List.of(
            "localhost:4318", "ftp://localhost/", "http:///v1", "http://a b/", "http://h:99999/")) {
      assertThatThrownBy(() -> start('"' + url + '"')).as(url).hasMessageContaining("URL");
    }
    assertThatThrownBy(() -> start("http://user:" + SECRET.substring(7) + "@localhost/"))
        .hasMessageContaining("must not contain a password");
    assertThatThrownBy(() -> start("http://localhost/", "metrics-otlp-resource-attributes a"))
        .hasMessageContaining("must be name=value,name=value");
    assertThatThrownBy(() -> start("http://localhost/", "metrics-otlp-resource-attributes a=%zz"))
        .hasMessageContaining("broken percent-encoding");
    Path headers = folder.resolve("wrong");
    assertThatThrownBy(() -> start("http://localhost/", "metrics-otlp-headers-file " + headers))
        .hasMessageContaining("No such file or directory");
    for (String line :
        List.of(SECRET, "X: s3cr3t\u0001", "Host: a", "A b: c", ": c", "A:", "Content-Length: 1")) {
      Files.writeString(headers, "# headers\n" + line + "\n");
      assertThatThrownBy(() -> start("http://localhost/", "metrics-otlp-headers-file " + headers))
          .as(line)
          .hasMessageContaining("line 2")
          .hasMessageNotContaining("s3cr3t");
    }
    try (RedisServer server = TestServers.start()) {
      assertThat(server.port()).isPositive();
    }
  }
}
