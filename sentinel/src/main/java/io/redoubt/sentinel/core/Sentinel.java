package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.Settings;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A sentinel's state machine: it monitors masters, agrees with other sentinels on failures and
 * leaders, and performs failovers.
 *
 * <p>Invariants: the current epoch, a master's config epoch and the epoch of our last vote never
 * decrease. There is at most one vote per master and epoch, durable before it is reported. Unless
 * an operator orders it, a failover starts only at ODOWN and promotes only with a majority of
 * votes.
 *
 * <p>Time: the caller's milliseconds must not decrease. A gap between two steps that exceeds the
 * tilt trigger means that this process was paused. The machine's own time excludes the gap, so that
 * our pause never looks like the silence of others.
 */
public final class Sentinel {
  private final SentinelWorld world;
  private final Links links;
  private final Roster roster;
  private final Leases leases;
  private final LeaderElections elections;
  private final DownDetection health;
  private final Handover handover;
  private final Fencing fencing;
  private final Promotions promotions;
  private final Failovers failovers;
  private final Discovery discovery;
  private final Doctor doctor;
  private final Upkeep upkeep;

  private boolean started;

  /**
   * Creates a sentinel from a saved state.
   *
   * @param nowMillis the current time on the clock of {@link #step}
   * @param random the generator of random waits
   */
  public Sentinel(SentinelState state, Settings settings, RandomGenerator random, long nowMillis) {
    world = new SentinelWorld(state.myId(), state.currentEpoch(), settings, random, nowMillis);
    links = new Links(world);
    roster = new Roster(world, links);
    LeaderWait leaderWait = new LeaderWait(world);
    leases = new Leases(world, links, leaderWait, nowMillis);
    handover = new Handover(world, links);
    fencing = new Fencing(world, links);
    promotions = new Promotions(world, leaderWait, leases, fencing);
    elections = new LeaderElections(world, links, leaderWait, promotions);
    health = new DownDetection(world, links, elections);
    Succession succession = new Succession(world, links, roster, leases);
    failovers =
        new Failovers(
            world, links, leaderWait, elections, handover, fencing, promotions, succession);
    discovery = new Discovery(world, links, roster, leases, handover, failovers);
    doctor = new Doctor(world, links, nowMillis);
    upkeep = new Upkeep(world, links, leases, doctor);
    for (MasterState master : state.masters()) {
      restore(master);
    }
    boolean hasMemory =
        state.currentEpoch() > 0
            || state.masters().stream().anyMatch(master -> !master.sentinels().isEmpty());
    if (!hasMemory) {
      world.join();
    }
  }

  private void restore(MasterState state) {
    Master master = roster.add(state);
    for (Address replica : state.replicas()) {
      if (!replica.isSamePlace(state.address()) && world.replicaAt(master, replica) == null) {
        roster.addReplica(master, replica);
      }
    }
    for (KnownSentinel known : state.sentinels()) {
      if (!known.runId().equals(world.myId()) && master.peer(known.runId()) == null) {
        roster.addPeer(master, known.address(), known.runId());
      }
    }
  }

  /**
   * Processes one input and returns the outputs in order.
   *
   * @param nowMillis monotonic milliseconds
   */
  public List<SentinelOutput> step(long nowMillis, SentinelInput input) {
    advance(nowMillis);
    if (!started) {
      started = true;
      for (Master master : world.masters()) {
        announceMonitor(master);
      }
    }
    switch (input) {
      case SentinelInput.Tick() -> tick();
      case SentinelInput.Connected(int link, Link.Kind kind, String localHost) ->
          upkeep.onConnected(link, kind, localHost);
      case SentinelInput.Disconnected(int link, Link.Kind kind, String reason) ->
          onDisconnected(links.disconnected(link, kind, reason));
      case SentinelInput.Replied(int link, NodeRequest request, Answer answer) ->
          onReply(link, request, answer);
      case SentinelInput.HelloHeard(int link, String payload) -> {
        links.onHeard(link);
        Master moved = discovery.hello(payload);
        if (moved != null) {
          react(moved);
        }
      }
      case SentinelInput.Monitor(String name, Address address, int quorum) ->
          monitor(name, address, quorum);
      case SentinelInput.Remove(String name) -> remove(name);
      case SentinelInput.Set(String name, MasterOptions options, List<String> changes) ->
          set(name, options, changes);
      case SentinelInput.Failover order -> order(order);
      case SentinelInput.Reset(List<String> names) -> reset(names);
      case SentinelInput.AskedIfDown asked -> {
        Master master = elections.askedIfDown(asked);
        if (master != null) {
          failovers.standDown(master);
          react(master);
        }
      }
      case SentinelInput.Resolved(String name, String address) ->
          world.names.onResolved(name, address);
      case SentinelInput.Leave() -> world.masters().forEach(leases::leave);
      case SentinelInput.FlushConfig() -> {
        world.markStateChanged();
        world.emit(new SentinelOutput.Done(1));
      }
      case SentinelInput.Configure(Settings changed) -> configure(changed);
    }
    return world.result();
  }

