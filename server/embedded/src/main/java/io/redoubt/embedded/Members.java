package io.redoubt.embedded;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.RoutedSockets;
import io.redoubt.protocol.net.SystemSockets;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The servers and sentinels of a group or a cluster, with the network between them, their clock and
 * their files. Members are added before use; after that, all methods may be called by any thread.
 */
final class Members implements AutoCloseable {
  private static final long POLL_NANOS = 5_000_000;

  private final Clock system = Clock.system();
  private final List<GroupMember> all = new ArrayList<>();
  private final List<List<Integer>> ports = new ArrayList<>();
  private final MovableClock clock = new MovableClock();
  private final MemberLinks links;
  private final DataFolder data;

  private Members(List<List<Integer>> ports, DataFolder data) {
    this.ports.addAll(ports);
    this.data = data;
    links = new MemberLinks(ports);
  }

  /**
   * Chooses ports, creates a folder and opens the network, for members to be added.
   *
   * @param portsEach the number of ports of each member
   */
  static Members create(int count, int portsEach) throws IOException {
    List<Integer> free = FreePorts.several(count * portsEach);
    List<List<Integer>> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(free.subList(i * portsEach, (i + 1) * portsEach));
    }
    return new Members(ports, DataFolder.create());
  }

  /** Returns the ports of a member. */
  List<Integer> ports(int index) {
    return ports.get(index);
  }

  /** Returns the first port of a member. */
  int port(int index) {
    return ports.get(index).getFirst();
  }

  /** Adds the next member. */
  GroupMember add(String name, String password, Function<Host, GroupMember.Start> starts) {
    int port = port(all.size());
    // Tests of a group cause failures on purpose, so Redis' warnings about them are logged at
    // DEBUG.
    Host host =
        new Host(
            clock,
            () -> new RoutedSockets(SystemSockets.choose(), to -> links.route(port, to)),
            Logger.Level.DEBUG);
    GroupMember member = new GroupMember(name, port, password, starts.apply(host));
    all.add(member);
    return member;
  }

  /**
   * Adds a server as the next member.
   *
   * @param lines its configuration without port, folder and passwords
   */
  GroupMember addServer(String name, String password, String lines) throws IOException {
    Path folder = data.folder(name);
    StringBuilder text = new StringBuilder(ServerBuilder.DEFAULTS);
    text.append("replica-refuse-empty-master no\n"); // a killed master returns empty
    text.append(lines);
    text.append(ServerBuilder.configLine("port", Integer.toString(port(all.size()))));
    text.append(ServerBuilder.configLine("dir", folder.toString()));
    if (!password.isEmpty()) {
      text.append(ServerBuilder.configLine("requirepass", password));
      text.append(ServerBuilder.configLine("masterauth", password));
    }
    Path file = data.write(name + ".conf", text.toString());
    return add(
        name,
        password,
        host ->
            () -> {
              ServerDirectives settings = new ServerDirectives();
              settings.load(file, new byte[0], "");
              return EmbeddedServer.start(settings, DataFolder.ofCaller(folder), host);
            });
  }

  /** Returns the folder of all files. */
  DataFolder data() {
    return data;
  }

  /**
   * Waits for a result other than null.
   *
   * @throws IllegalStateException after the time limit, with the state of all members
   */
  <T> T await(
      String what, Duration limit, Supplier<@Nullable T> probe, Supplier<String> description) {
    long deadline = system.monotonicNanos() + limit.toNanos();
    while (true) {
      T found = probe.get();
      if (found != null) {
        return found;
      }
      if (system.monotonicNanos() - deadline > 0) {
        throw new IllegalStateException(
            "not within " + limit.toMillis() + " ms: " + what + description.get());
      }
      LockSupport.parkNanos(POLL_NANOS);
      if (Thread.currentThread().isInterrupted()) {
        throw new IllegalStateException("interrupted while waiting: " + what);
      }
    }
  }

  /** Starts killed and ended members, resumes paused ones, and heals all links. */
  void repair() {
    for (GroupMember member : all.reversed()) {
      if (member.hasEnded()) {
        member.kill();
      }
      member.start();
      member.resume();
      for (GroupMember other : others(member)) {
        links.change(
            member.port(),
            other.port(),
            link -> {
              link.setCut(false);
              link.setDelay(0);
            });
      }
    }
  }

  private List<GroupMember> others(GroupMember member) {
    return all.stream().filter(other -> other != member).toList();
  }

  /** Cuts the link between two members. */
  void cut(GroupMember one, GroupMember other) {
    links.change(one.port(), other.port(), link -> link.setCut(true));
  }

  /** Cuts all links of a member. */
  void isolate(GroupMember member) {
    others(member).forEach(other -> cut(member, other));
  }

  /** Restores the link between two members. */
  void heal(GroupMember one, GroupMember other) {
    links.change(one.port(), other.port(), link -> link.setCut(false));
  }

  /** Restores all links of a member. */
  void heal(GroupMember member) {
    others(member).forEach(other -> heal(member, other));
  }

  /** Delays each packet between two members, in each direction. */
  void delay(GroupMember one, GroupMember other, Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("a negative delay");
    }
    links.change(one.port(), other.port(), link -> link.setDelay(delay.toMillis()));
  }

  /**
   * Moves the clock of all members forward, in steps between which they exchange due messages.
   *
   * @param longest the length of a step
   * @param speed the maximum ratio to real time, which drives periodic work of the servers
   */
  void advance(Duration by, Duration longest, int speed) {
    EmbeddedServer.requireForward(by);
    Duration left = by;
    while (left.isPositive()) {
      Duration step = left.compareTo(longest) < 0 ? left : longest;
      long start = system.monotonicNanos();
      clock.advance(step);
      exchange();
      LockSupport.parkNanos(start + step.toNanos() / speed - system.monotonicNanos());
      left = left.minus(step);
    }
  }

  /** Returns when due requests have been sent and answered, and the answers are handled. */
  private void exchange() {
    moveAllClocks();
    links.passed().join();
    moveAllClocks();
    links.passed().join();
    moveAllClocks();
  }

  private void moveAllClocks() {
    CompletableFuture.allOf(
            all.stream().map(GroupMember::clockMoved).toArray(CompletableFuture<?>[]::new))
        .join();
  }

  /** Ends all members without saving, the last one first, and deletes their files. */
  @Override
  public void close() {
    Uninterrupted.run(() -> {
      all.reversed().forEach(GroupMember::kill);
      links.close();
    });
    try {
      data.close();
    } catch (IOException failure) {
      throw new UncheckedIOException("can't delete " + data.path(), failure);
    }
  }
}
