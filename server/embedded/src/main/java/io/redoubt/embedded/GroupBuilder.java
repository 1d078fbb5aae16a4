package io.redoubt.embedded;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.RoutedSockets;
import io.redoubt.protocol.net.Sockets;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * The description of a master with replicas and sentinels. Without more it has one replica and
 * three sentinels that fail over in about a second: they take a silent server for down after 800
 * ms, and ask and greet each other several times a second. {@link #start} may be called several
 * times, for a new group each time. For use by one thread at a time.
 */
public final class GroupBuilder {
  /** What the group decides for each member. */
  private static final Set<String> OWN = Set.of("port", "bind", "dir", "replicaof", "slaveof");

  private static final int MAX_MEMBERS = 100;
  private static final Duration DOWN_AFTER = Duration.ofMillis(800);
  private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final StringBuilder serverLines = new StringBuilder();
  private final StringBuilder sentinelLines = new StringBuilder();
  private int replicas = 1;
  private int sentinels = 3;
  private int quorum;
  private String masterName = "mymaster";
  private String password = "";
  private Duration downAfter = DOWN_AFTER;
  private Duration timeout = TIMEOUT;

  GroupBuilder() {}

  /** Sets the number of replicas. */
  public GroupBuilder replicas(int count) {
    replicas = Objects.checkIndex(count, MAX_MEMBERS);
    return this;
  }

  /** Sets the number of sentinels. */
  public GroupBuilder sentinels(int count) {
    sentinels = Objects.checkIndex(count, MAX_MEMBERS);
    return this;
  }

  /** Sets the number of sentinels that must agree that the master is down; a majority if unset. */
  public GroupBuilder quorum(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a quorum of " + count);
    }
    quorum = count;
    return this;
  }

  /** Sets the name by which sentinels know the master, {@code mymaster} if unset. */
  public GroupBuilder masterName(String name) {
    masterName = name;
    return this;
  }

  /** Sets the password of all servers. */
  public GroupBuilder password(String secret) {
    password = secret;
    return this;
  }

  /** Sets a directive of all servers, as {@link ServerBuilder#with} does. */
  public GroupBuilder with(String name, String... words) {
    if (OWN.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("a group chooses " + name + " itself");
    }
    serverLines.append(ServerBuilder.configLine(name, words));
    return this;
  }

  /**
   * Sets an option of the master at all sentinels, as {@code sentinel name mymaster words} does.
   *
   * @param name such as {@code parallel-syncs} or {@code failover-timeout}
   */
  public GroupBuilder sentinelWith(String name, String... words) {
    String[] all = new String[words.length + 2];
    all[0] = name;
    all[1] = masterName;
    System.arraycopy(words, 0, all, 2, words.length);
    sentinelLines.append(ServerBuilder.configLine("sentinel", all));
    return this;
  }

  /** Sets a directive of all servers by a whole line of redis.conf. */
  public GroupBuilder line(String text) {
    List<String> words = List.of(text.strip().split("\\s+", -1));
    if (text.lines().count() > 1 || OWN.contains(words.getFirst().toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("not a directive that a group takes: " + text);
    }
    serverLines.append(text).append('\n');
    return this;
  }

  /** Sets the silence after which sentinels take a member for down. */
  public GroupBuilder downAfter(Duration silence) {
    downAfter = silence;
    return this;
  }

  /** Sets the time after which waiting methods of the group give up, 30 seconds if unset. */
  public GroupBuilder timeout(Duration limit) {
    timeout = limit;
    return this;
  }

  /**
   * Starts a group; returns when the replicas are in step and the sentinels know all members.
   *
   * @throws IllegalArgumentException if the configuration is refused
   * @throws UncheckedIOException if files can't be written
   * @throws IllegalStateException if it takes too long
   */
  public EmbeddedGroup start() {
    List<Integer> ports = FreePorts.several(1 + replicas + sentinels);
    try {
      DataFolder data = DataFolder.create();
      EmbeddedGroup group = null;
      try {
        group = prepared(ports, data);
        group.start();
        return group;
      } catch (IOException | RuntimeException failure) {
        if (group == null) {
          data.close();
        } else {
          group.close();
        }
        throw failure;
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure.getMessage(), failure);
    }
  }

  private EmbeddedGroup prepared(List<Integer> ports, DataFolder data) throws IOException {
    MovableClock clock = new MovableClock();
    Links links = new Links(new HashSet<>(ports));
    List<GroupMember> servers = new ArrayList<>();
    List<GroupMember> watchers = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      int port = ports.get(i);
      Host host =
          new Host(clock, new RoutedSockets(Sockets.ofSystem(), to -> links.route(port, to)));
      if (i <= replicas) {
        servers.add(server("server-" + (i + 1), ports.getFirst(), port, data, host));
      } else {
        watchers.add(sentinel("sentinel-" + (i - replicas), ports.getFirst(), port, data, host));
      }
    }
    return new EmbeddedGroup(
        servers, watchers, links, data, clock, masterName, password, downAfter, timeout);
  }

  private GroupMember server(String name, int masterPort, int port, DataFolder data, Host host)
      throws IOException {
    Path folder = data.folder(name);
    StringBuilder lines = new StringBuilder(ServerBuilder.DEFAULTS);
    lines.append("replica-refuse-empty-master no\n"); // a killed master returns empty
    lines.append(serverLines);
    lines.append(ServerBuilder.configLine("port", Integer.toString(port)));
    lines.append(ServerBuilder.configLine("dir", folder.toString()));
    if (!password.isEmpty()) {
      lines.append(ServerBuilder.configLine("requirepass", password));
      lines.append(ServerBuilder.configLine("masterauth", password));
    }
    if (port != masterPort) {
      lines.append(
          ServerBuilder.configLine("replicaof", "127.0.0.1", Integer.toString(masterPort)));
    }
    Path file = data.write(name + ".conf", lines.toString());
    return new GroupMember(
        name,
        port,
        password,
        () -> {
          ServerDirectives settings = new ServerDirectives();
          settings.load(file, new byte[0], "");
          return EmbeddedServer.start(settings, DataFolder.ofCaller(folder), host);
        });
  }

  private GroupMember sentinel(String name, int masterPort, int port, DataFolder data, Host host)
      throws IOException {
    int agreeing = quorum == 0 ? sentinels / 2 + 1 : quorum;
    StringBuilder lines = new StringBuilder("bind 127.0.0.1\n");
    lines.append(ServerBuilder.configLine("port", Integer.toString(port)));
    lines.append(ServerBuilder.configLine("dir", data.folder(name).toString()));
    lines.append(
        ServerBuilder.configLine(
            "sentinel",
            "monitor",
            masterName,
            "127.0.0.1",
            Integer.toString(masterPort),
            Integer.toString(agreeing)));
    lines.append(option("down-after-milliseconds", Long.toString(downAfter.toMillis())));
    lines.append(option("failover-timeout", Long.toString(FAILOVER_TIMEOUT.toMillis())));
    if (!password.isEmpty()) {
      lines.append(option("auth-pass", password));
    }
    lines.append(sentinelLines);
    Path file = data.write(name + ".conf", lines.toString());
    return new GroupMember(
        name,
        port,
        "",
        () -> {
          SentinelDirectives settings = new SentinelDirectives();
          settings.load(file, new byte[0], "");
          return EmbeddedSentinel.start(settings, timings(), host);
        });
  }

  private String option(String name, String value) {
    return ServerBuilder.configLine("sentinel", name, masterName, value);
  }

  /** Returns short periods. A replica is promoted only if it has answered within five pings. */
  private static Timings timings() {
    Timings timings = Timings.DEFAULTS;
    timings = Objects.requireNonNull(timings.with(Timing.PING_PERIOD.text(), 300));
    timings = Objects.requireNonNull(timings.with(Timing.INFO_PERIOD.text(), 500));
    timings = Objects.requireNonNull(timings.with(Timing.ASK_PERIOD.text(), 200));
    timings = Objects.requireNonNull(timings.with(Timing.PUBLISH_PERIOD.text(), 250));
    return Objects.requireNonNull(timings.with(Timing.ELECTION_TIMEOUT.text(), 2000));
  }
}
