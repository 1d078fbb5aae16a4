package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.Epochs;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.Settings;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A sentinel's state machine: it monitors masters, agrees with other sentinels on failures and
 * leaders, and performs failovers.
 *
 * <p>Invariants: the current epoch, a master's config epoch and the epoch of our last vote never
 * decrease. There is at most one vote per master and epoch, on disk before it is reported. A
 * failover not ordered by an operator starts only at ODOWN, and promotes only with a majority of
 * votes.
 *
 * <p>Time: the caller's milliseconds must not decrease. A gap between two steps that exceeds the
 * tilt trigger means that this process was paused. The gap is subtracted from the machine's own
 * time, so that our pause never looks like the silence of others.
 */
public final class Sentinel {
  private final String myId;
  private final RandomGenerator random;
  private final Map<String, Master> masters = new LinkedHashMap<>();
  private final Map<Integer, Instance> instances = new LinkedHashMap<>();
  private final List<Output> outputs = new ArrayList<>();

  final Links links = new Links(this);
  final Health health = new Health(this);
  final Discovery discovery = new Discovery(this);
  final Elections elections = new Elections(this);
  final Candidates candidates = new Candidates(this);
  final Fencing fencing = new Fencing(this);
  final Failovers failovers = new Failovers(this);
  final Handover handover = new Handover(this);
  final Leases leases;
  final Names names = new Names(() -> settings().announceHostnames());
  final Doctor doctor;

  private Settings settings;
  private long currentEpoch;
  private boolean stateChanged;
  private boolean started;

  private long clockMillis;
  private long pausedMillis;
  private long now;
  private long wakeAt = Long.MAX_VALUE;

  private boolean tilt;
  private long tiltSince;
  private int lastInstanceId;

  /**
   * The end of the time for which a sentinel without state only listens; see {@link #isJoining}.
   */
  private long joiningUntil;

  /**
   * Creates a sentinel from a saved state.
   *
   * @param nowMillis the current time on the clock of {@link #step}
   * @param random the generator of random waits
   */
  public Sentinel(SentinelState state, Settings settings, RandomGenerator random, long nowMillis) {
    this.myId = state.myId();
    this.currentEpoch = state.currentEpoch();
    this.settings = settings;
    this.random = random;
    this.clockMillis = nowMillis;
    this.now = nowMillis;
    this.doctor = new Doctor(this, nowMillis);
    this.leases = new Leases(this, nowMillis);
    for (MasterState master : state.masters()) {
      restore(master);
    }
    boolean hasMemory =
        currentEpoch > 0
            || state.masters().stream().anyMatch(master -> !master.sentinels().isEmpty());
    joiningUntil =
        hasMemory ? nowMillis : nowMillis + settings.timings().millis(Timing.PUBLISH_PERIOD) * 2;
  }

  /**
   * Returns true if this sentinel started recently without state. It may be an old one that lost
   * its file with its votes. Until it has heard all hello messages it does not vote, and never in
   * an epoch that it heard of before.
   */
  boolean isJoining() {
    return now < joiningUntil;
  }

