package io.redoubt.sentinel;

import io.redoubt.protocol.bytes.PlainText;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.InfoLines;
import io.redoubt.protocol.info.Section;
import io.redoubt.protocol.launch.ProcessInfo;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.runtime.ScriptQueue;
import io.redoubt.sentinel.settings.Settings;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The sections of a sentinel's INFO. */
final class SentinelInfo {
  /** The tick frequency shown in INFO. */
  private static final int TICKS_PER_SECOND = 10;

  private final ProcessInfo process;
  private final ClientRegistry clients;
  private final Sentinel sentinel;
  private final ScriptQueue scripts;

  SentinelInfo(
      ProcessInfo process, ClientRegistry clients, Sentinel sentinel, ScriptQueue scripts) {
    this.clients = clients;
    this.process = process;
    this.sentinel = sentinel;
    this.scripts = scripts;
  }

  /**
   * Declares all sections.
   *
   * @param transport the polling mechanism of the event loop
   * @param commands the number of executed commands
   */
  void declare(Info info, String transport, Supplier<String> tlsProvider, LongSupplier commands) {
    process.declareServer(
        info, "sentinel", transport, () -> false, () -> TICKS_PER_SECOND, tlsProvider);
    process.declareSubscribers(process.declareClients(info, () -> 0));
    Section stats = info.section("Stats", "stats");
    process.declareReceived(stats);
    stats.counter("total_commands_processed", commands);
    process.declareBytes(stats, clients::inputBytes, clients::outputBytes);
    process.declareRejected(stats);
    process.declareChannels(stats);
    process.declareDenials(stats);
    process.declareDisconnections(stats);
    process.declareCpu(info);
    process.declareCommands(info);
    sentinel(info);
  }

  private void sentinel(Info info) {
    info.section("Sentinel", "sentinel")
        .number("sentinel_masters", () -> sentinel.masters().size())
        .flag("sentinel_tilt", sentinel::isTilted)
        .number(
            "sentinel_tilt_since_seconds",
            () -> sentinel.isTilted() ? sentinel.tiltMillis() / 1000 : -1)
        .number("sentinel_running_scripts", scripts::running)
        .number("sentinel_scripts_queue_length", () -> scripts.jobs().size())
        .number("sentinel_simulate_failure_flags", this::failureFlags)
        .lines(this::masterLines);
  }

  private int failureFlags() {
    Settings settings = sentinel.settings();
    return (settings.crash().afterElection() ? 1 : 0) + (settings.crash().afterPromotion() ? 2 : 0);
  }

  private void masterLines(InfoLines lines) {
    int number = 0;
    for (Master master : sentinel.masters()) {
      Address address = sentinel.displayed(master.address());
      String status =
          master.isObjectivelyDown() ? "odown" : master.isSubjectivelyDown() ? "sdown" : "ok";
      lines.field(
          "master" + number++,
          "name="
              + PlainText.of(master.name(), ",=")
              + ",status="
              + status
              + ",address="
              + address.host()
              + ":"
              + address.port()
              + ",slaves="
              + master.replicas().size()
              + ",sentinels="
              + (master.sentinels().size() + 1));
    }
  }
}
