package io.redoubt.embedded;

import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A master, its replicas and the sentinels that watch them, all in this process. They reach each
 * other over TCP links that can be cut and slowed; clients reach them directly. All methods may be
 * called by any thread. After the timeout of {@link GroupBuilder#timeout}, waiting methods throw
 * {@link IllegalStateException} with the state of all members.
 *
 * <pre>{@code
 * try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
 *   GroupMember old = group.master();
 *   old.kill();
 *   group.awaitNewMaster(old).execute("SET", "a", "1");
 *   group.awaitInStep();
 * }
 * }</pre>
 */
public final class EmbeddedGroup extends EmbeddedNetwork {
  /** The longest step of the clock: sentinels treat two seconds as a pause of their own. */
  private static final Duration STEP = Duration.ofSeconds(1);

  /** The number of steps within down-after, so that pings are sent and answered in between. */
  private static final int STEPS_TO_DOWN = 4;

  /**
   * The greatest ratio of the moved clock to the real one. It keeps periodic work of the servers,
   * which runs by real time, well within their timeouts.
   */
  private static final int SPEED_LIMIT = 100;

  private final List<GroupMember> servers;
  private final List<GroupMember> sentinels;
  private final GroupView view;
  private final String masterName;
  private final String password;
  private final Duration downAfter;

  EmbeddedGroup(
      Members members,
      List<GroupMember> servers,
      List<GroupMember> sentinels,
      String masterName,
      String password,
      Duration downAfter,
      Duration timeout) {
    super(members, timeout);
    this.servers = List.copyOf(servers);
    this.sentinels = List.copyOf(sentinels);
    this.masterName = masterName;
    this.password = password;
    this.downAfter = downAfter;
    view = new GroupView(this.servers, this.sentinels, masterName);
  }

  /** Starts all members, and waits until they have discovered each other. */
  void start() {
    servers.forEach(GroupMember::start);
    sentinels.forEach(GroupMember::start);
    awaitOrder();
  }

  private void awaitOrder() {
    await("the replicas are in step", startTimeout(), () -> view.isInStep() ? true : null);
    await(
        "the sentinels know all members",
        startTimeout(),
        () -> view.isKnownToSentinels() ? true : null);
  }

  /**
   * Starts killed members, resumes paused ones, heals all links and ends their delays; returns when
   * the replicas are in sync and the sentinels know all members.
   */
  public void repair() {
    members.repair();
    awaitOrder();
  }

  /** Returns the data servers; the initial master comes first. */
  public List<GroupMember> servers() {
    return servers;
  }

  /** Returns the sentinels. */
  public List<GroupMember> sentinels() {
    return sentinels;
  }

  /** Returns the servers except {@link #master}, including servers that don't run. */
  public List<GroupMember> replicas() {
    GroupMember master = master();
    return servers.stream().filter(server -> server != master).toList();
  }

  /**
   * Returns the server that a majority of all sentinels names as master and that is one; waits
   * until there is one. Without sentinels, returns the first server that is a master.
   */
  public GroupMember master() {
    return await("a master is agreed on", view::master);
  }

  /** Waits until a server is master in the sense of {@link #master}. */
  public void awaitMaster(GroupMember expected) {
    await(expected.name() + " is master", () -> expected.equals(view.master()) ? true : null);
  }

  /** Waits for a master other than {@code old} and returns it. */
  public GroupMember awaitNewMaster(GroupMember old) {
    return await(
        "a server other than " + old.name() + " is master",
        () -> {
          GroupMember found = view.master();
          return old.equals(found) ? null : found;
        });
  }

  /**
   * Waits until all running servers follow the master and have executed everything that it had
   * executed at the time of this call.
   */
  public void awaitInStep() {
    await("the replicas are in step", () -> view.isInStep() ? true : null);
  }

  private <T> T await(String what, Supplier<@Nullable T> probe) {
    return await(what, timeout, probe);
  }

  private <T> T await(String what, Duration limit, Supplier<@Nullable T> probe) {
    return members.await(what, limit, probe, view::describe);
  }

  /** Returns the address of {@link #master}. */
  public InetSocketAddress address() {
    return master().address();
  }

  /**
   * Returns the URI for clients: {@code redis-sentinel://[:password@]host:port,…/0#mymaster} as
   * Lettuce reads it, or without sentinels the URI of the master. Sentinels have no password.
   */
  public URI uri() {
    return sentinels.isEmpty()
        ? master().uri()
        : RedisUri.ofSentinels(
            sentinels.stream().map(GroupMember::address).toList(), password, masterName);
  }

  /** Returns the name of the master at the sentinels. */
  public String masterName() {
    return masterName;
  }

  /** Returns fields of the master's INFO as text, such as those of {@code replication}. */
  public String info(String section) {
    return master().info(section);
  }

  /**
   * Moves the clock of all members forward, in small steps between which they exchange due
   * messages: keys expire, idle times grow, and sentinels detect members that are silent for so
   * long. A minute takes about a second, more with a short {@link GroupBuilder#downAfter}.
   */
  public void advance(Duration by) {
    Duration share = downAfter.dividedBy(STEPS_TO_DOWN).plusNanos(1);
    members.advance(by, share.compareTo(STEP) < 0 ? share : STEP, SPEED_LIMIT);
  }
}