  private void restore(MasterState state) {
    Master master = add(state);
    for (Address replica : state.replicas()) {
      if (!replica.isSamePlace(state.address()) && replicaAt(master, replica) == null) {
        addReplica(master, replica);
      }
    }
    for (KnownSentinel known : state.sentinels()) {
      if (!known.runId().equals(myId) && master.peer(known.runId()) == null) {
        addPeer(master, known.address(), known.runId());
      }
    }
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
      for (Master master : masters.values()) {
        announceMonitor(master);
      }
    }
    switch (input) {
      case Input.Tick() -> tick();
      case Input.Connected(int link, Link.Kind kind, String localHost) ->
          links.connected(link, kind, localHost);
      case Input.Disconnected(int link, Link.Kind kind, String reason) ->
          links.disconnected(link, kind, reason);
      case Input.Replied(int link, NodeRequest request, Answer answer) ->
          replied(link, request, answer);
      case Input.HelloHeard(int link, String payload) -> {
        links.heard(link);
        discovery.hello(payload);
      }
      case Input.Monitor(String name, Address address, int quorum) ->
          monitor(name, address, quorum);
      case Input.Remove(String name) -> remove(name);
      case Input.Set(String name, MasterOptions options, List<String> changes) ->
          set(name, options, changes);
      case Input.Failover order -> order(order);
      case Input.Reset(List<String> names) -> reset(names);
      case Input.AskedIfDown asked -> elections.askedIfDown(asked);
      case Input.Resolved(String name, String address) -> names.resolved(name, address);
      case Input.Leave() -> masters.values().forEach(leases::leave);
      case Input.FlushConfig() -> {
        stateChanged = true;
        emit(new Output.Done(1));
      }
      case Input.Configure(Settings changed) -> configure(changed);
    }
    List<Output> result = new ArrayList<>(outputs.size() + 1);
    if (stateChanged) {
      stateChanged = false;
      result.add(new Output.Persist(state()));
    }
    result.addAll(outputs);
    outputs.clear();
    return result;
  }

  private void configure(Settings changed) {
    boolean otherAuth = !changed.peers().hasLoginOf(settings.peers());
    settings = changed;
    if (otherAuth) {
      links.renewPeers();
    }
    stateChanged = true;
    emit(new Output.Done(1));
  }

  private void advance(long nowMillis) {
    long passed = Math.max(0, nowMillis - clockMillis);
    clockMillis = Math.max(clockMillis, nowMillis);
    boolean paused = passed > settings.timings().millis(Timing.TILT_TRIGGER);
    if (paused) {
      pausedMillis += passed;
    }
    now = clockMillis - pausedMillis;
    if (paused) {
      masters.values().forEach(Handover::onProcessPause);
      tiltSince = now;
      if (!tilt) {
        tilt = true;
        event(Level.WARNING, "+tilt", "#tilt mode entered");
      }
    }
  }

  private void tick() {
    wakeAt = Long.MAX_VALUE;
    if (tilt && now - tiltSince >= settings.timings().millis(Timing.TILT_PERIOD)) {
      tilt = false;
      event(Level.WARNING, "-tilt", "#tilt mode exited");
    }
    for (Master master : masters.values()) {
      maintain(master);
      for (Replica replica : master.replicas()) {
        maintain(replica);
      }
      for (SentinelPeer peer : master.sentinels()) {
        maintain(peer);
      }
      discovery.forgetExpired(master);
      react(master);
    }
    doctor.tick(now);
  }

  private void maintain(Instance instance) {
    links.maintain(instance);
    if (!tilt) {
      health.judge(instance);
    }
  }

  /** Reacts to the current state of a master. */
  void react(Master master) {
    if (!tilt) {
      health.judgeTogether(master);
      elections.askPeers(master, false);
      failovers.advance(master);
    }
  }

  private void replied(int linkId, NodeRequest request, Answer answer) {
    Link link = links.answered(linkId, request);
    Instance instance = instances.get(request.instance());
    if (link == null) {
      return;
    }
    if (request.purpose() == NodeRequest.Purpose.PING) {
      links.pong(link, answer);
      for (Instance user : List.copyOf(link.users())) {
        if (!tilt) {
          health.judge(user);
          react(user.master());
        }
      }
      return;
    }
    if (instance == null) {
      return;
    }
    switch (request.purpose()) {
      case INFO -> {
        if (instance instanceof DataNode node && answer instanceof Answer.Text text) {
          discovery.info(node, text.value());
        }
      }
      case OPINION, VOTE -> {
        if (instance instanceof SentinelPeer peer) {
          elections.answered(peer, request, answer);
        }
      }
      case ROLE -> failovers.roleAnswered(instance, answer);
      case FENCE -> {
        if (instance instanceof DataNode node) {
          fencing.answered(node, request, answer);
        }
      }
      case PAUSE -> {
        if (instance instanceof Master master) {
          handover.pauseAnswered(master, answer);
        }
      }
      case LEASE -> leases.answered(link, request, answer);
      case CONFIGURATION -> {
        if (instance instanceof DataNode node) {
          doctor.receiveSettings(node, answer);
        }
      }
      case GREETING -> links.greeted(instance, answer);
      case SUBSCRIPTION, HELLO, PING -> {
        // Nothing depends on these; PING was handled above.
      }
    }
    react(instance.master());
  }

  private void monitor(String name, Address address, int quorum) {
    if (masters.containsKey(name)) {
      emit(new Output.Refused("ERR Duplicate master name."));
      return;
    }
    MasterOptions options = MasterOptions.defaults(quorum, settings.timings());
    announceMonitor(add(MasterState.fresh(name, address, options)));
    stateChanged = true;
    emit(new Output.Done(1));
  }

  private void announceMonitor(Master master) {
    event(
        Level.WARNING,
        "+monitor",
        master,
        names.described(master) + " quorum " + master.options().quorum());
  }

  private void remove(String name) {
    Master master = wanted(name);
    if (master != null) {
      leases.leave(master);
      event(Level.WARNING, "-monitor", master);
      forgetOthers(master);
      forget(master);
      masters.remove(name);
      stateChanged = true;
      emit(new Output.Done(1));
    }
  }

  private void set(String name, MasterOptions options, List<String> changes) {
    Master master = wanted(name);
    if (master == null) {
      return;
    }
    boolean otherAuth = !options.access().hasLoginOf(master.options().access());
    master.reconfigured(options);
    if (otherAuth) {
      links.renew(master);
      master.replicas().forEach(links::renew);
    }
    for (String change : changes) {
      event(Level.WARNING, "+set", master, names.described(master) + " " + change);
    }
    stateChanged = true;
    emit(new Output.Done(changes.size()));
    react(master);
  }

  private void order(Input.Failover order) {
    Master master = wanted(order.name());
    if (master == null) {
      return;
    }
    if (master.failover() != null) {
      emit(new Output.Refused("INPROG Failover already in progress"));
    } else if (!Epochs.isPossible(currentEpoch)) {
      emit(new Output.Refused("ERR No epoch is left for another failover"));
    } else if (!fencing.isNeeded(master) && candidates.choose(master) == null) {
      emit(new Output.Refused("NOGOODSLAVE No suitable replica to promote"));
    } else if (!order.acceptsLoss() && !fencing.isPromising(master, Handover.isPossible(master))) {
      emit(
          new Output.Refused(
              "NOGOODSLAVE Too few members of the group that acknowledges writes can be reached to"
                  + " keep all of them; FORCE-DATA-LOSS accepts the loss"));
    } else if (order.coordinated() && !Handover.isPossible(master)) {
      emit(new Output.Refused("NOGOODMASTER The master can't be asked to stop writes"));
    } else {
      remark(Level.WARNING, "Executing user requested FAILOVER of '" + order.name() + "'");
      emit(new Output.Done(1));
      failovers.order(master, order.coordinated(), order.acceptsLoss());
      failovers.advance(master);
    }
  }

  private void reset(List<String> names) {
    long count = 0;
    for (String name : names) {
      Master master = masters.get(name);
      if (master != null) {
        forgetOthers(master);
        links.release(master);
        master.moveTo(master.address(), links.make(master.address()));
        failovers.restart(master);
        boolean unused = master.groupReported(null);
        event(Level.WARNING, "+reset-master", master);
        stateChanged = true;
        count++;
      }
    }
    emit(new Output.Done(count));
  }

  private @Nullable Master wanted(String name) {
    Master master = masters.get(name);
    if (master == null) {
      emit(new Output.Refused("ERR No such master with that name"));
    }
    return master;
  }

  private Master add(MasterState state) {
    Master master = new Master(++lastInstanceId, state, links.make(state.address()), now);
    master.link().addUser(master);
    instances.put(master.id(), master);
    masters.put(master.name(), master);
    return master;
  }

  Replica addReplica(Master master, Address address) {
    Replica replica = new Replica(++lastInstanceId, address, links.make(address), master, now);
    replica.link().addUser(replica);
    instances.put(replica.id(), replica);
    master.replicaFound(replica);
    return replica;
  }

  /** Returns the master's replica at an address, or null. */
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

  SentinelPeer addPeer(Master master, Address address, String runId) {
    Link shared = links.ofSentinel(runId, address);
    Link link = shared == null ? links.make(address) : shared;
    SentinelPeer peer = new SentinelPeer(++lastInstanceId, address, link, master, runId, now);
    link.addUser(peer);
    instances.put(peer.id(), peer);
    master.sentinelFound(peer);
    return peer;
  }

  /** Releases an instance that was removed from its master. */
  void forget(Instance instance) {
    links.release(instance);
    instances.remove(instance.id());
  }

  /** Removes another sentinel from all masters. */
  void forgetSentinel(String runId) {
    for (Master master : masters.values()) {
      SentinelPeer peer = master.peer(runId);
      if (peer != null) {
        master.sentinelGone(peer);
        forget(peer);
      }
    }
    stateChanged = true;
  }

  private void forgetOthers(Master master) {
    master.replicas().forEach(this::forget);
    master.sentinels().forEach(this::forget);
    master.forgetOthers();
  }

  /** Adopts a greater epoch, which is on disk before any further output of this step. */
  void raiseEpoch(Master master, long epoch) {
    if (epoch > currentEpoch) {
      currentEpoch = epoch;
      stateChanged = true;
      if (isJoining()) {
        masters.values().forEach(each -> each.abstainUntil(epoch));
      }
      event(Level.WARNING, "+new-epoch", master, Long.toString(epoch));
    }
  }

  void stateChanged() {
    stateChanged = true;
  }

  void emit(Output output) {
    outputs.add(output);
  }

  /** Emits an event without a master. */
  void event(Level level, String type, String payload) {
    emit(new Output.Event(level, type, payload));
  }

  /** Emits an event about an instance. */
  void event(Level level, String type, Instance about) {
    event(level, type, about, names.described(about));
  }

  /**
   * Emits an event about an instance with more text; warnings also run its master's notification
   * script.
   */
  void event(Level level, String type, Instance about, String payload) {
    event(level, type, payload);
    String script = about.master().options().scripts().notification();
    if (level == Level.WARNING && !script.isEmpty()) {
      emit(new Output.RunScript(script, List.of(type, payload)));
    }
  }

  /**
   * Runs the clients' script because of a new master.
   *
   * @param leads true if it is our own failover
   */
  void runReconfigScript(Master master, boolean leads, Address from, Address to) {
    String script = master.options().scripts().clientReconfig();
    if (!script.isEmpty()) {
      emit(
          new Output.RunScript(
              script,
              List.of(
                  master.name(),
                  leads ? "leader" : "observer",
                  "start",
                  shown(from).host(),
                  Integer.toString(from.port()),
                  shown(to).host(),
                  Integer.toString(to.port()))));
    }
  }

  void remark(Level level, String text) {
    emit(new Output.Remark(level, text));
  }

  /** Requests a tick at a time of the machine's own clock. */
  void wakeBy(long moment) {
    if (moment > now) {
      wakeAt = Math.min(wakeAt, moment);
    }
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

  /**
   * Returns the latest time of the next tick, in the caller's milliseconds; a very large number for
   * none.
   */
  public long wakeAtMillis() {
    return wakeAt == Long.MAX_VALUE ? Long.MAX_VALUE : wakeAt + pausedMillis;
  }

  /** Returns the machine's own time without pauses, which ages of instances refer to. */
  public long nowMillis() {
    return now;
  }

  /** Returns the state that must survive a crash. */
  public SentinelState state() {
    return new SentinelState(
        myId, currentEpoch, masters.values().stream().map(Master::state).toList());
  }

  /** Returns our id, 40 hexadecimal digits. */
  public String myId() {
    return myId;
  }

  /** Returns the settings for all masters. */
  public Settings settings() {
    return settings;
  }

  /** Returns the greatest known epoch. */
  public long currentEpoch() {
    return currentEpoch;
  }

  /** Returns true if we only monitor because this process was paused. */
  public boolean isTilted() {
    return tilt;
  }

  /** Returns the milliseconds since that began. */
  public long tiltMillis() {
    return tilt ? now - tiltSince : 0;
  }

  /** Returns all masters in the order of their configuration. */
  public Collection<Master> masters() {
    return Collections.unmodifiableCollection(masters.values());
  }

  /** Returns the master of a name, or null. */
  public @Nullable Master master(String name) {
    return masters.get(name);
  }

  /** Returns the findings about risky configurations, one line each. */
  public List<String> findings(Master master) {
    return doctor.findings(master);
  }

  /** Returns the address that clients and other sentinels see, by host name if configured. */
  public Address shown(Address place) {
    return names.shown(place);
  }

  /** Returns the name of an instance in replies and events. */
  public String nameOf(Instance instance) {
    return names.of(instance);
  }

  /** Returns the number of reachable sentinels of a master, this one included. */
  public int reachableSentinels(Master master) {
    return elections.reachable(master);
  }
}
