package io.redoubt.server.cluster.core;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.core.Output.Urgency;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.Collection;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a cluster node. It tracks the other nodes and the owners of the slots,
 * agrees with others on failures, votes, and replaces its failed master.
 *
 * <p>Invariants: the current epoch and the epoch of the last vote never decrease, except by CLUSTER
 * RESET HARD, which creates a new identity. A node votes at most once per epoch. An epoch or a vote
 * is durable before any other node learns of it. A slot changes its owner only for a claim with a
 * greater config epoch, by an operator's order, or after its owner has released it.
 *
 * <p>Time: the caller's milliseconds must not decrease. A long gap between two steps means that
 * this process was paused. The gap is subtracted from the machine's own clock, so that a node never
 * blames its peers for its own pause. After a pause of more than three quarters of the node
 * timeout, the node serves nothing until a majority of the masters has sent it a message.
 */
public final class Cluster {
  private static final long MIN_PAUSE_MILLIS = 500;

  private final World world;
  private final PlannedFailover planned;
  private final AddressSearch search;
  private final BusMessages messages;
  private final BusLinks links;
  private final SlotClaims claims;
  private final Elections elections;
  private final Health health;
  private final ManualFailover manual;
  private final Serving serving;
  private final ReplicaMigration migration;
  private final Orders orders;
  private final SlotOrders slotOrders;
  private final GossipReception gossip;
  private final Reception reception;

  private boolean started;

  /**
   * Creates a node from a saved state.
   *
   * @param nowMillis the current time on the clock of {@link #step}
   */
  public Cluster(
      ClusterState state, ClusterOptions options, RandomGenerator random, long nowMillis) {
    NodeRecord mine = state.myself();
    boolean isNew = state.nodes().size() == 1 && mine.slots().isEmpty();
    world = new World(state, options, random, nowMillis);
    planned = new PlannedFailover(world);
    Candidacy candidacy = new Candidacy();
    RoleChanges roles = new RoleChanges(world, planned, candidacy);
    search = new AddressSearch(world);
    messages = new BusMessages(world, new Gossip(world, planned));
    links = new BusLinks(world, messages, search, planned);
    claims = new SlotClaims(world, messages, roles);
    elections = new Elections(world, messages, planned, candidacy, roles);
    health = new Health(world, messages, elections);
    manual = new ManualFailover(world, messages, claims, elections, planned);
    serving = new Serving(world, nowMillis, isNew);
    migration = new ReplicaMigration(world, roles);
    orders = new Orders(world, messages, claims, roles, planned);
    slotOrders = new SlotOrders(world, messages, claims, orders);
    Votes votes = new Votes(world, messages);
    gossip = new GossipReception(world, messages, search, health, claims, roles, manual);
    reception = new Reception(world, messages, gossip, health, claims, votes, elections, manual);
  }

  /** Returns the state of a new node: a master without slots. */
  public static ClusterState fresh(ClusterOptions options, RandomGenerator random) {
    String id = World.randomId(random);
    return new ClusterState(
        id,
        0,
        0,
        List.of(
            new NodeRecord(
                id,
                options.announced(),
                new NodeRecord.Labels(
                    options.hostname(), options.nodeName(), World.randomId(random)),
                NodeFlag.MYSELF | NodeFlag.MASTER,
                null,
                NodeRecord.Contact.MYSELF,
                new Claim(0, new SlotSet()),
                NodeRecord.OpenSlots.NONE)));
  }

  /**
   * Processes one input and returns the outputs in order.
   *
   * @param nowMillis monotonic milliseconds
   */
  public List<Output> step(long nowMillis, Input input) {
    advance(nowMillis);
    if (!started) {
      started = true;
      Node master = world.myself().master();
      if (master != null) {
        world.follow(master);
      }
    }
    switch (input) {
      case Input.Tick(long wallMillis) -> tick(wallMillis);
      case Input.Connected(int link) -> links.onConnected(link);
      case Input.Disconnected(int link) -> links.onDisconnected(link);
      case Input.Received received -> reception.onMessage(received);
      case Input.Resolved(String name, String ip) -> search.onResolved(name, ip);
      case Input.Replication(long reached, long ageMillis) -> {
        world.setOffset(reached);
        world.setDataAge(ageMillis);
      }
      case Input.WritesPaused(long reached) -> {
        world.setOffset(reached);
        manual.onWritesPaused();
      }
      case Input.ReceivedLight(String sender, Body.Publish body) ->
          reception.onLightMessage(sender, body);
      case Input.Publish(boolean sharded, ByteString channel, ByteString message) ->
          messages.publish(new Body.Publish(sharded, channel, message));
      case Input.Configure(ClusterOptions changed) -> {
        world.configure(changed);
        world.emit(new Output.Done("OK"));
      }
      case Input.Meet meet -> orders.meet(meet);
      case Input.AddSlots(SlotSet added) -> slotOrders.add(added);
      case Input.DeleteSlots(SlotSet deleted) -> slotOrders.delete(deleted);
      case Input.FlushSlots() -> slotOrders.flush();
      case Input.MigrateSlot(int slot, String node) -> slotOrders.migrate(slot, node);
      case Input.ImportSlot(int slot, String node) -> slotOrders.importFrom(slot, node);
      case Input.StabilizeSlot(int slot) -> slotOrders.stabilize(slot);
      case Input.AssignSlot assign -> slotOrders.assign(assign);
      case Input.TakeSlots take -> slotOrders.take(take);
      case Input.Outbid(long epoch) -> slotOrders.outbid(epoch);
      case Input.Replicate replicate -> orders.replicate(replicate);
      case Input.ReplicateNoOne() -> orders.replicateNoOne();
      case Input.Forget(String node) -> orders.forget(node);
      case Input.Failover(Input.FailoverKind kind) -> manual.order(kind);
      case Input.Reset reset -> orders.reset(reset);
      case Input.BumpEpoch() -> orders.bumpEpoch();
      case Input.SetConfigEpoch(long epoch) -> orders.setConfigEpoch(epoch);
    }
    manual.advance();
    elections.advance();
    serving.update();
    return world.result(urgency(input));
  }

