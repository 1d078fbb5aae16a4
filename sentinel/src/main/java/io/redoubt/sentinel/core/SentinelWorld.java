package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.protocol.machine.Outbox;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Settings;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state shared by the parts of a {@link Sentinel}: the masters with their instances, the epoch,
 * the settings, the time, and the outputs of the step in progress.
 */
final class SentinelWorld {
  final Names names = new Names(() -> settings().announceHostnames());

  private final String myId;
  private final MachineClock clock;
  private final RandomGenerator random;
  private final Map<String, Master> masters = new LinkedHashMap<>();
  private final Map<Integer, Instance> instances = new LinkedHashMap<>();
  private final Outbox<SentinelOutput> outbox = new Outbox<>();
  private Settings settings;
  private long currentEpoch;
  private boolean heardOwnId;

  private boolean tilt;
  private long tiltSince;

  /** The time until which a sentinel without saved state only listens; see {@link #isJoining}. */
  private long joiningUntil;

  /**
   * Creates the world of a sentinel.
   *
   * @param nowMillis the caller's current time
   * @param random the generator of random waits
   */
  SentinelWorld(
      String myId, long currentEpoch, Settings settings, RandomGenerator random, long nowMillis) {
    this.myId = myId;
    this.currentEpoch = currentEpoch;
    this.settings = settings;
    this.random = random;
    this.clock = new MachineClock(nowMillis);
  }

  /** Only listens for a while, since a lost state file may have contained votes. */
  void join() {
    joiningUntil = nowMillis() + timings().millis(Timing.PUBLISH_PERIOD) * 2;
  }

  /**
   * Returns true if this sentinel started recently without saved state. It may have existed before
   * and lost its file, and with it its votes. It does not vote until it has had time to hear the
   * hellos of all others, and then never in an epoch that it heard meanwhile.
   */
  boolean isJoining() {
    return nowMillis() < joiningUntil;
  }

  /** Advances the clock to the caller's time; returns true at the end of a pause. */
  boolean advance(long nowMillis) {
    return clock.advance(nowMillis, timings().millis(Timing.TILT_TRIGGER)) > 0;
  }

  /** Enters tilt mode, in which the sentinel only monitors, because this process was paused. */
  void tilt() {
    tiltSince = nowMillis();
    if (!tilt) {
      tilt = true;
      event(Level.WARNING, "+tilt", "#tilt mode entered");
    }
  }

  /** Starts a tick, which schedules the next one. */
  void tick() {
    clock.clearWake();
    if (tilt && nowMillis() - tiltSince >= timings().millis(Timing.TILT_PERIOD)) {
      tilt = false;
      event(Level.WARNING, "-tilt", "#tilt mode exited");
    }
  }

  /** Ends a step: returns its outputs, preceded by a request to save a changed state. */
  List<SentinelOutput> result() {
    return outbox.end(first -> first.add(new SentinelOutput.Persist(state())));
  }

  /** Returns the state that must survive a crash. */
  SentinelState state() {
    return new SentinelState(
        myId, currentEpoch, masters.values().stream().map(Master::state).toList());
  }

  @Nullable Replica replicaAt(Master master, Address place) {
    Replica replica = master.replica(place);
    if (replica != null) {
      return replica;
    }
    for (Replica each : master.replicas()) {
      if (names.same(each.address(), place)) {
        return each;
      }
    }
    return null;
  }

  /**
   * Returns true if a node is the process at an address of its group, by place or by run id. One
   * process may be known under several addresses, such as a host name, a virtual address and an
   * IPv6 address.
   */
  boolean isProcessAt(DataNode node, Address place) {
    if (names.same(node.address(), place)) {
      return true;
    }
    Master master = masterOf(node);
    DataNode other = names.same(master.address(), place) ? master : replicaAt(master, place);
    return other != null && node.isSameProcess(other);
  }

  /**
   * Returns true if the same process belongs to the group of another master and does not follow
   * this one. Behind address translation two groups may report the same address; the group that the
   * node does not follow must not reconfigure it.
   */
  boolean isOfOtherMaster(Replica replica) {
    NodeInfo info = replica.info();
    if (info == null
        || replica.runId().isEmpty()
        || masters.size() == 1
        || names.follows(info, masterOf(replica).address())) {
      return false;
    }
    for (Instance instance : instances()) {
      if (instance instanceof DataNode
          && !instance.masterName().equals(replica.masterName())
          && instance.runId().equals(replica.runId())) {
        return true;
      }
    }
    return false;
  }

