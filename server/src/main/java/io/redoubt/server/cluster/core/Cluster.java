package io.redoubt.server.cluster.core;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.core.Output.Urgency;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state machine of a cluster node: it knows the other nodes and the owners of the slots, agrees
 * with others on failures, votes, and replaces its failed master.
 *
 * <p>Invariants: the current epoch and the epoch of our last vote never decrease, CLUSTER RESET
 * HARD apart, which makes a new node. There is at most one vote an epoch. An epoch or a vote is on
 * disk before another node hears of it. A slot changes its owner only for a greater config epoch,
 * by an operator's order, or if its owner has released it.
 *
 * <p>Time: the caller's milliseconds must not decrease. A long gap between two steps means that
 * this process was paused. It is subtracted from the machine's own time, so that our pause never
 * looks like the silence of others; after a gap of most of the node timeout, this node serves
 * nothing until it has heard of a majority again.
 */
public final class Cluster {
  private static final long MIN_PAUSE_MILLIS = 500;
  private static final int ID_DIGITS = 40;

  private final RandomGenerator random;
  private final List<Output> outputs = new ArrayList<>();

  final NodeTable nodes;
  final SlotTable slots = new SlotTable();
  final BusLinks links = new BusLinks(this);
  final AddressSearch search = new AddressSearch(this);
  final Gossip gossip = new Gossip(this);
  final Reception reception = new Reception(this);
  final SlotClaims claims = new SlotClaims(this);
  final Health health = new Health(this);
  final Serving serving;
  final Votes votes = new Votes(this);
  final ManualFailover manual = new ManualFailover(this);
  final Elections elections = new Elections(this);
  final ReplicaMigration migration = new ReplicaMigration(this);
  final Orders orders = new Orders(this);
  final SlotOrders slotOrders = new SlotOrders(this);

  private ClusterOptions options;
  private long currentEpoch;
  private long lastVoteEpoch;

  /** Our replication offset. */
  private long offset;

  private long dataAgeMillis;

  private boolean stateChanged;
  private boolean topologyChanged;
  private boolean started;

  /** The part of the state that others may have heard of once it is on disk. */
  private Binding binding;

  private long clockMillis;
  private long pausedMillis;
  private long now;
  private long wakeAt = Long.MAX_VALUE;
  private long wallOffset;

  /** The promises of this node to others: its vote, its epochs and its slots. */
  private record Binding(
      String id, long currentEpoch, long lastVoteEpoch, long configEpoch, SlotSet slots) {
    /**
     * Returns true if this promises what another does not. Slots that are only lost don't count: if
     * a crash brings one back, its new owner's claim has the greater epoch.
     */
    boolean bindsBeyond(Binding other) {
      return currentEpoch != other.currentEpoch || claimsBeyond(other);
    }

    /** Returns true if this promises more than another besides the knowledge of an epoch. */
    boolean claimsBeyond(Binding other) {
      return !id.equals(other.id)
          || lastVoteEpoch != other.lastVoteEpoch
          || configEpoch != other.configEpoch
          || !other.slots.containsAll(slots);
    }
  }

  /**
   * Creates a node from a saved state.
   *
   * @param nowMillis the current time on the clock of {@link #step}
   */
  public Cluster(
      ClusterState state, ClusterOptions options, RandomGenerator random, long nowMillis) {
    this.options = options;
    this.random = random;
    this.clockMillis = nowMillis;
    this.now = nowMillis;
    NodeRecord mine = state.myself();
    Node myself = new Node(mine.id(), NodeFlag.MYSELF, options.announced(), now);
    this.nodes = new NodeTable(myself);
    boolean isNew = state.nodes().size() == 1 && mine.slots().isEmpty();
    this.serving = new Serving(this, now, isNew);
    this.currentEpoch = state.currentEpoch();
    this.lastVoteEpoch = state.lastVoteEpoch();
    Restoration.restore(this, state);
    // A hand-made file must not make epochs of elections equal to those of masters.
    this.currentEpoch = Math.max(currentEpoch, nodes.maxConfigEpoch());
    this.binding = binding();
  }

  /** Returns the state of a new node: a master without slots. */
  public static ClusterState fresh(ClusterOptions options, RandomGenerator random) {
    String id = randomId(random);
    return new ClusterState(
        id,
        0,
        0,
        List.of(
            new NodeRecord(
                id,
                options.announced(),
                new NodeRecord.Labels(options.hostname(), options.nodeName(), randomId(random)),
                NodeFlag.MYSELF | NodeFlag.MASTER,
                null,
                NodeRecord.Contact.MYSELF,
                0,
                new SlotSet(),
                NodeRecord.OpenSlots.NONE)));
  }

  private static String randomId(RandomGenerator random) {
    StringBuilder id = new StringBuilder(ID_DIGITS);
    for (int i = 0; i < ID_DIGITS; i++) {
      id.append(Character.forDigit(random.nextInt(16), 16));
    }
    return id.toString();
  }

