package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.directive.Directive;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Compares names and defaults with a list from CONFIG GET of Redis 7.2. */
final class DefaultsTest {
  private final ServerDirectives settings = new ServerDirectives();

  @Test
  void everyDirectiveOfRedisHasItsDefault() throws IOException {
    Map<String, String> expected = table("defaults.tsv");
    int threads = ServerDirectives.automaticIoThreads(Runtime.getRuntime().availableProcessors());
    expected.put("io-threads", Integer.toString(threads));
    Map<String, String> actual = new TreeMap<>(settings.get(List.of("*")));
    actual.remove("dir");

    assertThat(actual).containsAllEntriesOf(expected);
    assertThat(new TreeSet<>(actual.keySet()))
        .as("what Redis doesn't have")
        .containsExactlyElementsOf(
            withOwn(
                expected.keySet(),
                "aof-commit-journal",
                "aof-loop-wait-micros",
                "availability-zone",
                "cgroup-memory-guard",
                "cluster-databases",
                "cluster-slot-stats-enabled",
                "full-sync-loop-percent",
                "gathering-micros",
                "hash-field-expiry",
                "hash-seed",
                "hide-user-data-from-log",
                "io-threads-always-active",
                "log-format",
                "log-timestamp-format",
                "masterauth-file",
                "metrics-bind",
                "metrics-hosts",
                "metrics-otlp-headers-file",
                "metrics-otlp-interval",
                "metrics-otlp-resource-attributes",
                "metrics-otlp-url",
                "metrics-port",
                "page-show-keys",
                "rdb-write-version",
                "ready-max-lag",
                "rejoin-auth-pass",
                "rejoin-auth-user",
                "rejoin-sentinels",
                "rejoin-timeout",
                "repl-full-sync-rate",
                "repl-interleaved-sync",
                "repl-max-concurrent-full-syncs",
                "repl-spill-dir",
                "repl-spill-max",
                "replica-refuse-empty-master",
                "requirepass-file",
                "sentinel-lease",
                "snapshot-loop-percent",
                "snapshot-thread-rests",
                "tls-auth-clients-user",
                "stream-idmp-duration",
                "stream-idmp-maxsize",
                "tls-auto-reload-interval",
                "tls-provider",
                "unixsocketgroup",
                "write-acks",
                "write-acks-durable",
                "write-acks-reads",
                "write-acks-timeout"));
  }

  @Test
  void everyDirectiveIsDescribed() {
    for (Directive<?, ?> directive : settings.all()) {
      assertThat(directive.section()).as(directive.name()).isNotEmpty();
    }
  }

  private static TreeSet<String> withOwn(Set<String> names, String... own) {
    TreeSet<String> all = new TreeSet<>(names);
    all.addAll(List.of(own));
    return all;
  }

  private static Map<String, String> table(String resource) throws IOException {
    Map<String, String> table = new TreeMap<>();
    try (InputStream in = DefaultsTest.class.getResourceAsStream(resource)) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        String[] columns = line.split("\t", 2);
        table.put(columns[0], columns.length > 1 ? columns[1] : "");
      }
    }
    return table;
  }
}
