package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.protocol.machine.Outbox;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.core.Output.Urgency;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * This node's view of the cluster (nodes, slots, epochs and time) and the outputs of the current
 * step. The base of the package: the parts of {@link Cluster} read and change it.
 */
final class World {
  /** The maximum time during which gossip does not add a forgotten node again. */
  static final long FORGET_MILLIS = 60_000;

  private static final long MILLIS_PER_SECOND = 1000;
  private static final int ID_DIGITS = 40;

  final NodeTable nodes;
  final SlotTable slots = new SlotTable();

  private final MachineClock clock;
  private final RandomGenerator random;
  private final Outbox<Output> outbox = new Outbox<>();
  private ClusterOptions options;
  private long currentEpoch;
  private long lastVoteEpoch;

  /** This node's replication offset. */
  private long offset;

  private long dataAgeMillis;

  /** True if commands for slots are served. */
  private boolean serving;

  private boolean topologyChanged;

  /** The promises in the last state that was handed out to be persisted. */
  private Binding binding;

  private long wallOffset;

  /**
   * The part of the state on which other nodes rely: the vote, the epochs and the claimed slots.
   */
  private record Binding(
      String id, long currentEpoch, long lastVoteEpoch, long configEpoch, SlotSet slots) {
    /**
     * Returns true if this contains a promise that the other lacks, so that it must be durable
     * before any message is sent. Lost slots don't count: if a crash brings one back, the claim of
     * its new owner has a greater epoch.
     */
    boolean bindsBeyond(Binding other) {
      return currentEpoch != other.currentEpoch || claimsBeyond(other);
    }

    /**
     * Returns true if the vote, the config epoch or the slots promise more than the other does; a
     * greater current epoch alone does not count.
     */
    boolean claimsBeyond(Binding other) {
      return !id.equals(other.id)
          || lastVoteEpoch != other.lastVoteEpoch
          || configEpoch != other.configEpoch
          || !other.slots.containsAll(slots);
    }
  }

  /**
   * Creates the view from a saved state.
   *
   * @param nowMillis the caller's current time
   */
  World(ClusterState state, ClusterOptions options, RandomGenerator random, long nowMillis) {
    this.options = options;
    this.random = random;
    this.clock = new MachineClock(nowMillis);
    this.nodes =
        new NodeTable(
            new Node(state.myself().id(), NodeFlag.MYSELF, options.announced(), nowMillis));
    this.currentEpoch = state.currentEpoch();
    this.lastVoteEpoch = state.lastVoteEpoch();
    Restoration.restore(this, state);
    // In a file edited by hand the current epoch may be too small. Elections must use epochs
    // greater than any master's.
    this.currentEpoch = Math.max(currentEpoch, nodes.maxConfigEpoch());
    this.binding = binding();
  }

  /**
   * Advances the clock to the caller's time. Returns the length in milliseconds of a process pause
   * that has just ended, or 0.
   *
   * @param leastMillis the longest gap between two calls that does not count as a pause
   */
  long advance(long nowMillis, long leastMillis) {
    return clock.advance(nowMillis, leastMillis);
  }

  /** Starts a tick: forgets the requested wake-up time, which the tick computes anew. */
  void tick(long wallMillis) {
    clock.clearWake();
    wallOffset = wallMillis - now();
  }

  /**
   * Ends a step and returns its outputs. A changed state is persisted first.
   *
   * @param urgency the urgency of a change that contains no new promise
   */
  List<Output> result(Urgency urgency) {
    List<Output> result = outbox.end(first -> persist(first, urgency));
    if (topologyChanged) {
      topologyChanged = false;
      result.add(new Output.TopologyChanged());
    }
    return result;
  }

  private void persist(List<Output> first, Urgency urgency) {
    Binding current = binding();
    if (topologyChanged && !current.claimsBeyond(binding)) {
      // Claims of other nodes need not be durable here before clients are redirected.
      topologyChanged = false;
      first.add(new Output.TopologyChanged());
    }
    boolean binds = current.bindsBeyond(binding);
    first.add(new Output.Persist(Restoration.state(this), binds ? Urgency.BINDING : urgency));
    binding = current;
  }

  private Binding binding() {
    Node myself = myself();
    return new Binding(
        myself.id(), currentEpoch, lastVoteEpoch, myself.configEpoch, myself.slotsNow());
  }

  void emit(Output output) {
    outbox.emit(output);
  }

  void remark(Level level, String text) {
    emit(new Output.Remark(level, text));
  }

  /** Requests that the state is persisted before the other outputs of this step. */
  void markStateChanged() {
    outbox.markStateChanged();
  }

