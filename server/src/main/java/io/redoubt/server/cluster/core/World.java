package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.core.Output.Urgency;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as this node sees it: the nodes, the slots, the epochs and the time, and the outputs
 * of the step in progress. The parts of the {@link Cluster} read and change it.
 */
final class World {
  /** The limit of the time for which a forgotten node is not added again. */
  static final long FORGET_MILLIS = 60_000;

  private static final long MILLIS_PER_SECOND = 1000;
  private static final int ID_DIGITS = 40;

  final NodeTable nodes;
  final SlotTable slots = new SlotTable();

  private final MachineClock clock;
  private final RandomGenerator random;
  private final List<Output> outputs = new ArrayList<>();
  private ClusterOptions options;
  private long currentEpoch;
  private long lastVoteEpoch;

  /** Our replication offset. */
  private long offset;

  private long dataAgeMillis;

  /** True if commands for slots are served. */
  private boolean serving;

  private boolean stateChanged;
  private boolean topologyChanged;

  /** The part of the state that others may have heard of once it is on disk. */
  private Binding binding;

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
   * Creates the world of a node from a saved state.
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
    // A hand-made file must not make epochs of elections equal to those of masters.
    this.currentEpoch = Math.max(currentEpoch, nodes.maxConfigEpoch());
    this.binding = binding();
  }

  /**
   * Advances the clock to the caller's time. Returns the milliseconds of the pause of this process
   * that has just ended, 0 if there was none.
   *
   * @param leastMillis the longest gap between two calls that is no pause
   */
  long advance(long nowMillis, long leastMillis) {
    return clock.advance(nowMillis, leastMillis);
  }

  /** Starts a tick, which sets the time of the next one. */
  void tick(long wallMillis) {
    clock.clearWake();
    wallOffset = wallMillis - now();
  }

  /**
   * Ends a step: returns its outputs, after a request to save what has changed.
   *
   * @param urgency of a change that binds this node to nothing
   */
  List<Output> result(Urgency urgency) {
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
      result.add(new Output.Persist(Restoration.state(this), binds ? Urgency.BINDING : urgency));
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

  private Binding binding() {
    Node myself = myself();
    return new Binding(
        myself.id(), currentEpoch, lastVoteEpoch, myself.configEpoch, myself.slotsNow());
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

  /** Starts replication from our master at its current address, if that is known. */
  void follow(Node master) {
    if (!master.has(NodeFlag.NOADDR) && !master.endpoint.ip().isEmpty()) {
      emit(new Output.Follow(master.id(), master.endpoint));
    }
  }

  /** Requests a tick at a time of the machine's own clock. */
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

  /** Converts a time of the machine's own clock to wall milliseconds; 0 for never. */
  long wall(long moment) {
    return moment == Node.NEVER ? 0 : Math.max(1, moment + wallOffset);
  }

  /** Converts wall milliseconds to the machine's own clock. */
  long fromWall(long wallMillis) {
    return wallMillis - wallOffset;
  }

  /** Closes the link to a node; the next tick opens another one. */
  void closeLink(Node node) {
    if (node.link.state != Node.LinkState.DOWN) {
      emit(new Output.Disconnect(node.link.id));
      linkLost(node);
    }
  }

  /** Notes that the link to a node is down. */
  void linkLost(Node node) {
    nodes.unlinked(node.link.id);
    node.link.state = Node.LinkState.DOWN;
  }

  /** Removes a node with its slots, its link and its part in others' state. */
  void remove(Node node) {
    boolean inHandshake = node.isInHandshake();
    slots.unassignAll(node);
    slots.forget(node);
    slots.migrating.values().removeIf(each -> each == node);
    slots.importing.values().removeIf(each -> each == node);
    closeLink(node);
    nodes.remove(node);
    if (!inHandshake) {
      topologyChanged();
    }
  }

  /** Handles the news that another node has forgotten one. */
  void forgottenByOthers(String id, long ttlSeconds) {
    Node node = nodes.known(id);
    if (node == null || node == myself() || node == myself().master() || ttlSeconds <= 0) {
      return;
    }
    nodes.forgetUntil(id, now() + Math.min(ttlSeconds * MILLIS_PER_SECOND, FORGET_MILLIS));
    remove(node);
  }

  /** Notes our replication offset. */
  void reached(long offset) {
    this.offset = offset;
  }

  /** Notes the age of our data. */
  void aged(long dataAgeMillis) {
    this.dataAgeMillis = dataAgeMillis;
  }

  void configure(ClusterOptions changed) {
    options = changed;
    Restoration.applyOptions(this);
  }

  /** Sets whether commands for slots are served. */
  void serve(boolean on) {
    serving = on;
    viewChanged();
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

  /** Returns the owner of a slot, or null. */
  @Nullable Node owner(int slot) {
    return slots.owner(slot);
  }

  /** Returns the latest time of the next tick, in the caller's milliseconds. */
  long wakeAtMillis() {
    return clock.wakeAtMillis();
  }

  /**
   * Returns the number of voters that are a majority. Owners of slots that we have yet to hear of
   * count, too: otherwise a node with a partial view could win with a minority.
   */
  int majority() {
    return (nodes.voters() + slots.unknownOwners()) / 2 + 1;
  }

  /** Returns the greatest known epoch. */
  long currentEpoch() {
    return currentEpoch;
  }

  /** Returns the epoch of our last vote. */
  long lastVoteEpoch() {
    return lastVoteEpoch;
  }

  /** Returns our replication offset. */
  long offset() {
    return offset;
  }
}
