package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.core.Link.Kind;
import io.redoubt.sentinel.core.Link.Side;
import io.redoubt.sentinel.core.Link.State;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.List;

/** Maintains the connections to all instances and sends the periodic requests. */
final class Upkeep {
  /** The number of unanswered requests at which a node gets no further ones. */
  private static final int MAX_PENDING = 100;

  /** The minimum interval at which an unanswered INFO is repeated. */
  private static final long INFO_RETRY_MILLIS = 1000;

  /** The interval of INFO to a replica that is being reconfigured. */
  private static final long RECONF_INFO_PERIOD_MILLIS = 200;

  private final SentinelWorld world;
  private final Links links;
  private final Leases leases;
  private final Doctor doctor;

  Upkeep(SentinelWorld world, Links links, Leases leases, Doctor doctor) {
    this.world = world;
    this.links = links;
    this.leases = leases;
    this.doctor = doctor;
  }

  /** Reopens both connections at once, since our login has changed. */
  void renew(Instance instance) {
    links.drop(instance.link());
    instance.link().command.attemptedAt = MachineClock.NEVER;
    instance.link().events.attemptedAt = MachineClock.NEVER;
    maintain(instance);
  }

  /** Reopens the connections to all other sentinels, once for each shared link. */
  void renewPeers() {
    for (Link link : links.all()) {
      List<Instance> users = links.users(link);
      if (!users.isEmpty() && users.getFirst() instanceof SentinelPeer peer) {
        renew(peer);
      }
    }
  }

  void onConnected(int id, Kind kind, String localHost) {
    Link link = links.get(id);
    if (link == null || link.side(kind).state != State.CONNECTING) {
      return;
    }
    List<Instance> users = links.users(link);
    if (users.isEmpty()) {
      return;
    }
    long now = world.nowMillis();
    Side side = link.side(kind);
    side.state = State.UP;
    side.connectedAt = now;
    Instance user = users.getFirst();
    links.greet(user, kind);
    if (kind == Kind.EVENTS) {
      world.event(Level.DEBUG, "+pubsub-link", user);
      link.heardAt = now;
      links.send(
          user, kind, Purpose.SUBSCRIPTION, links.words(user, "SUBSCRIBE", Links.HELLO_CHANNEL));
      return;
    }
    world.event(Level.DEBUG, "+cmd-link", user);
    link.pending = 0;
    link.localHost = localHost;
    links.ping(user);
    for (Instance each : users) {
      if (each instanceof DataNode node) {
        node.onConnected(); // until it answers the greeting
        links.askInfo(node);
        doctor.requestSettings(node);
      }
      // A master that was cut off thus receives at once that it is deposed.
      links.sayHello(each);
      if (each instanceof DataNode node) {
        leases.offer(node);
      }
    }
  }

  /** Performs the due work for an instance: connections, INFO, PING, hello. */
  void maintain(Instance instance) {
    dropSilent(instance);
    connect(instance, Kind.COMMAND);
    if (instance instanceof DataNode) {
      connect(instance, Kind.EVENTS);
    }
    Link link = instance.link();
    if (!link.command.isUp() || link.pending >= MAX_PENDING) {
      return;
    }
    long now = world.nowMillis();
    Timings timings = world.timings();
    if (instance instanceof DataNode node) {
      boolean unanswered = node.infoAskedAt() > node.infoAt();
      long period =
          unanswered ? Math.max(infoPeriodMillis(node), INFO_RETRY_MILLIS) : infoPeriodMillis(node);
      if (now - node.infoAskedAt() >= period) {
        links.askInfo(node);
      }
      world.wakeBy(node.infoAskedAt() + period);
      leases.maintain(node);
    }
    long pingPeriod =
        Math.min(
            timings.millis(Timing.PING_PERIOD),
            world.masterOf(instance).options().downAfterMillis());
    if (now - link.pingSentAt >= pingPeriod) {
      links.ping(instance);
    }
    if (!instance.isPublishBlocked()
        && now - instance.helloSentAt() >= timings.millis(Timing.PUBLISH_PERIOD)) {
      links.sayHello(instance);
    }
  }

  private void dropSilent(Instance instance) {
    Link link = instance.link();
    long now = world.nowMillis();
    Timings timings = world.timings();
    long timeoutMillis = world.masterOf(instance).options().downAfterMillis() / 2;
    if (link.command.isUp()
        && now - link.command.connectedAt > timings.millis(Timing.MIN_LINK_RECONNECT_PERIOD)
        && link.waitingMillis(now) > timeoutMillis
        && link.sincePongMillis(now) > timeoutMillis) {
      links.drop(link, Kind.COMMAND);
    }
    if (link.events.isUp()
        && now - link.events.connectedAt > timings.millis(Timing.MIN_LINK_RECONNECT_PERIOD)
        && now - link.heardAt > timings.millis(Timing.PUBLISH_PERIOD) * 3) {
      links.drop(link, Kind.EVENTS);
    }
  }

  private void connect(Instance instance, Kind kind) {
    Link link = instance.link();
    Side side = link.side(kind);
    long now = world.nowMillis();
    // Allows two attempts before a cut connection makes a node count as down.
    long period =
        Math.min(
            world.timings().millis(Timing.PING_PERIOD),
            world.masterOf(instance).options().downAfterMillis() / 2);
    if (side.state == State.DOWN && now - side.attemptedAt >= period) {
      side.state = State.CONNECTING;
      side.attemptedAt = now;
      world.emit(new SentinelOutput.Connect(link.id(), kind, link.address()));
    }
  }

  private long infoPeriodMillis(DataNode node) {
    Timings timings = world.timings();
    if (!(node instanceof Replica replica)) {
      NodeInfo.Acks acks = node.acks();
      boolean settles = acks != null && !acks.state().isEmpty() && !acks.state().equals("ok");
      if (settles) {
        return Math.min(1000, timings.millis(Timing.INFO_PERIOD));
      }
      return timings.millis(Timing.INFO_PERIOD);
    }
    FailoverAttempt failover = world.masterOf(replica).failover();
    boolean turning =
        replica.isReconfiguring()
            || (failover != null
                && failover.chosen() == replica
                && failover.state() == FailoverAttempt.State.WAIT_PROMOTION);
    if (turning) {
      return Math.min(RECONF_INFO_PERIOD_MILLIS, timings.millis(Timing.INFO_PERIOD));
    }
    NodeInfo info = replica.info();
    boolean unsettled =
        failover != null
            || world.masterOf(replica).isSubjectivelyDown()
            || replica.reportedRole() == NodeInfo.Role.MASTER
            || (info != null
                && (!info.masterLink().isUp()
                    || !world.names.follows(info, world.masterOf(replica).address())));
    return unsettled
        ? Math.min(1000, timings.millis(Timing.INFO_PERIOD))
        : timings.millis(Timing.INFO_PERIOD);
  }
}
