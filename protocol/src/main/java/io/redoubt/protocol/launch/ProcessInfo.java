package io.redoubt.protocol.launch;

import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.bytes.Decimals;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.pubsub.ChannelKind;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.ClientType;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** The INFO fields of every program: the process, its clients, its commands. */
public final class ProcessInfo {
  private static final String ZEROS = "0".repeat(8);
  private static final int RUN_ID_BYTES = 20;
  private static final long MICROS_PER_SECOND = 1_000_000;

  private final Directives directives;
  private final Clock clock;
  private final ClientRegistry clients;
  private final CommandTable<?> table;
  private final ProcessUsage usage;
  private final String runId;
  private final long startMicros;

  /** Creates the fields at the start of the process; {@code random} generates the run id. */
  public ProcessInfo(
      Directives directives,
      Clock clock,
      ClientRegistry clients,
      CommandTable<?> table,
      ProcessUsage usage,
      RandomGenerator random) {
    this.directives = directives;
    this.clock = clock;
    this.clients = clients;
    this.table = table;
    this.usage = usage;
    startMicros = clock.wallMicros();
    byte[] id = new byte[RUN_ID_BYTES];
    random.nextBytes(id);
    this.runId = HexFormat.of().formatHex(id);
  }

  /** Returns the run id, 40 hexadecimal digits. */
  public String runId() {
    return runId;
  }

  /**
   * Declares the section Server.
   *
   * @param mode {@code standalone} or {@code sentinel}
   * @param transport the polling mechanism of the event loop
   * @param ioThreads true if I/O threads serve new connections
   * @param hz the frequency of periodic work, per second
   */
  public void declareServer(
      Info info,
      String mode,
      String transport,
      BooleanSupplier ioThreads,
      IntSupplier hz,
      Supplier<String> tlsProvider) {
    Version version = Version.ofThisProcess();
    String system = property("os.name") + ' ' + property("os.version") + ' ' + machine();
    String compiler = compilerVersion();
    String java = Version.java();
    long processId = ProcessHandle.current().pid();
    info.section("Server", "server")
        .text("redis_version", Version.REDIS)
        .text("redis_git_sha1", version.commit())
        .number("redis_git_dirty", version::dirty)
        .text("redis_build_id", ZEROS + ZEROS)
        .text("redis_mode", mode)
        .text("os", system)
        .number("arch_bits", () -> 64)
        .text("monotonic_clock", "POSIX clock_gettime")
        .text("multiplexing_api", transport)
        .text("atomicvar_api", "varhandle")
        .text("gcc_version", compiler)
        .text("java_version", java)
        .number("process_id", () -> processId)
        .text("process_supervised", directives.common.supervised::text)
        .text("run_id", runId)
        .number("tcp_port", () -> directives.common.port.value())
        .number("server_time_usec", clock::wallMicros)
        .number("uptime_in_seconds", () -> (clock.wallMicros() - startMicros) / MICROS_PER_SECOND)
        .number(
            "uptime_in_days", () -> (clock.wallMicros() - startMicros) / MICROS_PER_SECOND / 86_400)
        .number("hz", hz::getAsInt)
        .number("configured_hz", hz::getAsInt)
        .number("lru_clock", () -> clock.wallMillis() / 1000 & 0xff_ffff)
        .text("executable", () -> property("redoubt.launcher"))
        .text("config_file", this::configFile)
        .flag("io_threads_active", ioThreads)
        .text("server_name", "redoubt")
        .text("redoubt_version", version.number())
        .text("tls_provider", tlsProvider);
  }

  private static String property(String name) {
    return System.getProperty(name, "");
  }

  /** Returns the version of the Java virtual machine as three numbers, like a compiler's. */
  private static String compilerVersion() {
    Runtime.Version java = Runtime.version();
    return java.feature() + "." + java.interim() + "." + java.update();
  }