  String newId() {
    return randomId(random);
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
      Node master = myself().master();
      if (master != null) {
        follow(master);
      }
    }
    switch (input) {
      case Input.Tick(long wallMillis) -> tick(wallMillis);
      case Input.Connected(int link) -> links.connected(link);
      case Input.Disconnected(int link) -> links.disconnected(link);
      case Input.Received received -> reception.received(received);
      case Input.Resolved(String name, String ip) -> search.resolved(name, ip);
      case Input.Replication(long reached, long ageMillis) -> {
        offset = reached;
        dataAgeMillis = ageMillis;
      }
      case Input.WritesPaused(long reached) -> {
        offset = reached;
        manual.writesPaused();
      }
      case Input.ReceivedLight(String sender, Body.Publish body) ->
          reception.receivedLight(sender, body);
      case Input.Publish(boolean sharded, ByteString channel, ByteString message) ->
          links.publish(new Body.Publish(sharded, channel, message));
      case Input.Configure(ClusterOptions changed) -> {
        options = changed;
        Restoration.applyOptions(this);
        emit(new Output.Done("OK"));
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
      case Input.Forget(String node) -> orders.forget(node);
      case Input.Failover(Input.FailoverKind kind) -> manual.order(kind);
      case Input.Reset reset -> orders.reset(reset);
      case Input.BumpEpoch() -> orders.bumpEpoch();
      case Input.SetConfigEpoch(long epoch) -> orders.setConfigEpoch(epoch);
    }
    manual.advance();
    elections.advance();
    serving.update();
    return result(input);
  }

