package io.redoubt.server.assembly;

import io.redoubt.protocol.config.directive.Change;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.launch.Listeners;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.OpenFilesLimit;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.event.KeyEventClass;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.lifecycle.Cron;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;

/** Applies directives to parts that don't read them themselves, at startup and after CONFIG SET. */
final class AppliedSettings {
  private final ServerDirectives settings;
  private final Limits limits;
  private final Keyspace keyspace;
  private final KeyspaceEvents events;
  private final SlowLog slowLog;
  private final Log log;

  AppliedSettings(
      ServerDirectives settings,
      Limits limits,
      Keyspace keyspace,
      KeyspaceEvents events,
      SlowLog slowLog,
      Log log) {
    this.settings = settings;
    this.limits = limits;
    this.keyspace = keyspace;
    this.events = events;
    this.slowLog = slowLog;
    this.log = log;
  }

  /** Applies the directives now and after each change. */
  void follow(Listeners listeners, TlsSettings tls, Cron cron, Transport transport) {
    gather(transport);
    settings.tuning.gatheringMicros.onChange(() -> gather(transport));
    Change threads =
        reopening(
            () -> useThreads(settings, transport, log),
            "Unable to start I/O threads. Check server logs.");
    settings.ioThreads.onChange(threads);
    settings.ioThreadsAlwaysActive.onChange(threads);
    limitBulks();
    settings.common.protoMaxBulkLen.onChange(this::limitBulks);
    enableEvents();
    settings.notifyKeyspaceEvents.onChange(this::enableEvents);
    limitSlowLog();
    settings.slowlogLogSlowerThan.onChange(this::limitSlowLog);
    settings.slowlogMaxLen.onChange(this::limitSlowLog);
    countAccesses();
    settings.memory.maxmemoryPolicy.onChange(this::countAccesses);
    settings.memory.lfuLogFactor.onChange(this::countAccesses);
    settings.memory.lfuDecayTime.onChange(this::countAccesses);
    settings.common.loglevel.onChange(() -> log.setLevel(settings.common.loglevel.value()));
    hideUserData();
    settings.common.hideUserDataFromLog.onChange(this::hideUserData);
    settings.hz.onChange(() -> cron.start(settings.hz.value()));
    settings.common.port.onChange(
        reopening(listeners::reopenTcp, "Unable to listen on this port. Check server logs."));
    settings.common.bind.onChange(
        reopening(listeners::reopenTcp, "Failed to bind to specified addresses."));
    Change encrypted = reopening(listeners::reopenTls, TlsSettings.REFUSAL);
    settings.common.bind.onChange(encrypted);
    Change reloaded = reopening(tls::load, TlsSettings.REFUSAL);
    settings.tls.tlsDirectives().forEach(each -> each.onChange(reloaded));
    settings.tls.tlsPort.onChange(reloaded);
    settings.tls.tlsPort.onChange(encrypted);
    settings.common.maxclients.onChange(AppliedSettings::fitsOpenFiles);
  }

  private void hideUserData() {
    log.setHidesUserData(settings.common.hideUserDataFromLog.value());
  }

  /** Sets the number of I/O threads. */
  static void useThreads(ServerDirectives settings, Transport transport, Log log)
      throws IOException {
    transport.setIoThreads(
        settings.ioThreads.value() - 1,
        settings.ioThreadsAlwaysActive.value(),
        refused -> log.warning("%s", refused.getMessage()));
  }

  private void gather(Transport transport) {
    int micros = settings.tuning.gatheringMicros.value();
    transport.loop().execute(() -> transport.setGatheringMicros(micros));
  }

  private void limitBulks() {
    limits.setMaxBulkBytes(settings.common.protoMaxBulkLen.value());
  }

  private void limitSlowLog() {
    slowLog.setLimits(settings.slowlogLogSlowerThan.value(), settings.slowlogMaxLen.value());
  }

  private void enableEvents() {
    int mask = 0;
    for (KeyEventClass eventClass : KeyEventClass.values()) {
      boolean all = eventClass.inAll() && settings.notifyKeyspaceEvents.has('A');
      if (all || settings.notifyKeyspaceEvents.has(eventClass.letter())) {
        mask |= eventClass.bit();
      }
    }
    events.enable(mask);
  }

  private void countAccesses() {
    switch (settings.memory.maxmemoryPolicy.value()) {
      case ALLKEYS_LFU, VOLATILE_LFU ->
          keyspace
              .accessClock()
              .selectLfu(
                  settings.memory.lfuLogFactor.value(), settings.memory.lfuDecayTime.value());
      case ALLKEYS_LRM, VOLATILE_LRM -> keyspace.accessClock().selectLrm();
      default -> keyspace.accessClock().selectLru();
    }
  }

  /** Opens something again. */
  @FunctionalInterface
  private interface Reopening {
    void run() throws IOException;
  }

  private Change reopening(Reopening reopening, String refusal) {
    return () -> {
      try {
        reopening.run();
      } catch (IOException e) {
        log.warning("%s", e.getMessage());
        throw new RefusedValue(refusal, e);
      }
    };
  }

  private static void fitsOpenFiles(long clients) throws RefusedValue {
    long most = OpenFilesLimit.current() - OpenFilesLimit.RESERVED;
    if (clients > most) {
      throw new RefusedValue(
          "The operating system is not able to handle the specified number of clients, try with "
              + most);
    }
  }
}
