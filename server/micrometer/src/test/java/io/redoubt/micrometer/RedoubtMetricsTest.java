package io.redoubt.micrometer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.GroupMember;
import io.redoubt.embedded.Redoubt;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class RedoubtMetricsTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private double value(String name, String... tags) {
    Meter meter = registry.get(name).tags(tags).meter();
    return meter.measure().iterator().next().getValue();
  }

  private static Set<String> names(MeterRegistry of) {
    return of.getMeters().stream()
        .map(meter -> meter.getId().getName())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void showsCommandsErrorsLatenciesMemoryClientsAndHits() {
    try (EmbeddedServer server = Redoubt.server().start();
        RedoubtMetrics metrics = new RedoubtMetrics(server, Tags.of("cache", "carts"))) {
      metrics.bindTo(registry);
      server.execute("SET", "a", "1");
      server.execute("GET", "a");
      server.execute("GET", "b");
      server.execute("INCR", "a", "b");
      server.execute("LPUSH", "a", "b");
      metrics.refresh();
      assertThat(value("redis_commands_total", "cmd", "get", "cache", "carts")).isEqualTo(2);
      assertThat(value("redis_commands_rejected_calls_total", "cmd", "incr")).isEqualTo(1);
      assertThat(value("redis_commands_failed_calls_total", "cmd", "lpush")).isEqualTo(1);
      assertThat(value("redis_errors_total", "err", "WRONGTYPE")).isEqualTo(1);
      assertThat(value("redis_commands_latencies_usec_count", "cmd", "get")).isEqualTo(2);
      assertThat(value("redis_commands_latencies_usec_bucket", "cmd", "get", "le", "+Inf"))
          .isEqualTo(2);
      assertThat(value("redis_commands_duration_seconds_total", "cmd", "get")).isPositive();
      assertThat(value("redis_memory_used_bytes")).isPositive();
      assertThat(value("redis_connected_clients")).isEqualTo(1);
      assertThat(value("redis_keyspace_hits_total")).isEqualTo(1);
      assertThat(value("redis_keyspace_misses_total")).isEqualTo(1);
      assertThat(value("redis_db_keys", "db", "db0")).isEqualTo(1);
    }
  }

  @Test
  void hasTheNamesOfTheScrapeEndpoint() throws IOException {
    int port = FreePorts.one();
    try (EmbeddedServer server =
            Redoubt.server().with("metrics-port", Integer.toString(port)).start();
        RedoubtMetrics metrics = new RedoubtMetrics(server)) {
      metrics.bindTo(registry);
      Set<String> scraped =
          HttpText.get(port, "/metrics")
              .lines()
              .filter(line -> line.startsWith("redis_") || line.startsWith("redoubt_"))
              .map(line -> line.split("[{ ]", 2)[0])
              .filter(name -> !name.startsWith("redoubt_jvm_"))
              .filter(name -> !name.equals("redoubt_build_info"))
              .collect(Collectors.toCollection(TreeSet::new));
      assertThat(scraped).hasSizeGreaterThan(100);
      metrics.refresh();
      assertThat(names(registry)).containsAll(scraped);
    }
  }

  @Test
  void addsAndRemovesMetersAsTheyComeAndGo() {
    try (EmbeddedServer server = Redoubt.server().start();
        RedoubtMetrics metrics = new RedoubtMetrics(server)) {
      metrics.bindTo(registry);
      assertThat(registry.find("redis_db_keys").tag("db", "db3").meter()).isNull();
      server.execute("SELECT", "3");
      server.execute("SET", "a", "1");
      await()
          .untilAsserted(() ->
              assertThat(registry.find("redis_db_keys").tag("db", "db3").meter()).isNotNull());
      assertThat(value("redis_db_keys", "db", "db3")).isEqualTo(1);
      server.execute("FLUSHDB");
      await()
          .untilAsserted(
              () -> assertThat(registry.find("redis_db_keys").tag("db", "db3").meter()).isNull());
    }
  }

  @Test
  void metersGoWithTheServerOrTheBinder() {
    EmbeddedServer server = Redoubt.server().start();
    RedoubtMetrics metrics = new RedoubtMetrics(server);
    metrics.bindTo(registry);
    MeterRegistry second = new SimpleMeterRegistry();
    metrics.bindTo(second);
    metrics.bindTo(second);
    assertThat(registry.getMeters()).hasSizeGreaterThan(100);
    assertThat(second.getMeters()).hasSameSizeAs(registry.getMeters());
    server.close();
    await().untilAsserted(() -> assertThat(registry.getMeters()).isEmpty());
    await().untilAsserted(() -> assertThat(second.getMeters()).isEmpty());
    metrics.refresh();
    metrics.bindTo(registry);
    assertThat(registry.getMeters()).isEmpty();

    try (EmbeddedServer other = Redoubt.server().start()) {
      RedoubtMetrics closed = new RedoubtMetrics(other);
      closed.bindTo(registry);
      closed.close();
      closed.close();
      assertThat(registry.getMeters()).isEmpty();
      assertThat(other.execute("PING").text()).isEqualTo("PONG");
    }
  }

  @Test
  void metersGoAfterShutdown() {
    try (EmbeddedServer server = Redoubt.server().start();
        RedoubtMetrics metrics = new RedoubtMetrics(server)) {
      metrics.bindTo(registry);
      server.submit("SHUTDOWN", "NOSAVE");
      await().untilAsserted(() -> assertThat(registry.getMeters()).isEmpty());
    }
  }

  @Test
  void readersNeverWaitForAPausedServer() {
    try (EmbeddedServer server = Redoubt.server().start();
        RedoubtMetrics metrics = new RedoubtMetrics(server)) {
      server.execute("SET", "a", "1");
      metrics.bindTo(registry);
      server.pause();
      metrics.refresh();
      assertThat(value("redis_commands_total", "cmd", "set")).isEqualTo(1);
      server.resume();
      server.execute("SET", "a", "1");
      metrics.refresh();
      assertThat(value("redis_commands_total", "cmd", "set")).isEqualTo(2);
    }
  }

  @Test
  void showsReplicationAndSentinelsOfAGroup() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start();
        RedoubtMetrics metrics = new RedoubtMetrics(group)) {
      metrics.bindTo(registry);
      GroupMember master = group.master();
      String name = master.name();
      master.execute("SET", "a", "1");
      group.awaitInStep();
      metrics.refresh();
      assertThat(value("redis_connected_slaves", "member", name)).isEqualTo(2);
      assertThat(registry.get("redis_connected_slave_lag_seconds").tag("member", name).meters())
          .hasSize(2);
      assertThat(registry.get("redoubt_connected_slave_lag_bytes").tag("member", name).meters())
          .hasSize(2);
      GroupMember replica = group.replicas().getFirst();
      assertThat(value("redis_master_link_up", "member", replica.name())).isEqualTo(1);
      assertThat(value("redis_sentinel_master_ok_sentinels", "member", "sentinel-1")).isEqualTo(3);
      assertThat(
              value("redis_sentinel_master_status", "member", "sentinel-1", "master_status", "ok"))
          .isEqualTo(1);

      master.kill();
      group.awaitNewMaster(master);
      metrics.refresh();
      assertThat(value("redis_up", "member", name)).isZero();
      assertThat(registry.find("redis_memory_used_bytes").tag("member", name).meter()).isNull();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() ->
              assertThat(
                      group.sentinels().stream().mapToDouble(each -> switches(each.name())).sum())
                  .isPositive());
      master.start();
      group.awaitInStep();
      metrics.refresh();
      assertThat(value("redis_up", "member", name)).isEqualTo(1);
      assertThat(value("redis_master_link_up", "member", name)).isEqualTo(1);
    }
    await().untilAsserted(() -> assertThat(registry.getMeters()).isEmpty());
  }

  private double switches(String sentinel) {
    Meter meter = registry.find("redoubt_sentinel_switches_total").tag("member", sentinel).meter();
    return meter == null ? 0 : meter.measure().iterator().next().getValue();
  }

  @Test
  void showsTheNodesOfACluster() {
    try (EmbeddedCluster cluster = Redoubt.cluster().masters(3).replicasPerMaster(0).start();
        RedoubtMetrics metrics = new RedoubtMetrics(cluster)) {
      metrics.bindTo(registry);
      GroupMember owner = cluster.master("a");
      owner.execute("SET", "a", "1");
      metrics.refresh();
      for (GroupMember node : cluster.nodes()) {
        assertThat(value("redis_db_keys", "member", node.name(), "db", "db0"))
            .isEqualTo(node == owner ? 1 : 0);
        assertThat(value("redis_cluster_messages_sent_total", "member", node.name())).isPositive();
      }
    }
  }

  @Test
  void aPrometheusRegistryTakesAllMetersOfAGroup() {
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    List<String> refused = new CopyOnWriteArrayList<>();
    prometheus.config().onMeterRegistrationFailed((id, reason) -> refused.add(id + ": " + reason));
    try (EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(1).start();
        RedoubtMetrics metrics = new RedoubtMetrics(group)) {
      metrics.bindTo(prometheus);
      group.master().execute("SET", "a", "1");
      metrics.refresh();
      assertThat(refused).isEmpty();
      String text = prometheus.scrape();
      assertThat(text)
          .contains("redis_commands_total{cmd=\"set\",member=\"server-1\"} 1.0")
          .contains("redis_commands_latencies_usec_sum{cmd=\"set\",member=\"server-1\"} ");
    }
  }

  @Test
  void threadsEndWithTheBinder() throws InterruptedException {
    try (EmbeddedServer server = Redoubt.server().start()) {
      RedoubtMetrics metrics = new RedoubtMetrics(server);
      metrics.bindTo(registry);
      Thread thread =
          Thread.getAllStackTraces().keySet().stream()
              .filter(each -> each.getName().equals("redoubt-metrics"))
              .findFirst()
              .orElseThrow();
      metrics.close();
      assertThat(thread.join(Duration.ofSeconds(10))).isTrue();
    }
  }
}