  private List<Output> result(Input input) {
    List<Output> result = new ArrayList<>(outputs.size() + 2);
    if (stateChanged) {
      stateChanged = false;
      Binding current = binding();
      if (topologyChanged && !current.claimsBeyond(binding)) {
        // What others have claimed is answered to clients already; those that wait need not wait.
        topologyChanged = false;
        result.add(new Output.TopologyChanged());
      }
      boolean binds = current.bindsBeyond(binding);
      result.add(new Output.Persist(state(), binds ? Urgency.BINDING : urgency(input)));
      binding = current;
    }
    result.addAll(outputs);
    outputs.clear();
    if (topologyChanged) {
      topologyChanged = false;
      result.add(new Output.TopologyChanged());
    }
    return result;
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

  private Binding binding() {
    Node myself = myself();
    return new Binding(
        myself.id(), currentEpoch, lastVoteEpoch, myself.configEpoch, myself.slotsNow());
  }

  private void advance(long nowMillis) {
    long passed = Math.max(0, nowMillis - clockMillis);
    clockMillis = Math.max(clockMillis, nowMillis);
    boolean paused = passed > Math.max(MIN_PAUSE_MILLIS, options.nodeTimeoutMillis() / 2);
    if (paused) {
      pausedMillis += passed;
    }
    now = clockMillis - pausedMillis;
    if (paused) {
      remark(Level.WARNING, "This process was paused for " + passed + " ms");
      manual.stoodStill();
      if (passed > Math.max(MIN_PAUSE_MILLIS, options.nodeTimeoutMillis() * 3 / 4)) {
        serving.paused();
      }
    }
  }

  private void tick(long wallMillis) {
    wakeAt = Long.MAX_VALUE;
    wallOffset = wallMillis - now;
    links.maintain();
    health.judge();
    migration.consider();
  }

  void emit(Output output) {
    outputs.add(output);
  }

  void remark(Level level, String text) {
    emit(new Output.Remark(level, text));
  }

  /** Requests that the state is saved before the outputs of this step. */
  void stateChanged() {
    stateChanged = true;
  }

  /** Requests that the state is saved, and reports new slots, roles or addresses. */
  void topologyChanged() {
    stateChanged = true;
    topologyChanged = true;
  }

  /** Reports a change that need not survive a crash. */
  void viewChanged() {
    topologyChanged = true;
  }

  /** Adopts a greater epoch. */
  void raiseEpoch(long epoch) {
    if (epoch > currentEpoch) {
      currentEpoch = epoch;
      stateChanged = true;
    }
  }

  /** Returns a new epoch, greater than all known ones. */
  long nextEpoch() {
    raiseEpoch(currentEpoch + 1);
    return currentEpoch;
  }

  void restoreEpochs(long epoch, long voteEpoch) {
    currentEpoch = epoch;
    lastVoteEpoch = voteEpoch;
    stateChanged = true;
  }

  /** Notes that our vote in an epoch is given. */
  void voted(long epoch) {
    lastVoteEpoch = epoch;
    stateChanged = true;
  }

  /** Makes this node a replica. */
  void becomeReplicaOf(Node master) {
    Node myself = myself();
    if (myself.isMaster()) {
      slots.unassignAll(myself);
      if (slots.closeAll()) {
        remark(Level.NOTICE, "Migrations of slots end because this node becomes a replica");
      }
    }
    manual.end();
    elections.forget();
    myself.becomeReplica(master);
    myself.labels =
        new NodeRecord.Labels(
            myself.labels.hostname(), myself.labels.nodeName(), master.labels.shard());
    follow(master);
    topologyChanged();
  }

  /** Makes this node a master without slots. */
  void becomeMaster() {
    manual.end();
    elections.forget();
    myself().becomeMaster();
    emit(new Output.Promote());
    topologyChanged();
  }

  /** Starts replication from our master at its current address, if that is known. */
  void follow(Node master) {
    if (!master.has(NodeFlag.NOADDR) && !master.endpoint.ip().isEmpty()) {
      emit(new Output.Follow(master.id(), master.endpoint));
    }
  }

  /** Requests a tick at a time of the machine's own clock. */
  void wakeBy(long moment) {
    if (moment > now) {
      wakeAt = Math.min(wakeAt, moment);
    }
  }

  /** Returns a random number of at least 0 and less than {@code bound}. */
  int random(int bound) {
    return random.nextInt(bound);
  }

  ClusterOptions options() {
    return options;
  }

  long timeoutMillis() {
    return options.nodeTimeoutMillis();
  }

  Node myself() {
    return nodes.myself();
  }

  long now() {
    return now;
  }

  long dataAgeMillis() {
    return dataAgeMillis;
  }

  /** Converts a time of the machine's own clock to wall milliseconds; 0 for never. */
  long wall(long moment) {
    return moment == Node.NEVER ? 0 : Math.max(1, moment + wallOffset);
  }

  /** Converts wall milliseconds to the machine's own clock. */
  long fromWall(long wallMillis) {
    return wallMillis - wallOffset;
  }

  /**
   * Returns the latest time of the next tick, in the caller's milliseconds; a very large number for
   * none.
   */
  public long wakeAtMillis() {
    return wakeAt == Long.MAX_VALUE ? Long.MAX_VALUE : wakeAt + pausedMillis;
  }

  /**
   * Returns the offset of the paused master that our replication must reach in a manual failover;
   * -1 if none is awaited. {@link Input.Replication} should report it at once.
   */
  public long awaitedOffset() {
    return manual.awaitedOffset();
  }

  /** Returns the state that must survive a crash. */
  public ClusterState state() {
    return Restoration.state(this);
  }

  /** Returns a node as {@code nodes.conf} and CLUSTER NODES show it. */
  public NodeRecord record(Node node) {
    return Restoration.record(this, node);
  }

  /** Returns our id. */
  public String myId() {
    return myself().id();
  }

  /** Returns this node. */
  public Node me() {
    return myself();
  }

  /** Returns all known nodes, this one and those in a handshake included. */
  public Collection<Node> allNodes() {
    return nodes.all();
  }

  /** Returns the node of an id, or null. */
  public @Nullable Node node(String id) {
    return nodes.get(id);
  }

  /** Returns true if an id is that of a node whose messages are trusted, or our own. */
  public boolean knows(String id) {
    return nodes.known(id) != null;
  }

  /** Returns the node to which a link of ours leads, or null. */
  public @Nullable Node ofLink(int link) {
    return nodes.ofLink(link);
  }

  /** Returns the owner of a slot, or null. */
  public @Nullable Node owner(int slot) {
    return slots.owner(slot);
  }

  /** Returns true if a node owns all of some slots. */
  public boolean ownsAll(@Nullable Node node, SlotSet slots) {
    boolean[] all = {node != null};
    slots.forEach(slot -> all[0] &= owner(slot) == node);
    return all[0];
  }

  /** Returns true if this node or its master owns a slot. */
  public boolean isOfMyShard(int slot) {
    return slots.owner(slot) == myself().shardMaster();
  }

  /** Returns true if keys of a slot belong here: it is our shard's, or being imported. */
  public boolean keepsKeysOf(int slot) {
    return isOfMyShard(slot) || importingFrom(slot) != null;
  }

  /** Returns the node to which we migrate a slot, or null. */
  public @Nullable Node migratingTo(int slot) {
    // No boxing at each command while nothing migrates.
    return slots.migrating.isEmpty() ? null : slots.migrating.get(slot);
  }

  /** Returns the node from which we import a slot, or null. */
  public @Nullable Node importingFrom(int slot) {
    return slots.importing.isEmpty() ? null : slots.importing.get(slot);
  }

  /** Returns the number of slots with an owner. */
  public int assignedSlots() {
    return slots.assignedCount();
  }

  /** Returns the number of masters with slots. */
  public int voters() {
    return nodes.voters();
  }

  /**
   * Returns the number of voters that are a majority. Owners of slots that we have yet to hear of
   * count, too: who saw fewer masters than there are could win with too few votes.
   */
  public int majority() {
    return (nodes.voters() + slots.unknownOwners()) / 2 + 1;
  }

  /** Returns the number of valid reports of masters that a node has failed. */
  public int failureReports(Node node) {
    return health.reports(node);
  }

  /** Returns the greatest known epoch. */
  public long currentEpoch() {
    return currentEpoch;
  }

  /** Returns the epoch of our last vote. */
  public long lastVoteEpoch() {
    return lastVoteEpoch;
  }

  /** Returns our replication offset. */
  public long offset() {
    return offset;
  }

  /** Returns the findings about states and settings that cause problems, one line each. */
  public List<String> findings() {
    return Doctor.findings(this);
  }

  /** Returns true if commands for slots are served. */
  public boolean isServing() {
    return serving.isOk();
  }
}
