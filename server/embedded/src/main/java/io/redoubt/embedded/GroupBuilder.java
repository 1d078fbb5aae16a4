package io.redoubt.embedded;

import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * The description of a master with replicas and sentinels. By default it has one replica and three
 * sentinels that fail over in about a second: they consider a server down after 800 ms of silence,
 * and ping and publish several times a second. {@link #start} may be called several times, for a
 * new group each time. For use by one thread at a time.
 */
public final class GroupBuilder {
  /** The directives that the group itself sets for each member. */
  private static final Set<String> OWN = Set.of("port", "bind", "dir", "replicaof", "slaveof");

  private static final int MAX_MEMBERS = 100;
  private static final Duration DOWN_AFTER = Duration.ofMillis(800);
  private static final Duration FAILOVER_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ServerLines serverLines = new ServerLines("group", OWN);
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

  /**
   * Sets the number of sentinels that must agree that the master is down; a majority by default.
   */
  public GroupBuilder quorum(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a quorum of " + count);
    }
    quorum = count;
    return this;
  }

  /** Sets the name of the master at the sentinels, {@code mymaster} by default. */
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
    serverLines.with(name, words);
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

  /** Sets a directive of all servers with a whole line of redis.conf. */
  public GroupBuilder line(String text) {
    serverLines.line(text);
    return this;
  }

  /** Sets the silence after which sentinels consider a member down. */
  public GroupBuilder downAfter(Duration silence) {
    downAfter = silence;
    return this;
  }

  /** Sets the timeout of the group's waiting methods, 30 seconds by default. */
  public GroupBuilder timeout(Duration limit) {
    timeout = limit;
    return this;
  }

  /**
   * Starts a group; returns when the replicas are in sync and the sentinels know all members.
   *
   * @throws IllegalArgumentException if the configuration is refused
   * @throws UncheckedIOException if files can't be written
   * @throws IllegalStateException on timeout
   */
  public EmbeddedGroup start() {
    try {
      Members members = Members.create(1 + replicas + sentinels, 1);
      try {
        EmbeddedGroup group = prepared(members);
        group.start();
        return group;
      } catch (IOException | RuntimeException failure) {
        members.close();
        throw failure;
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure.getMessage(), failure);
    }
  }

  private EmbeddedGroup prepared(Members members) throws IOException {
    int masterPort = members.port(0);
    List<GroupMember> servers = new ArrayList<>();
    for (int i = 0; i <= replicas; i++) {
      String follows =
          i == 0
              ? ""
              : ServerBuilder.configLine("replicaof", "127.0.0.1", Integer.toString(masterPort));
      servers.add(members.addServer("server-" + (i + 1), password, serverLines.text() + follows));
    }
    List<GroupMember> watchers = new ArrayList<>();
    for (int i = 0; i < sentinels; i++) {
      watchers.add(
          sentinel("sentinel-" + (i + 1), members.port(servers.size() + i), masterPort, members));
    }
    return new EmbeddedGroup(members, servers, watchers, masterName, password, downAfter, timeout);
  }

  private GroupMember sentinel(String name, int port, int masterPort, Members members)
      throws IOException {
    int agreeing = quorum == 0 ? sentinels / 2 + 1 : quorum;
    StringBuilder lines = new StringBuilder("bind 127.0.0.1\n");
    lines.append(ServerBuilder.configLine("port", Integer.toString(port)));
    lines.append(ServerBuilder.configLine("dir", members.data().folder(name).toString()));
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
    Path file = members.data().write(name + ".conf", lines.toString());
    return members.add(
        name,
        "",
        host ->
            () -> {
              SentinelDirectives settings = new SentinelDirectives();
              settings.load(file, new byte[0], "");
              return EmbeddedSentinel.start(settings, timings(), host);
            });
  }

  private String option(String name, String value) {
    return ServerBuilder.configLine("sentinel", name, masterName, value);
  }

  /** Returns short periods. A replica must have answered within five pings to be promoted. */
  private static Timings timings() {
    Timings timings = Timings.DEFAULTS;
    timings = Objects.requireNonNull(timings.with(Timing.PING_PERIOD.text(), 300));
    timings = Objects.requireNonNull(timings.with(Timing.INFO_PERIOD.text(), 500));
    timings = Objects.requireNonNull(timings.with(Timing.ASK_PERIOD.text(), 200));
    timings = Objects.requireNonNull(timings.with(Timing.PUBLISH_PERIOD.text(), 250));
    return Objects.requireNonNull(timings.with(Timing.ELECTION_TIMEOUT.text(), 2000));
  }
}
