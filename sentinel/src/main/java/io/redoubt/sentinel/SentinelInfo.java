package io.redoubt.sentinel;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.sentinel.command.SentinelCall;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.Settings;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;

/** The sections of a sentinel's INFO. */
final class SentinelInfo {
  /** How often a sentinel looks around, as INFO shows it. */
  private static final int TICKS_PER_SECOND = 10;

  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final String ZEROS = "0".repeat(8);

  private final SentinelDirectives directives;
  private final Clock clock;
  private final ClientRegistry clients;
  private final CommandTable<SentinelCall> table;
  private final Sentinel sentinel;

  SentinelInfo(
      SentinelDirectives directives,
      Clock clock,
      ClientRegistry clients,
      CommandTable<SentinelCall> table,
      Sentinel sentinel) {
    this.directives = directives;
    this.clock = clock;
    this.clients = clients;
    this.table = table;
    this.sentinel = sentinel;
  }

  /**
   * Declares all sections.
   *
   * @param runId names this run of the process
   * @param transport what the loop waits with
   * @param commands how many commands have run
   */
  void declare(Info info, String runId, String transport, LongSupplier commands) {
    server(info, runId, transport);
    info.section("Clients", "clients")
        .number("connected_clients", clients::count)
        .number("cluster_connections", () -> 0)
        .number("maxclients", () -> directives.maxclients.value())
        .number("blocked_clients", clients::blockedCount)
        .number("pubsub_clients", () -> clients.count(ClientType.PUBSUB));
    info.section("CPU", "cpu").decimal("used_cpu_user", 6, SentinelInfo::cpuSeconds);
    info.section("Stats", "stats")
        .number("total_connections_received", clients::connectionsReceived)
        .number("total_commands_processed", commands)
        .number("total_net_input_bytes", clients::inputBytes)
        .number("total_net_output_bytes", clients::outputBytes)
        .number("rejected_connections", clients::connectionsRejected)
        .number("pubsub_channels", () -> clients.channels().active(ChannelKind.CHANNEL).size())
        .number("pubsub_patterns", () -> clients.channels().active(ChannelKind.PATTERN).size());
    info.section("Commandstats", "commandstats").notInDefault().lines(this::commandLines);
    sentinel(info);
  }

  private void server(Info info, String runId, String transport) {
    long startNanos = clock.monotonicNanos();
    LongSupplier uptime = () -> (clock.monotonicNanos() - startNanos) / NANOS_PER_SECOND;
    info.section("Server", "server")
        .text("redis_version", () -> Version.REDIS)
        .text("redis_git_sha1", () -> ZEROS)
        .number("redis_git_dirty", () -> 0)
        .text("redis_build_id", () -> ZEROS + ZEROS)
        .text("redis_mode", () -> "sentinel")
        .text("os", () -> property("os.name") + " " + property("os.version") + " " + machine())
        .number("arch_bits", () -> 64)
        .text("monotonic_clock", () -> "POSIX clock_gettime")
        .text("multiplexing_api", () -> transport)
        .text("java_version", () -> Runtime.version().toString())
        .number("process_id", () -> ProcessHandle.current().pid())
        .text("process_supervised", directives.supervised::text)
        .text("run_id", () -> runId)
        .number("tcp_port", () -> directives.port.value())
        .number("server_time_usec", clock::wallMicros)
        .number("uptime_in_seconds", uptime)
        .number("uptime_in_days", () -> uptime.getAsLong() / 86_400)
        .number("hz", () -> TICKS_PER_SECOND)
        .number("configured_hz", () -> TICKS_PER_SECOND)
        .text("executable", () -> property("redoubt.executable"))
        .text("config_file", this::configFile);
  }

  private static String property(String name) {
    return System.getProperty(name, "");
  }

  private static String machine() {
    String name = property("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private String configFile() {
    Path file = directives.configFile();
    return file == null ? "" : file.toString();
  }

  private static double cpuSeconds() {
    return ProcessHandle.current()
        .info()
        .totalCpuDuration()
        .map(duration -> duration.toNanos() / (double) NANOS_PER_SECOND)
        .orElse(0.0);
  }

  private void commandLines(InfoLines lines) {
    for (Command<SentinelCall> command : table.numbered()) {
      if (command.calls() + command.rejectedCalls() + command.failedCalls() > 0) {
        double each = command.microseconds() / (double) Math.max(1, command.calls());
        lines.field(
            "cmdstat_" + command.name(),
            String.format(
                Locale.ROOT,
                "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
                command.calls(),
                command.microseconds(),
                each,
                command.rejectedCalls(),
                command.failedCalls()));
      }
    }
  }

  private void sentinel(Info info) {
    info.section("Sentinel", "sentinel")
        .number("sentinel_masters", () -> sentinel.masters().size())
        .flag("sentinel_tilt", sentinel::isTilted)
        .number(
            "sentinel_tilt_since_seconds",
            () -> sentinel.isTilted() ? sentinel.tiltMillis() / 1000 : -1)
        .number("sentinel_running_scripts", () -> 0)
        .number("sentinel_scripts_queue_length", () -> 0)
        .number("sentinel_simulate_failure_flags", this::failureFlags)
        .lines(this::masterLines);
  }

  private int failureFlags() {
    Settings settings = sentinel.settings();
    return (settings.crashAfterElection() ? 1 : 0) + (settings.crashAfterPromotion() ? 2 : 0);
  }

  private void masterLines(InfoLines lines) {
    int number = 0;
    for (Master master : sentinel.masters()) {
      String status =
          master.isObjectivelyDown() ? "odown" : master.isSubjectivelyDown() ? "sdown" : "ok";
      lines.field(
          "master" + number++,
          "name="
              + master.name()
              + ",status="
              + status
              + ",address="
              + master.address()
              + ",slaves="
              + master.replicas().size()
              + ",sentinels="
              + (master.sentinels().size() + 1));
    }
  }
}