  private void onDisconnected(List<Instance> users) {
    for (Instance user : users) {
      upkeep.maintain(user);
      react(world.masterOf(user));
    }
  }

  private void configure(Settings changed) {
    boolean otherAuth = !changed.peers().hasLoginOf(world.settings().peers());
    world.configure(changed);
    if (otherAuth) {
      upkeep.renewPeers();
    }
    world.emit(new SentinelOutput.Done(1));
  }

  private void advance(long nowMillis) {
    if (world.advance(nowMillis)) {
      world.masters().forEach(Handover::onProcessPause);
      world.tilt();
    }
  }

  private void tick() {
    world.tick();
    for (Master master : world.masters()) {
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
    doctor.tick(world.nowMillis());
  }

  private void maintain(Instance instance) {
    upkeep.maintain(instance);
    if (!world.isTilted()) {
      health.judge(instance);
    }
  }

  private void react(Master master) {
    if (!world.isTilted()) {
      health.judgeTogether(master);
      elections.askPeers(master, false);
      failovers.advance(master);
    }
  }

  private void onReply(int linkId, NodeRequest request, Answer answer) {
    Link link = links.answered(linkId, request);
    Instance instance = world.instance(request.instance());
    if (link == null) {
      return;
    }
    if (request.purpose() == NodeRequest.Purpose.PING) {
      links.onPong(link, answer);
      for (Instance user : links.users(link)) {
        if (!world.isTilted()) {
          health.judge(user);
          react(world.masterOf(user));
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
          discovery.onInfo(node, text.value());
        }
      }
      case OPINION, VOTE -> {
        if (instance instanceof SentinelPeer peer) {
          elections.onAnswer(peer, request, answer);
        }
      }
      case ROLE -> failovers.onRoleAnswer(instance, answer);
      case FENCE -> {
        if (instance instanceof DataNode node) {
          fencing.onAnswer(node, request, answer);
        }
      }
      case PAUSE -> {
        if (instance instanceof Master master) {
          failovers.onPauseAnswer(master, answer);
        }
      }
      case LEASE -> leases.onAnswer(link, request, answer);
      case CONFIGURATION -> {
        if (instance instanceof DataNode node) {
          doctor.receiveSettings(node, answer);
        }
      }
      case GREETING -> links.onGreeted(instance, answer);
      case SUBSCRIPTION, HELLO, PING -> {
        // Nothing depends on these; PING was handled above.
      }
    }
    react(world.masterOf(instance));
  }

  private void monitor(String name, Address address, int quorum) {
    if (world.master(name) != null) {
      world.emit(new SentinelOutput.Refused("ERR Duplicate master name."));
      return;
    }
    MasterOptions options = MasterOptions.defaults(quorum, world.timings());
    announceMonitor(roster.add(MasterState.fresh(name, address, options)));
    world.markStateChanged();
    world.emit(new SentinelOutput.Done(1));
  }

  private void announceMonitor(Master master) {
    world.event(
        Level.WARNING,
        "+monitor",
        master,
        world.described(master) + " quorum " + master.options().quorum());
  }

  private void remove(String name) {
    Master master = wanted(name);
    if (master != null) {
      leases.leave(master);
      world.event(Level.WARNING, "-monitor", master);
      roster.forgetOthers(master);
      roster.forget(master);
      world.markStateChanged();
      world.emit(new SentinelOutput.Done(1));
    }
  }

  private void set(String name, MasterOptions options, List<String> changes) {
    Master master = wanted(name);
    if (master == null) {
      return;
    }
    boolean otherAuth = !options.access().hasLoginOf(master.options().access());
    master.setOptions(options);
    if (otherAuth) {
      upkeep.renew(master);
      master.replicas().forEach(upkeep::renew);
    }
    for (String change : changes) {
      world.event(Level.WARNING, "+set", master, world.described(master) + " " + change);
    }
    world.markStateChanged();
    world.emit(new SentinelOutput.Done(changes.size()));
    react(master);
  }

  private void order(SentinelInput.Failover order) {
    Master master = wanted(order.name());
    if (master == null) {
      return;
    }
    Objection objection = promotions.toOrder(master, order.coordinated(), order.acceptsLoss());
    if (objection != null) {
      world.emit(new SentinelOutput.Refused(refusal(objection)));
    } else {
      world.remark(Level.WARNING, "Executing user requested FAILOVER of '" + order.name() + "'");
      world.emit(new SentinelOutput.Done(1));
      failovers.order(master, order.coordinated(), order.acceptsLoss());
      failovers.advance(master);
    }
  }

  private static String refusal(Objection objection) {
    return switch (objection) {
      case IN_PROGRESS -> "INPROG Failover already in progress";
      case NO_EPOCH -> "ERR No epoch is left for another failover";
      case NO_REPLICA -> "NOGOODSLAVE No suitable replica to promote";
      case ACKNOWLEDGED_WRITES ->
          "NOGOODSLAVE Too few members of the group are reachable to preserve all acknowledged"
              + " writes; FORCE-DATA-LOSS accepts the loss";
      case WRITES_CONTINUE -> "NOGOODMASTER The master can't be asked to stop writes";
      default -> "ERR The failover is not possible now: " + objection;
    };
  }

  private void reset(List<String> names) {
    long count = 0;
    for (String name : names) {
      Master master = world.master(name);
      if (master != null) {
        roster.forgetOthers(master);
        links.release(master);
        master.moveTo(master.address(), links.make(master.address()));
        failovers.restart(master);
        boolean unused = master.groupReported(null);
        world.event(Level.WARNING, "+reset-master", master);
        world.markStateChanged();
        count++;
      }
    }
    world.emit(new SentinelOutput.Done(count));
  }

  private @Nullable Master wanted(String name) {
    Master master = world.master(name);
    if (master == null) {
      world.emit(new SentinelOutput.Refused("ERR No such master with that name"));
    }
    return master;
  }

  /**
   * Returns the latest time of the next tick, in the caller's milliseconds; {@code Long.MAX_VALUE}
   * for none.
   */
  public long wakeAtMillis() {
    return world.wakeAtMillis();
  }

  /** Returns the machine's own time, which excludes pauses; ages of instances refer to it. */
  public long nowMillis() {
    return world.nowMillis();
  }

  /** Returns the state that must survive a crash. */
  public SentinelState state() {
    return world.state();
  }

  /** Returns our id, 40 hexadecimal digits. */
  public String myId() {
    return world.myId();
  }

  /** Returns the settings for all masters. */
  public Settings settings() {
    return world.settings();
  }

  /** Returns the greatest known epoch. */
  public long currentEpoch() {
    return world.currentEpoch();
  }

  /** Returns true in tilt mode: after a pause of this process, it only monitors. */
  public boolean isTilted() {
    return world.isTilted();
  }

  /** Returns the milliseconds since tilt mode started, 0 outside of it. */
  public long tiltMillis() {
    return world.tiltMillis();
  }

  /** Returns all masters in the order of their configuration. */
  public Collection<Master> masters() {
    return Collections.unmodifiableCollection(world.masters());
  }

  public @Nullable Master master(String name) {
    return world.master(name);
  }

  /** Returns the findings about risky configurations, one line each. */
  public List<String> findings(Master master) {
    return doctor.findings(master);
  }

  /** Returns the address shown to clients and other sentinels, by host name if configured. */
  public Address displayed(Address place) {
    return world.names.displayed(place);
  }

  /** Returns the master that an instance belongs to; a master belongs to itself. */
  public Master masterOf(Instance instance) {
    return world.masterOf(instance);
  }

  /** Returns the name of an instance in replies and events. */
  public String nameOf(Instance instance) {
    return world.names.of(instance);
  }

  /** Returns the number of reachable sentinels of a master, this one included. */
  public int reachableSentinels(Master master) {
    return VoteCount.reachable(master);
  }
}