  /** Requests the same, and reports changed slots, roles or addresses. */
  void markTopologyChanged() {
    outbox.markStateChanged();
    topologyChanged = true;
  }

  /** Reports a change of the view that need not be persisted. */
  void markViewChanged() {
    topologyChanged = true;
  }

  /** Adopts a greater epoch. */
  void raiseEpoch(long epoch) {
    if (epoch > currentEpoch) {
      currentEpoch = epoch;
      outbox.markStateChanged();
    }
  }

  /** Starts a new epoch, greater than all known ones, and returns it. */
  long nextEpoch() {
    raiseEpoch(currentEpoch + 1);
    return currentEpoch;
  }

  void restoreEpochs(long epoch, long voteEpoch) {
    currentEpoch = epoch;
    lastVoteEpoch = voteEpoch;
    outbox.markStateChanged();
  }

  /** Records this node's vote in an epoch. */
  void setVoted(long epoch) {
    lastVoteEpoch = epoch;
    outbox.markStateChanged();
  }

  /** Starts replication from a master, if its address is known. */
  void follow(Node master) {
    if (!master.has(NodeFlag.NOADDR) && !master.endpoint.ip().isEmpty()) {
      emit(new Output.Follow(master.id(), master.endpoint));
    }
  }

  /** Requests a tick by a time on the machine's own clock. */
  void wakeBy(long moment) {
    clock.wakeBy(moment);
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
    return clock.now();
  }

  long dataAgeMillis() {
    return dataAgeMillis;
  }

  /** Converts a time on the machine's own clock to Unix milliseconds; 0 for never. */
  long wall(long moment) {
    return moment == MachineClock.NEVER ? 0 : Math.max(1, moment + wallOffset);
  }

  /** Converts Unix milliseconds to the machine's own clock. */
  long fromWall(long wallMillis) {
    return wallMillis - wallOffset;
  }

  /** Closes the link to a node; the next tick opens a new one. */
  void closeLink(Node node) {
    if (node.link.state != Node.LinkState.DOWN) {
      emit(new Output.Disconnect(node.link.id));
      markLinkLost(node);
    }
  }

  void markLinkLost(Node node) {
    nodes.removeLink(node.link.id);
    node.link.state = Node.LinkState.DOWN;
  }

  /** Removes a node, its slots, its link and all references to it. */
  void remove(Node node) {
    boolean inHandshake = node.isInHandshake();
    slots.unassignAll(node);
    slots.forget(node);
    slots.migrating.values().removeIf(each -> each == node);
    slots.importing.values().removeIf(each -> each == node);
    closeLink(node);
    nodes.remove(node);
    if (!inHandshake) {
      markTopologyChanged();
    }
  }

  /** Forgets a node because a peer was ordered to; CLUSTER FORGET spreads by gossip. */
  void forgetForOthers(String id, long ttlSeconds) {
    Node node = nodes.known(id);
    if (node == null || node == myself() || node == myself().master() || ttlSeconds <= 0) {
      return;
    }
    nodes.forgetUntil(id, now() + Math.min(ttlSeconds * MILLIS_PER_SECOND, FORGET_MILLIS));
    remove(node);
  }

  void setOffset(long offset) {
    this.offset = offset;
  }

  void setDataAge(long dataAgeMillis) {
    this.dataAgeMillis = dataAgeMillis;
  }

  void configure(ClusterOptions changed) {
    options = changed;
    Restoration.applyOptions(this);
  }

  /** Starts or stops serving commands for slots. */
  void serve(boolean on) {
    serving = on;
    markViewChanged();
  }

  /** Returns true if commands for slots are served. */
  boolean isServing() {
    return serving;
  }

  String newId() {
    return randomId(random);
  }

  static String randomId(RandomGenerator random) {
    StringBuilder id = new StringBuilder(ID_DIGITS);
    for (int i = 0; i < ID_DIGITS; i++) {
      id.append(Character.forDigit(random.nextInt(16), 16));
    }
    return id.toString();
  }

  @Nullable Node owner(int slot) {
    return slots.owner(slot);
  }

  /** Returns the time by which the next tick is due, in the caller's milliseconds. */
  long wakeAtMillis() {
    return clock.wakeAtMillis();
  }

  /**
   * Returns the number of votes that form a majority. Successors that this node has not heard of
   * yet count, too: otherwise a node with a partial view could win with a minority.
   */
  int majority() {
    return (nodes.voters() + slots.unknownOwners()) / 2 + 1;
  }

  /** Returns the greatest known epoch. */
  long currentEpoch() {
    return currentEpoch;
  }

  long lastVoteEpoch() {
    return lastVoteEpoch;
  }

  long offset() {
    return offset;
  }
}
