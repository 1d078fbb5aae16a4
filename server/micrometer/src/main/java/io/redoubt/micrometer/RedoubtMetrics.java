package io.redoubt.micrometer;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.redoubt.embedded.EmbeddedCluster;
import io.redoubt.embedded.EmbeddedGroup;
import io.redoubt.embedded.EmbeddedServer;
import io.redoubt.embedded.GroupMember;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Meters of an embedded server, of a group with its sentinels, or of a cluster. Names and tags are
 * those of the metrics of {@code metrics-port}, such as {@code redis_commands_total} with the tag
 * {@code cmd}. Members of groups and clusters have the tag {@code member}, too.
 *
 * <pre>{@code
 * try (EmbeddedServer server = Redoubt.server().start();
 *     RedoubtMetrics metrics = new RedoubtMetrics(server)) {
 *   metrics.bindTo(registry);
 * }
 * }</pre>
 *
 * <p>A daemon thread takes the metrics once a second, between commands, and adds and removes meters
 * as commands, replicas and databases come and go. Meters show what was taken last: to read them
 * waits for no server. {@link #refresh} takes metrics at once.
 *
 * <p>Within a second of its end, a server has no meters any more. Of a killed member, {@code
 * redis_up} remains, with the value 0. All methods may be called by any thread.
 */
public final class RedoubtMetrics implements MeterBinder, AutoCloseable {
  private static final long PERIOD_MILLIS = 1000;

  /** The longest wait for servers, such as paused ones, which keep their last values meanwhile. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final List<WatchedMember> members;
  private final BooleanSupplier isEnded;
  private final Tags tags;
  private final Clock clock = Clock.system();
  private final ReentrantLock lock = new ReentrantLock(); // guards the registries and their meters
  private final List<RegistryMeters> registries = new ArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private boolean started;

  /** Creates the meters of a server; {@link #bindTo} registers them. */
  public RedoubtMetrics(EmbeddedServer server) {
    this(server, Tags.empty());
  }

  /** Creates the meters of a server, with further tags. */
  public RedoubtMetrics(EmbeddedServer server, Iterable<Tag> tags) {
    this(
        List.of(WatchedMember.alone(server::metrics, server::isRunning)),
        () -> !server.isRunning(),
        tags);
  }

  /** Creates the meters of the servers and sentinels of a group. */
  public RedoubtMetrics(EmbeddedGroup group) {
    this(group, Tags.empty());
  }

  /** Creates the meters of the servers and sentinels of a group, with further tags. */
  public RedoubtMetrics(EmbeddedGroup group, Iterable<Tag> tags) {
    this(
        watched(Stream.concat(group.servers().stream(), group.sentinels().stream())),
        group::isClosed,
        tags);
  }

  /** Creates the meters of the nodes of a cluster. */
  public RedoubtMetrics(EmbeddedCluster cluster) {
    this(cluster, Tags.empty());
  }

  /** Creates the meters of the nodes of a cluster, with further tags. */
  public RedoubtMetrics(EmbeddedCluster cluster, Iterable<Tag> tags) {
    this(watched(cluster.nodes().stream()), cluster::isClosed, tags);
  }

  private RedoubtMetrics(List<WatchedMember> members, BooleanSupplier isEnded, Iterable<Tag> tags) {
    this.members = members;
    this.isEnded = isEnded;
    this.tags = Tags.of(tags);
  }

  private static List<WatchedMember> watched(Stream<GroupMember> members) {
    return members
        .map(each -> WatchedMember.of(each.name(), each::metrics, each::isRunning))
        .toList();
  }

  /**
   * Registers the meters, and keeps them up to date until {@link #close} or the end of the servers.
   * Several registries may be bound.
   */
  @Override
  public void bindTo(MeterRegistry registry) {
    lock.lock();
    try {
      if (closed.getCount() == 0) {
        return;
      }
      if (registries.stream().noneMatch(each -> each.isOf(registry))) {
        registries.add(new RegistryMeters(registry, tags));
      }
      update();
      if (!started) {
        started = true;
        Threads.ofSystem().unstarted("redoubt-metrics", this::run).start();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes metrics of all running servers now, and returns when the meters show them; waits for half
   * a second at most, since a server may be paused.
   */
  public void refresh() {
    lock.lock();
    try {
      if (closed.getCount() > 0) {
        update();
      }
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (!closed.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
        if (isEnded.getAsBoolean()) {
          close();
        } else {
          refresh();
        }
      }
    } catch (InterruptedException e) {
      close();
    }
  }

  private void update() {
    registries.removeIf(RegistryMeters::isClosed);
    members.forEach(WatchedMember::ask);
    long deadline = clock.monotonicNanos() + PATIENCE_NANOS;
    for (WatchedMember member : members) {
      member.await(deadline - clock.monotonicNanos());
      registries.forEach(each -> each.show(member));
    }
  }

  /** Removes all meters. The servers are not affected. */
  @Override
  public void close() {
    closed.countDown();
    lock.lock();
    try {
      registries.forEach(RegistryMeters::clear);
      registries.clear();
    } finally {
      lock.unlock();
    }
  }
}