  /** Adopts a greater epoch; it becomes durable before any further output of this step. */
  void raiseEpoch(Master master, long epoch) {
    if (epoch > currentEpoch) {
      currentEpoch = epoch;
      outbox.markStateChanged();
      if (isJoining()) {
        masters.values().forEach(each -> each.abstainUntil(epoch));
      }
      event(Level.WARNING, "+new-epoch", master, Long.toString(epoch));
    }
  }

  void markStateChanged() {
    outbox.markStateChanged();
  }

  void emit(SentinelOutput output) {
    outbox.emit(output);
  }

  /** Emits an event without a master. */
  void event(Level level, String type, String payload) {
    emit(new SentinelOutput.Event(level, type, payload));
  }

  void event(Level level, String type, Instance about) {
    event(level, type, about, described(about));
  }

  /**
   * Emits an event about an instance with its own text; a warning also runs the master's
   * notification script.
   */
  void event(Level level, String type, Instance about, String payload) {
    event(level, type, payload);
    String script = masterOf(about).options().scripts().notification();
    if (level == Level.WARNING && !script.isEmpty()) {
      emit(new SentinelOutput.RunScript(script, List.of(type, payload)));
    }
  }

  /**
   * Runs the client reconfiguration script after a change of the master.
   *
   * @param leads true if this sentinel leads the failover
   */
  void runReconfigScript(Master master, boolean leads, Address from, Address to) {
    String script = master.options().scripts().clientReconfig();
    if (!script.isEmpty()) {
      emit(
          new SentinelOutput.RunScript(
              script,
              List.of(
                  master.name(),
                  leads ? "leader" : "observer",
                  "start",
                  displayed(from).host(),
                  Integer.toString(from.port()),
                  displayed(to).host(),
                  Integer.toString(to.port()))));
    }
  }

  void remark(Level level, String text) {
    emit(new SentinelOutput.Remark(level, text));
  }

  /** Requests a tick at a time of the machine's own clock. */
  void wakeBy(long moment) {
    clock.wakeBy(moment);
  }

  /** Returns a random wait of at least {@code from} and less than {@code to} milliseconds. */
  long randomMillis(long from, long to) {
    return random.nextLong(from, to);
  }

  Timings timings() {
    return settings.timings();
  }

  Collection<Instance> instances() {
    return instances.values();
  }

  void configure(Settings changed) {
    settings = changed;
    outbox.markStateChanged();
  }

  /** Returns the latest time of the next tick, in the caller's milliseconds. */
  long wakeAtMillis() {
    return clock.wakeAtMillis();
  }

  /** Returns the machine's own time. */
  long nowMillis() {
    return clock.now();
  }

  String myId() {
    return myId;
  }

  Settings settings() {
    return settings;
  }

  long currentEpoch() {
    return currentEpoch;
  }

  boolean isTilted() {
    return tilt;
  }

  long tiltMillis() {
    return tilt ? nowMillis() - tiltSince : 0;
  }

  /**
   * Records a hello with our id.
   *
   * @param fromAnother true if we have not announced its address, so another sentinel sent it
   */
  void onOwnId(boolean fromAnother) {
    heardOwnId |= fromAnother;
  }

  /** Returns true if another sentinel uses our id in hello messages. */
  boolean heardOwnId() {
    return heardOwnId;
  }

  /** Returns all masters in the order of their configuration. */
  Collection<Master> masters() {
    return masters.values();
  }

  @Nullable Master master(String name) {
    return masters.get(name);
  }

  /** Returns the master that an instance belongs to; a master belongs to itself. */
  Master masterOf(Instance instance) {
    Master master = masters.get(instance.masterName());
    if (master == null) {
      throw new IllegalStateException(instance.name() + " of an unknown master");
    }
    return master;
  }

  /** Returns the description of an instance in events. */
  String described(Instance instance) {
    return names.described(instance, masterOf(instance));
  }

  @Nullable Instance instance(int id) {
    return instances.get(id);
  }

  void add(Instance instance) {
    instances.put(instance.id(), instance);
    if (instance instanceof Master master) {
      masters.put(master.name(), master);
    }
  }

  void remove(Instance instance) {
    instances.remove(instance.id());
    if (instance instanceof Master master) {
      masters.remove(master.name());
    }
  }

  /** Returns the address shown to clients and other sentinels, by host name if configured. */
  Address displayed(Address place) {
    return names.displayed(place);
  }
}
