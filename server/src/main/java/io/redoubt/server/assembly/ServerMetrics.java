package io.redoubt.server.assembly;

import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.MetricsPort;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.replication.ReplicationView;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of {@code metrics-port}. The event loop, which alone calls this class, publishes
 * readiness and, while a page is open, its state every second, and metrics on demand. Without a
 * port nothing is created or collected.
 */
final class ServerMetrics {
  /** The pause between two slices of metrics, in which the loop serves clients. */
  private static final int SLICE_PAUSE_MILLIS = 1;

  private static final Set<String> PAGE_COMMANDS = Set.of("client|list", "slowlog|get");

  private final ServerParts parts;
  private final Info info;
  private final String runId;
  private final MetricsPort port;
  private final ReplicationView replication;
  private @Nullable ServerSamples samples;
  private @Nullable ServerPage page;
  private @Nullable ServerEvents events;
  private @Nullable PageKeys keys;
  private ServerSamples.@Nullable Taking taking;
  private boolean started;

  ServerMetrics(ServerParts parts, Info info, String runId) {
    this.parts = parts;
    this.info = info;
    this.runId = runId;
    replication = parts.replication.core.view();
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
   * Opens the endpoint if a port is configured.
   *
   * @throws IOException if the address can't be listened on
   */
  void open() throws IOException {
    port.open(() -> parts.clients.loop().execute(this::takeMetrics));
    if (port.isOpen()) {
      samples = new ServerSamples(parts, info, replication, runId);
      keys = new PageKeys(parts.data, parts.clock);
      events = new ServerEvents(parts, replication, port::addEvent);
      page = new ServerPage(parts, replication, keys, events);
      ServerSamples.Taking first = samples.start();
      boolean taken = false;
      while (!taken) { // no scrape can be waiting for the loop yet
        taken = first.slice();
      }
      port.publish(first.snapshot(), unready());
    }
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

  private void takeMetrics() {
    if (samples != null && taking == null) {
      taking = samples.start();
      takeSlice();
    }
  }

  private void takeSlice() {
    ServerSamples.Taking current = taking;
    if (current == null || !port.isOpen()) {
      return;
    }
    if (current.slice()) {
      taking = null;
      port.publish(current.snapshot(), unready());
    } else {
      parts.clients.loop().schedule(this::takeSlice, SLICE_PAUSE_MILLIS);
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
    port.close();
  }
}
