package io.redoubt.dist.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.http.HttpText;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.sentinel.SentinelHost;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/**
 * Scrapes a master, its replica and a sentinel, and compares the metrics with the files that name
 * them.
 */
final class MetricsFilesTest {
  private static final Path FOLDER = Path.of("src", "main", "metrics");
  private static final Path PROMTOOL = Path.of("/usr/bin/promtool");
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final Pattern NAME = Pattern.compile("\\b(?:redis|redoubt)_[a-z0-9_]+");
  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) .*");
  private static final Pattern ROW = Pattern.compile("\\| (redis_\\S+) \\| (yes|no: .+) \\|");

  /** Metrics that a sentinel has only after a failover, which did not happen in this group. */
  private static final Set<String> AFTER_A_FAILOVER =
      Set.of("redoubt_sentinel_switches_total", "redoubt_sentinel_last_failover_seconds");

  @TempDir private static Path folder;
  private static RedisServer master;
  private static RedisServer replica;
  private static SentinelServer sentinel;
  private static List<Integer> ports;

  @BeforeAll
  static void start() throws Exception {
    ports = FreePorts.several(3);
    master =
        TestServers.start(
            "metrics-port " + ports.get(0),
            "appendonly yes",
            "slowlog-log-slower-than 0",
            "latency-monitor-threshold 1",
            "enable-debug-command yes");
    replica =
        TestServers.start("metrics-port " + ports.get(1), "replicaof 127.0.0.1 " + master.port());
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(
        file,
        "port %d\nbind 127.0.0.1\nmetrics-port %d\nsentinel monitor mymaster 127.0.0.1 %d 1\n"
            .formatted(FreePorts.one(), ports.get(2), master.port()));
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file, new byte[0], "");
    Clock clock = Clock.system();
    sentinel =
        SentinelServer.start(
            directives,
            SentinelHost.ofProcess(
                new Environment(clock, Log.silent(clock), Seed.splittable(1)),
                NameLookup.ofSystem()),
            () -> {});
    try (RespClient client = RespClient.connect("127.0.0.1", master.port())) {
      client.call("SET", "key", "value", "EX", "1000");
      client.call("INCR", "key");
      client.call("DEBUG", "SLEEP", "0.01");
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              scrape(0).contains("slave_state=\"online\"")
                  && scrape(0).contains("redis_latency_spike_last{")
                  && scrape(1).contains("redis_master_link_up{")
                  && scrape(2).contains("redis_sentinel_master_ok_slaves{"));
    }
  }

  @AfterAll
  static void stop() {
    sentinel.close();
    replica.close();
    master.close();
  }

  private static String scrape(int process) throws IOException {
    return HttpText.body(HttpText.get(ports.get(process), "/metrics"));
  }

  private static Set<String> exported() throws IOException {
    Set<String> names = new TreeSet<>();
    for (int i = 0; i < ports.size(); i++) {
      TYPE.matcher(scrape(i)).results().forEach(line -> names.add(line.group(1)));
    }
    return names;
  }

  @Test
  void theTableOfRedisExporterHolds() throws IOException {
    Map<String, Boolean> table = new TreeMap<>();
    for (String line : Files.readAllLines(FOLDER.resolve("redis_exporter.md"))) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        assertThat(table.put(row.group(1), row.group(2).equals("yes"))).as(line).isNull();
      }
    }
    try (var in = MetricsFilesTest.class.getResourceAsStream("redis_exporter.txt")) {
      String names = new String(in.readAllBytes(), UTF_8);
      assertThat(table.keySet()).containsExactlyElementsOf(new TreeSet<>(names.lines().toList()));
    }
    Set<String> exported = exported();
    table.forEach((name, here) -> assertThat(exported.contains(name)).as(name).isEqualTo(here));
    assertThat(exported.stream().filter(name -> name.startsWith("redis_")))
        .as("names that pass for redis_exporter's")
        .allMatch(table::containsKey);
  }

  @Test
  void dashboardAndAlertsNameMetricsThatExist() throws IOException {
    Set<String> exported = exported();
    exported.addAll(AFTER_A_FAILOVER);
    for (String file : List.of("grafana-dashboard.json", "prometheus-alerts.yml")) {
      String text = Files.readString(FOLDER.resolve(file));
      Set<String> named = new TreeSet<>();
      NAME.matcher(text)
          .results()
          .forEach(found -> named.add(found.group().replaceFirst("_bucket$", "")));
      assertThat(named).as(file).hasSizeGreaterThan(8);
      assertThat(exported).as(file).containsAll(named);
    }
  }

  @Test
  void dashboardAndAlertsAreWellFormed() throws IOException {
    // JSON is YAML, too.
    Map<String, Object> dashboard =
        new Yaml().load(Files.readString(FOLDER.resolve("grafana-dashboard.json")));
    assertThat((List<?>) dashboard.get("panels")).hasSizeGreaterThan(15);
    Map<String, Object> alerts =
        new Yaml().load(Files.readString(FOLDER.resolve("prometheus-alerts.yml")));
    assertThat(alerts.get("groups")).asString().contains("alert=RedoubtMasterDown", "expr=");
  }

  @Test
  void prometheusOwnParsersReadBothFormats() throws Exception {
    RealRedis.assumeInstalled(
        Files.isExecutable(PYTHON) && python("import prometheus_client", "") == 0,
        "python3-prometheus-client");
    for (int i = 0; i < ports.size(); i++) {
      String plain = scrape(i);
      assertThat(
              python(
                  "from prometheus_client.parser import text_string_to_metric_families as p",
                  plain))
          .as(plain)
          .isZero();
      String open =
          HttpText.body(
              HttpText.get(ports.get(i), "/metrics", "Accept: application/openmetrics-text"));
      assertThat(
              python(
                  "from prometheus_client.openmetrics.parser import"
                      + " text_string_to_metric_families as p",
                  open))
          .as(open)
          .isZero();
    }
  }

  /** Verifies the names of Redoubt's own metrics; the others are redis_exporter's. */
  @Test
  void promtoolAcceptsRulesAndNames() throws Exception {
    RealRedis.assumeInstalled(Files.exists(PROMTOOL), "promtool");
    assertThat(
            promtool("check", "rules", FOLDER.resolve("prometheus-alerts.yml").toString()).status())
        .isZero();
    for (int i = 0; i < ports.size(); i++) {
      Path metrics = Files.writeString(folder.resolve("metrics"), scrape(i));
      Checked checked = promtool("check", "metrics", "<", metrics.toString());
      assertThat(checked.output()).doesNotContain("error while linting");
      assertThat(checked.output().lines().filter(line -> line.startsWith("redoubt_")))
          .as("names that promtool objects to")
          .allMatch(line -> line.contains("_milliseconds_total"));
    }
  }

  private record Checked(int status, String output) {}

  private static Checked promtool(String... words) throws Exception {
    Process process =
        new ProcessBuilder("/bin/sh", "-c", PROMTOOL + " " + String.join(" ", words))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Checked(process.waitFor(), output);
  }

  private static int python(String imports, String input) throws Exception {
    Path file = Files.writeString(folder.resolve("input"), input);
    String parse =
        input.isEmpty() ? "" : "\nimport sys\nassert len(list(p(sys.stdin.read()))) > 50";
    return new ProcessBuilder(PYTHON.toString(), "-c", imports + parse)
        .redirectInput(file.toFile())
        .inheritIO()
        .redirectInput(file.toFile())
        .start()
        .waitFor();
  }
}
