package io.redoubt.server.assembly;

import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.MetricsPort;
import io.redoubt.protocol.launch.MetricsPush;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.replication.ReplicationView;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of {@code metrics-port}, and the push of metrics. The event loop, which alone calls
 * this class, publishes readiness and, while a page is open, its state every second, and metrics on
 * demand. Nothing is created or collected unless it is asked for.
 */
final class ServerMetrics {
  private static final Set<String> PAGE_COMMANDS = Set.of("client|list", "slowlog|get");

  private final ServerParts parts;
  private final String runId;
  private final MetricsPort port;
  private final MetricsPush push;
  private final MetricsTaking taking;
  private final ReplicationView replication;
  private @Nullable ServerPage page;
  private @Nullable ServerEvents events;
  private @Nullable PageKeys keys;
  private boolean started;

  ServerMetrics(ServerParts parts, Info info, String runId, Threads threads) {
    this.parts = parts;
    this.runId = runId;
    replication = parts.replication.core.view();
    long startMillis = parts.clock.wallMillis();
    taking =
        new MetricsTaking(
            parts.clients.loop(),
            () -> new ServerSamples(parts, info, replication, runId, startMillis));
    push =
        new MetricsPush(
            parts.settings,
            parts.clock,
            parts.clients.loop(),
            threads,
            parts.log,
            this::takeForPush);
    port =
        new MetricsPort(
            parts.settings,
            parts.clients.tls,
            parts.clients.registry.users(),
            parts.clients.table,
            PAGE_COMMANDS,
            parts.clock);
  }

  /**
   * Opens the endpoint if a port is configured, and starts to push if a collector is.
   *
   * @throws IOException if the address can't be listened on, or the push can't work
   */
  void open() throws IOException {
    push.open("redis-server", runId);
    port.open(() -> parts.clients.loop().execute(() -> take(this::publish)));
    if (port.isOpen()) {
      keys = new PageKeys(parts.data, parts.clock);
      events = new ServerEvents(parts, replication, port::addEvent);
      page = new ServerPage(parts, replication, keys, events);
      publish(taking.takeAtOnce()); // no scrape can be waiting for the loop yet
    }
  }

  private void publish(MetricsSnapshot taken) {
    port.publish(taken, unready());
  }

  private void takeForPush() {
    take(push::publish);
  }

  /** Takes metrics between the next commands and passes them to {@code receiver}, on the loop. */
  private void take(Consumer<MetricsSnapshot> receiver) {
    CompletableFuture<MetricsSnapshot> taken = new CompletableFuture<>();
    taken.thenAccept(receiver);
    taking.take(taken);
  }

  /** Takes metrics between the next commands and completes {@code receiver}, on the loop. */
  void take(CompletableFuture<MetricsSnapshot> receiver) {
    taking.take(receiver);
  }

  /**
   * Allows readiness: the data set is loaded, and replication, which starts after it, has started.
   */
  void onStarted() {
    started = true;
    publish();
  }

  /** Publishes the current state and adds a sample of it. Called once a second. */
  void everySecond() {
    if (page != null) {
      port.addSample(ServerPage.SAMPLE, page.sample());
    }
    push.everySecond();
    publish();
  }

  private void publish() {
    if (page == null || events == null || keys == null) {
      return;
    }
    String unready = unready();
    port.publish(unready);
    events.update(unready);
    boolean watched = port.isWatched();
    keys.sample(watched);
    if (watched) {
      port.sendState(page.state(unready));
    }
  }

  private String unready() {
    if (parts.shutdown.isUnderWay()) {
      return "shutting down";
    }
    if (parts.persistence.dataSet.progress().isLoading()) {
      return "loading the data set";
    }
    if (!started) {
      return "starting";
    }
    if (replication.isFailingOver()) {
      return "handing over to a replica";
    }
    if (replication.isReplica()) {
      String behind = behind();
      if (!behind.isEmpty()) {
        return behind;
      }
    }
    return parts.clients.registry.pauses().current() == Pauses.Scope.NOTHING ? "" : "paused";
  }

  private String behind() {
    if (!replication.isLinkUp()) {
      return replication.isSyncing() ? "full sync" : "not in step with the master";
    }
    long limitSeconds = parts.settings.replication.readyMaxLag.value();
    return limitSeconds > 0 && replication.silentSeconds() > limitSeconds
        ? "the master has been silent for longer than ready-max-lag"
        : "";
  }

  void close() {
    push.close();
    taking.close();
    port.close();
  }
}