  private static Urgency urgency(Input input) {
    return switch (input) {
      case Input.Received received -> Urgency.AT_LEISURE;
      case Input.Tick tick -> Urgency.AT_LEISURE;
      // The new owner's claim has the greater epoch.
      case Input.AssignSlot order -> Urgency.AT_LEISURE;
      default -> Urgency.SOON;
    };
  }

  private void advance(long nowMillis) {
    long timeout = world.timeoutMillis();
    long passed = world.advance(nowMillis, Math.max(MIN_PAUSE_MILLIS, timeout / 2));
    if (passed > 0) {
      world.remark(Level.WARNING, "This process was paused for " + passed + " ms");
      planned.end(); // the pause of writes may have expired meanwhile
      if (passed > Math.max(MIN_PAUSE_MILLIS, timeout * 3 / 4)) {
        serving.onPause();
      }
    }
  }

  private void tick(long wallMillis) {
    world.tick(wallMillis);
    links.maintain();
    health.judge();
    migration.consider();
  }

  /**
   * Returns the time by which the next tick is due, in the caller's milliseconds; a very large
   * number for none.
   */
  public long wakeAtMillis() {
    return world.wakeAtMillis();
  }

  /**
   * Returns the offset of the paused master that this replica must reach in a manual failover; -1
   * if there is none. Report the arrival at once, by {@link Input.Replication}.
   */
  public long awaitedOffset() {
    return planned.awaitedOffset();
  }

  public ClusterState state() {
    return Restoration.state(world);
  }

  /** Returns a node as {@code nodes.conf} and CLUSTER NODES show it. */
  public NodeRecord record(Node node) {
    return Restoration.record(world, node);
  }

  public String myId() {
    return world.myself().id();
  }

  public Node me() {
    return world.myself();
  }

  /** Returns all known nodes, including this one and nodes in a handshake. */
  public Collection<Node> allNodes() {
    return world.nodes.all();
  }

  public @Nullable Node node(String id) {
    return world.nodes.get(id);
  }

  /**
   * Returns true if the id is this node's or that of a node past its handshake, whose messages are
   * trusted.
   */
  public boolean knows(String id) {
    return world.nodes.known(id) != null;
  }

  /** Returns the node at the other end of an outgoing link, or null. */
  public @Nullable Node ofLink(int link) {
    return world.nodes.ofLink(link);
  }

  public @Nullable Node owner(int slot) {
    return world.slots.owner(slot);
  }

  public boolean ownsAll(@Nullable Node node, SlotSet slots) {
    boolean[] all = {node != null};
    slots.forEach(slot -> all[0] &= owner(slot) == node);
    return all[0];
  }

  /** Returns true if this node or its master owns a slot. */
  public boolean isOfMyShard(int slot) {
    return world.slots.owner(slot) == world.myself().shardMaster();
  }

  /**
   * Returns true if the slot belongs to this shard or is being imported, so that its keys are kept
   * here.
   */
  public boolean keepsKeysOf(int slot) {
    return isOfMyShard(slot) || importingFrom(slot) != null;
  }

  /** Returns the target of a slot that is migrating away, or null. */
  public @Nullable Node migratingTo(int slot) {
    // Avoids boxing the slot on every command while nothing migrates.
    return world.slots.migrating.isEmpty() ? null : world.slots.migrating.get(slot);
  }

  /** Returns the source of a slot that is being imported, or null. */
  public @Nullable Node importingFrom(int slot) {
    return world.slots.importing.isEmpty() ? null : world.slots.importing.get(slot);
  }

  public int assignedSlots() {
    return world.slots.assignedCount();
  }

  /** Returns the number of masters with slots. */
  public int voters() {
    return world.nodes.voters();
  }

  /**
   * Returns the number of votes that form a majority. Successors that this node has not heard of
   * yet count, too: otherwise a node with a partial view could win with a minority.
   */
  public int majority() {
    return world.majority();
  }

  /** Returns the number of masters with slots that currently report a node as failed. */
  public int failureReports(Node node) {
    return health.reports(node);
  }

  /** Returns the greatest known epoch. */
  public long currentEpoch() {
    return world.currentEpoch();
  }

  /** Returns the epoch of this node's last vote. */
  public long lastVoteEpoch() {
    return world.lastVoteEpoch();
  }

  /** Returns this node's replication offset. */
  public long offset() {
    return world.offset();
  }

  /** Returns the findings of CLUSTER DOCTOR, one line each. */
  public List<String> findings() {
    return ClusterDoctor.findings(world, links, gossip.differingAddress());
  }

  /** Returns true if commands for slots are served. */
  public boolean isServing() {
    return world.isServing();
  }
}
