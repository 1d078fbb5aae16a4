package io.redoubt.protocol.launch;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.http.Access;
import io.redoubt.protocol.http.Access.Right;
import io.redoubt.protocol.http.Published;
import io.redoubt.protocol.http.WatchServer;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The owner's side of the HTTP server of {@code metrics-port}. Confined to the event loop. Without
 * a port nothing is created or loaded.
 *
 * <p>Requests have the rights of an ACL user: metrics require INFO, and the page requires the
 * commands whose replies it shows.
 */
public final class MetricsPort {
  private static final String INFO = "info";

  private final Directives directives;
  private final TlsSettings tls;
  private final Users users;
  private final CommandTable<?> table;
  private final Set<String> pageCommands;
  private final Clock clock;
  private final List<Command<?>> forMetrics = new ArrayList<>(1);
  private final List<Command<?>> forPage = new ArrayList<>();
  private @Nullable WatchServer server;
  private MetricsSnapshot metrics = new MetricsSnapshot();
  private long metricsNanos;

  /**
   * Creates a closed port.
   *
   * @param pageCommands the names of the commands that a user of the page must be permitted
   */
  public MetricsPort(
      Directives directives,
      TlsSettings tls,
      Users users,
      CommandTable<?> table,
      Set<String> pageCommands,
      Clock clock) {
    this.directives = directives;
    this.tls = tls;
    this.users = users;
    this.table = table;
    this.pageCommands = Set.copyOf(pageCommands);
    this.clock = clock;
    metricsNanos = clock.monotonicNanos() - TimeUnit.HOURS.toNanos(1); // stale
  }

  /**
   * Listens if a port is configured; with TLS if {@code tls-port} is.
   *
   * @param takeMetrics makes the event loop publish metrics soon; called on another thread
   * @throws IOException if the address can't be listened on, or a file of TLS is missing
   */
  public void open(Runnable takeMetrics) throws IOException {
    int port = directives.metrics.metricsPort.value();
    if (port == 0) {
      return;
    }
    addNeeded(List.of(INFO), forMetrics);
    addNeeded(pageCommands, forPage);
    String host = directives.metrics.metricsBind.value();
    try {
      server =
          new WatchServer(
              new InetSocketAddress(InetAddress.getByName(host), port),
              names(),
              directives.tls.tlsPort.value() == 0 ? null : tls.server(),
              clock,
              takeMetrics);
    } catch (IOException e) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "Failed listening on %s:%d (metrics-port): %s",
              host,
              port,
              SystemErrors.text(e)),
          e);
    }
  }

  private void addNeeded(Collection<String> names, List<Command<?>> commands) {
    for (String name : names) {
      Command<?> command = table.byOriginalName(name);
      if (command != null) {
        commands.add(command);
      }
    }
  }

  private Set<String> names() {
    String hosts = directives.metrics.metricsHosts.value().toLowerCase(Locale.ROOT);
    return Set.copyOf(List.of(hosts.split(" +", -1)));
  }

  public boolean isOpen() {
    return server != null;
  }

  /** Returns true if a page is open, which {@link #sendState} is for. */
  public boolean isWatched() {
    WatchServer open = server;
    return open != null && open.isWatched();
  }

  /**
   * Publishes readiness; to be called once a second.
   *
   * @param unready the reason why clients should not be routed here, empty if there is none
   */
  public void publish(String unready) {
    WatchServer open = server;
    if (open != null) {
      long now = clock.monotonicNanos();
      open.publish(new Published(now, metricsNanos, metrics, unready, access()));
    }
  }

  /**
   * Publishes metrics and readiness; to be called on demand.
   *
   * @param taken not changed any more
   * @param unready the reason why clients should not be routed here, empty if there is none
   */
  public void publish(MetricsSnapshot taken, String unready) {
    metrics = taken;
    metricsNanos = clock.monotonicNanos();
    publish(unready);
  }

  private Access access() {
    Map<String, Access.Account> accounts = new HashMap<>();
    for (User user : users.all()) {
      if (user.isEnabled()) {
        accounts.put(
            user.name().toString(),
            new Access.Account(
                right(user), user.needsNoPassword(), List.copyOf(user.passwordHashes())));
      }
    }
    boolean open = users.allowsUnauthenticated();
    return new Access(open ? right(users.defaultUser()) : Right.NOTHING, accounts);
  }

  private Right right(User user) {
    if (!forMetrics.stream().allMatch(user::mayRun)) {
      return Right.NOTHING;
    }
    return forPage.stream().allMatch(user::mayRun) ? Right.PAGE : Right.METRICS;
  }

  /** Sends a state, a JSON object, to the open pages. */
  public void sendState(String json) {
    WatchServer open = server;
    if (open != null) {
      open.sendState(json);
    }
  }

  /** Stores a sample for the charts of pages opened later. Called once a second. */
  public void addSample(List<String> names, long[] sample) {
    WatchServer open = server;
    if (open != null) {
      open.addSample(names, sample);
    }
  }

  /** Sends an event, a JSON object, to the open pages and keeps it for later ones. */
  public void addEvent(String json) {
    WatchServer open = server;
    if (open != null) {
      open.addEvent(json);
    }
  }

  public void close() {
    WatchServer open = server;
    if (open != null) {
      open.close();
      server = null;
    }
  }
}
