package io.redoubt.sentinel;

import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.launch.MetricsPort;
import io.redoubt.protocol.launch.MetricsPush;
import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The endpoint of {@code metrics-port} of a sentinel, and the push of its metrics. The event loop,
 * the only caller of this class, publishes readiness each second and after events, along with the
 * page's state while the page is watched, and metrics on demand. Without a port or a push, only the
 * phases of failovers are collected.
 */
final class SentinelMetrics {
  private static final Set<String> PAGE_COMMANDS = Set.of("client|list", "sentinel|masters");

  /** The delay after an event, so that the events of one step are shown together. */
  private static final long SETTLE_MILLIS = 50;

  private final SentinelDirectives directives;
  private final Sentinel sentinel;
  private final ClientRegistry clients;
  private final Info info;
  private final CommandTable<?> table;
  private final Loop loop;
  private final Clock clock;
  private final MetricsPort port;
  private final MetricsPush push;
  private final long startMillis;
  private final FailoverPhases phases = new FailoverPhases(this::silentMillis);
  private @Nullable SentinelSamples samples;
  private @Nullable SentinelPage page;
  private boolean planned;

  SentinelMetrics(
      SentinelDirectives directives,
      TlsSettings tls,
      Sentinel sentinel,
      ClientRegistry clients,
      Info info,
      CommandTable<?> table,
      Loop loop,
      SentinelHost host) {
    this.directives = directives;
    this.sentinel = sentinel;
    this.clients = clients;
    this.info = info;
    this.table = table;
    this.loop = loop;
    Environment environment = host.environment();
    clock = environment.clock();
    startMillis = clock.wallMillis();
    push =
        new MetricsPush(
            directives, clock, loop, host.threads(), environment.log(), this::pushMetrics);
    port = new MetricsPort(directives, tls, clients.users(), table, PAGE_COMMANDS, clock);
  }

  /**
   * Opens the endpoint if a port is configured, and starts to push if a collector is.
   *
   * @throws IOException if the address can't be listened on, or the push can't work
   */
  void open() throws IOException {
    push.open("redis-sentinel", sentinel.myId());
    port.open(() -> loop.execute(this::publishMetrics));
    if (port.isOpen()) {
      page = new SentinelPage(sentinel, clients, directives, clock);
      publishMetrics();
    }
  }

  /** Returns the metrics of this moment. */
  MetricsSnapshot take() {
    SentinelSamples made = samples;
    if (made == null) {
      int own = directives.common.port.value();
      made = new SentinelSamples(sentinel, phases, info, table, own, startMillis);
      samples = made;
    }
    return made.take();
  }

  private void pushMetrics() {
    push.publish(take());
  }

  void everySecond() {
    push.everySecond();
    publish();
  }

  private void publish() {
    if (page == null) {
      return;
    }
    String unready = unready();
    port.publish(unready);
    if (port.isWatched()) {
      port.sendState(page.state(unready));
    }
  }

  private void publishMetrics() {
    if (port.isOpen()) {
      port.publish(take(), unready());
    }
  }

  /** Returns the reason why this sentinel could not take part in a failover, empty if it could. */
  private String unready() {
    if (sentinel.isTilted()) {
      return "tilt mode";
    }
    for (Master master : sentinel.masters()) {
      int voters = master.sentinels().size() + 1;
      int needed = Math.max(master.options().quorum(), voters / 2 + 1);
      if (sentinel.reachableSentinels(master) < needed) {
        return "too few sentinels are reachable for master " + master.name();
      }
    }
    return "";
  }

  void onEvent(String type, String payload) {
    long now = clock.wallMillis();
    String ended =
        phases.happened(type, payload, new FailoverPhases.Moment(now, clock.monotonicMillis()));
    if (page == null) {
      return;
    }
    port.addEvent(
        new Json()
            .object()
            .member("at", now)
            .member("type", type)
            .member("text", payload)
            .endObject()
            .toString());
    if (!ended.isEmpty()) {
      port.addEvent(ended);
    }
    if (!planned) {
      planned = true;
      loop.schedule(
          () -> {
            planned = false;
            publish();
          },
          SETTLE_MILLIS);
    }
  }

  /** Returns the time since a master's last valid reply, or {@link FailoverPhases#ORDERED}. */
  private long silentMillis(String name) {
    Master master = sentinel.master(name);
    if (master == null) {
      return 0;
    }
    return master.isFailoverForced()
        ? FailoverPhases.ORDERED
        : master.link().sinceAvailableMillis(sentinel.nowMillis());
  }

  void close() {
    push.close();
    port.close();
    page = null;
  }
}
