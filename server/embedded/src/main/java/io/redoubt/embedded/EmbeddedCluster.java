package io.redoubt.embedded;

import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Masters that share the slots, and their replicas, all in this process. They reach each other over
 * TCP links that can be cut and slowed; clients reach them directly. All methods may be called by
 * any thread. After the timeout of {@link ClusterBuilder#timeout}, waiting methods throw {@link
 * IllegalStateException} with the state of all nodes.
 *
 * <pre>{@code
 * try (EmbeddedCluster cluster = Redoubt.cluster().masters(3).replicasPerMaster(1).start()) {
 *   GroupMember old = cluster.master("a");
 *   old.execute("SET", "a", "1");
 *   cluster.awaitInStep();
 *   old.kill();
 *   cluster.awaitNewMaster(old).execute("GET", "a");
 *   old.start();
 *   cluster.awaitOk();
 * }
 * }</pre>
 */
public final class EmbeddedCluster extends EmbeddedNetwork {
  private static final Duration LONGEST_STEP = Duration.ofSeconds(1);

  /**
   * The number of clock steps per node timeout, so that pings are answered between them. Nodes
   * treat a step of half the timeout as a pause of their own.
   */
  private static final int STEPS_TO_DOWN = 8;

  /**
   * The greatest ratio of the moved clock to the real one: states must reach the disk before nodes
   * time out.
   */
  private static final int SPEED_LIMIT = 30;

  private final List<GroupMember> nodes;
  private final ClusterView view;
  private final String password;
  private final Duration nodeTimeout;

  EmbeddedCluster(
      Members members,
      List<GroupMember> nodes,
      String password,
      Duration nodeTimeout,
      Duration timeout) {
    super(members, timeout);
    this.nodes = List.copyOf(nodes);
    this.password = password;
    this.nodeTimeout = nodeTimeout;
    view = new ClusterView(this.nodes);
  }

  /** Starts all nodes and forms a cluster. */
  void start(int masters) {
    nodes.forEach(GroupMember::start);
    ClusterFormation formation = new ClusterFormation(members, nodes, masters);
    formation.meet();
    awaitTrue("the nodes know each other", startTimeout(), view::isMet);
    formation.replicate();
    awaitOrder();
  }

  private void awaitOrder() {
    awaitTrue("all nodes are connected", startTimeout(), view::isMet);
    awaitTrue("the cluster is ok", startTimeout(), view::isOk);
    awaitTrue("the replicas are in step", startTimeout(), view::isInStep);
  }

  /**
   * Starts killed nodes, resumes paused ones, heals all links and ends their delays; returns when
   * all nodes are connected, the cluster is ok and the replicas are in sync. Roles and slots stay
   * as they are.
   *
   * @throws IllegalStateException also if that can't make the cluster ok, for instance after
   *     CLUSTER RESET or with unassigned slots
   */
  public void repair() {
    members.repair();
    awaitOrder();
  }

  /** Returns all nodes; the initial masters come first. */
  public List<GroupMember> nodes() {
    return nodes;
  }

