package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.otlp.CollectorStub;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The push of metrics by the packed programs, with their trimmed Java runtime. */
final class MetricsPushIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String SECRET = "s3cr3t-token";

  @TempDir private Path folder;

  private NodeProcess start(Path launcher, String... lines) throws Exception {
    int port = FreePorts.one();
    Path file = folder.resolve(port + ".conf");
    String own = "port %d\nbind 127.0.0.1\ndir \"%s\"\n".formatted(port, folder);
    Files.writeString(file, own + String.join("\n", lines) + "\n");
    return Distribution.launch(
        launcher,
        List.of(file.toString()),
        Map.of("REDOUBT_JAVA_OPTS", "-Xlog:class+load:file=" + folder.resolve(port + ".classes")),
        port,
        folder.resolve(port + ".output"));
  }

  private String allOf(String suffix) throws Exception {
    StringBuilder text = new StringBuilder();
    try (var files = Files.newDirectoryStream(folder, "*." + suffix)) {
      for (Path file : files) {
        text.append(Files.readString(file));
      }
    }
    return text.toString();
  }

  @Test
  void serverAndSentinelPushAndLogNoSecret() throws Exception {
    Path headers = folder.resolve("headers");
    Files.writeString(headers, "Authorization: Bearer " + SECRET + "\n");
    try (CollectorStub collector = new CollectorStub()) {
      String[] lines = {
        "loglevel debug",
        "metrics-otlp-url " + collector.url(),
        "metrics-otlp-headers-file " + headers,
        "metrics-otlp-interval 1"
      };
      try (NodeProcess server = start(Kind.REDOUBT.server(), lines);
          NodeProcess sentinel = start(Kind.REDOUBT.sentinel(), lines)) {
        assertThat(server).isNotSameAs(sentinel);
        for (String program : List.of("redis-server", "redis-sentinel")) {
          await()
              .atMost(LIMIT)
              .until(() ->
                  collector.received().stream()
                      .anyMatch(each ->
                          program.equals(each.process().get("service.name"))
                              && each.metrics().containsKey("redoubt_jvm_threads")));
        }
        assertThat(collector.received())
            .allSatisfy(each ->
                assertThat(each.headers())
                    .containsEntry("Authorization", List.of("Bearer " + SECRET)));
        assertThat(allOf("output")).contains("OtlpMeterRegistry").doesNotContain(SECRET);
        assertThat(allOf("classes")).contains(" io.micrometer.");
      }
    }
  }

  @Test
  void withoutACollectorNothingOfItIsLoaded() throws Exception {
    try (NodeProcess server = start(Kind.REDOUBT.server(), "metrics-port " + FreePorts.one())) {
      assertThat(server).isNotNull();
      await().atMost(LIMIT).untilAsserted(() -> assertThat(allOf("output")).contains("Ready to"));
      assertThat(allOf("classes"))
          .contains(" io.redoubt.server.Main ")
          .doesNotContain(
              " io.micrometer.",
              " io.opentelemetry.",
              " com.google.protobuf.",
              " io.redoubt.protocol.otlp.",
              " io.redoubt.protocol.config.ResourceAttributes ");
    }
  }
}