  private static String machine() {
    String name = property("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private String configFile() {
    Path file = directives.configFile();
    return file == null ? "" : file.toString();
  }

  /**
   * Declares the section Clients, to which a program adds fields.
   *
   * @param ofCluster the number of connections to and from nodes of a cluster
   */
  public Section declareClients(Info info, LongSupplier ofCluster) {
    return info.section("Clients", "clients")
        .number("connected_clients", this::connectedClients)
        .number("cluster_connections", ofCluster)
        .number("maxclients", () -> directives.common.maxclients.value())
        .number("client_recent_max_input_buffer", clients::recentInputPeakBytes)
        .number("client_recent_max_output_buffer", clients::recentOutputPeakBytes)
        .number("blocked_clients", clients::blockedCount)
        .number("tracking_clients", clients.trackedClients()::count)
        .number("clients_in_timeout_table", clients::timedWaits);
  }

  /** Declares the number of clients with subscriptions. */
  public void declareSubscribers(Section section) {
    section.number("pubsub_clients", () -> clients.count(ClientType.PUBSUB));
  }

  private long connectedClients() {
    int others = clients.count(ClientType.REPLICA) + clients.count(ClientType.MASTER);
    return (long) clients.count() - others;
  }

  /** Declares the number of accepted connections, in section Stats. */
  public void declareReceived(Section stats) {
    stats.counter("total_connections_received", clients.admission()::received);
  }

  /** Declares the number of bytes received and sent, in section Stats. */
  public void declareBytes(Section stats, LongSupplier input, LongSupplier output) {
    stats.counter("total_net_input_bytes", input).counter("total_net_output_bytes", output);
  }

  /** Declares the number of refused connections, in section Stats. */
  public void declareRejected(Section stats) {
    stats.counter("rejected_connections", clients.admission()::rejected);
  }

  /** Declares the numbers of channels and patterns, in section Stats. */
  public void declareChannels(Section stats) {
    Channels channels = clients.channels();
    stats
        .number("pubsub_channels", () -> channels.active(ChannelKind.CHANNEL).size())
        .number("pubsub_patterns", () -> channels.active(ChannelKind.PATTERN).size())
        .number("pubsubshard_channels", () -> channels.active(ChannelKind.SHARD_CHANNEL).size());
  }

  /** Declares the numbers of denials, in section Stats. */
  public void declareDenials(Section stats) {
    AclLog denials = clients.aclLog();
    stats
        .counter("acl_access_denied_auth", () -> denials.total(Denial.AUTH))
        .counter("acl_access_denied_cmd", () -> denials.total(Denial.COMMAND))
        .counter("acl_access_denied_key", () -> denials.total(Denial.KEY))
        .counter("acl_access_denied_channel", () -> denials.total(Denial.CHANNEL))
        .counter("acl_access_denied_db", () -> denials.total(Denial.DATABASE))
        .counter("acl_access_denied_tls_cert", () -> denials.total(Denial.CERTIFICATE));
  }

  /** Declares the numbers of clients closed at a limit, in section Stats. */
  public void declareDisconnections(Section stats) {
    stats
        .counter("client_query_buffer_limit_disconnections", clients::queryLimitDisconnections)
        .counter("client_output_buffer_limit_disconnections", clients::outputLimitDisconnections);
  }

  public void declareCpu(Info info) {
    info.section("CPU", "cpu")
        .decimalCounter("used_cpu_sys", 6, usage::systemSeconds)
        .decimalCounter("used_cpu_user", 6, usage::userSeconds)
        .decimalCounter("used_cpu_sys_children", 6, usage::childrenSystemSeconds)
        .decimalCounter("used_cpu_user_children", 6, usage::childrenUserSeconds)
        .decimalCounter("used_cpu_sys_main_thread", 6, usage::threadSystemSeconds)
        .decimalCounter("used_cpu_user_main_thread", 6, usage::threadUserSeconds);
  }

  /** Declares the section Commandstats. */
  public void declareCommands(Info info) {
    info.section("Commandstats", "commandstats").notInDefault().lines(this::commandLines);
  }

  private void commandLines(InfoLines lines) {
    for (Command<?> command : table.numbered()) {
      if (command.calls() + command.rejectedCalls() + command.failedCalls() > 0) {
        double perCall = (double) command.microseconds() / Math.max(command.calls(), 1);
        lines.field(
            "cmdstat_" + command.name(),
            "calls="
                + command.calls()
                + ",usec="
                + command.microseconds()
                + ",usec_per_call="
                + Decimals.format(perCall, 2)
                + ",rejected_calls="
                + command.rejectedCalls()
                + ",failed_calls="
                + command.failedCalls());
      }
    }
  }
}