  /**
   * Returns the slot of a key.
   *
   * @return 0 to 16383
   */
  public static int slot(String key) {
    return KeySlot.of(key.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Returns the serving masters of slots, in the order of {@link #nodes}. A master counts if it and
   * most of the serving nodes agree.
   */
  public List<GroupMember> masters() {
    return view.masters();
  }

  /**
   * Returns the master that serves a slot; waits until it and most of the serving nodes agree.
   *
   * @param slot 0 to 16383
   * @throws IndexOutOfBoundsException if there is no such slot
   */
  public GroupMember master(int slot) {
    Objects.checkIndex(slot, SlotSet.SLOTS);
    return await("slot " + slot + " is served", () -> view.master(slot));
  }

  /** Returns the master that serves a key, like {@link #master(int)}. */
  public GroupMember master(String key) {
    return master(slot(key));
  }

  /** Returns the serving replicas of a node, in the order of {@link #nodes}. */
  public List<GroupMember> replicasOf(GroupMember master) {
    return view.replicasOf(master);
  }

  /** Returns the first serving replica of a node; waits until there is one. */
  public GroupMember replicaOf(GroupMember master) {
    return await(
        master.name() + " has a replica",
        () -> view.replicasOf(master).stream().findFirst().orElse(null));
  }

  /**
   * Waits until all nodes that run and are not paused accept commands, agree on roles and on the
   * owners of all slots, are connected with each other, and the replicas among them are connected
   * with their masters. Killed or paused nodes may be missing if others have their slots.
   */
  public void awaitOk() {
    awaitTrue("the cluster is ok", timeout, view::isOk);
  }

  /** Waits until a node is a master of slots in the sense of {@link #masters}. */
  public void awaitMaster(GroupMember expected) {
    awaitTrue(expected.name() + " is master", timeout, () -> view.masters().contains(expected));
  }

  /** Waits until another node of the shard serves the slots of {@code old}, and returns it. */
  public GroupMember awaitNewMaster(GroupMember old) {
    return await("a replica of " + old.name() + " is master", () -> view.otherMasterInShardOf(old));
  }

  /**
   * Waits until the serving replicas of all masters have executed everything that their masters had
   * executed at the time of this call.
   */
  public void awaitInStep() {
    awaitTrue("the replicas are in step", timeout, view::isInStep);
  }

  /**
   * Makes a replica replace its master without losing a write, like CLUSTER FAILOVER; returns when
   * the cluster is ok again.
   *
   * @throws IllegalStateException also if the node is no replica or its master does not serve
   */
  public void failover(GroupMember replica) {
    ClusterFormation.accepted(replica, replica.execute("CLUSTER", "FAILOVER"));
    awaitMaster(replica);
    awaitOk();
  }

  /**
   * Moves slots with their keys to another master, like CLUSTER MIGRATESLOTS: clients see a
   * redirection and no error. Returns when the cluster is ok again. The slots must have one owner.
   *
   * @param first the first slot, 0 to 16383
   * @param last the last slot
   * @throws IllegalStateException also if the migration is refused or fails
   */
  public void moveSlots(int first, int last, GroupMember target) {
    GroupMember source = master(first);
    if (source == target) {
      return;
    }
    String id = ClusterFormation.accepted(target, target.execute("CLUSTER", "MYID")).text();
    ClusterFormation.accepted(
        source,
        source.execute(
            "CLUSTER",
            "MIGRATESLOTS",
            "SLOTSRANGE",
            Integer.toString(first),
            Integer.toString(last),
            "NODE",
            id));
    awaitTrue(
        "slots " + first + " to " + last + " are at " + target.name(),
        timeout,
        () -> {
          String failure = view.failureOfMigration(source);
          if (!failure.isEmpty()) {
            throw new IllegalStateException("the slots can't be moved: " + failure);
          }
          return target.equals(view.master(first)) && target.equals(view.master(last));
        });
    awaitOk();
  }

  private <T> T await(String what, Supplier<@Nullable T> probe) {
    return members.await(what, timeout, probe, view::describe);
  }

  private void awaitTrue(String what, Duration limit, BooleanSupplier fact) {
    members.<Boolean>await(what, limit, () -> fact.getAsBoolean() ? true : null, view::describe);
  }

  /** Returns the addresses of all nodes, in the order of {@link #nodes}. */
  public List<InetSocketAddress> addresses() {
    return nodes.stream().map(GroupMember::address).toList();
  }

  /** Returns the URIs of all nodes, {@code redis://[:password@]host:port} each. */
  public List<URI> uris() {
    return nodes.stream().map(GroupMember::uri).toList();
  }

  /**
   * Returns one URI of all nodes, {@code redis://[:password@]host:port,host:port,…}, in the form of
   * Lettuce's {@code RedisClusterURIUtil}.
   */
  public URI uri() {
    return RedisUri.ofCluster(addresses(), password);
  }

  /**
   * Moves the clock of all nodes forward, in small steps between which they exchange due messages:
   * keys expire, idle times grow, and nodes detect others that are silent for so long. A minute
   * takes some seconds.
   */
  public void advance(Duration by) {
    Duration share = nodeTimeout.dividedBy(STEPS_TO_DOWN);
    members.advance(by, share.compareTo(LONGEST_STEP) < 0 ? share : LONGEST_STEP, SPEED_LIMIT);
  }
}
