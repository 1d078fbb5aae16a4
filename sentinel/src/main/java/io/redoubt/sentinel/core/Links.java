package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.Link.Kind;
import io.redoubt.sentinel.core.Link.Side;
import io.redoubt.sentinel.core.Link.State;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.HelloMessage;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.NodeAccess;
import io.redoubt.sentinel.settings.Settings;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Maintains the links to all instances and sends the periodic requests. */
final class Links {
  static final String HELLO_CHANNEL = "__sentinel__:hello";

  /** The number of unanswered requests at which a node gets no more. */
  private static final int MAX_PENDING = 100;

  /** The minimum time before an unanswered INFO is repeated. */
  private static final long INFO_RETRY_MILLIS = 1000;

  /** The interval of INFO to a replica that is being reconfigured. */
  private static final long RECONF_INFO_PERIOD_MILLIS = 200;

  private final Sentinel sentinel;
  private final Map<Integer, Link> links = new HashMap<>();
  private final Set<Address> announced = new HashSet<>();
  private int lastId;

  Links(Sentinel sentinel) {
    this.sentinel = sentinel;
  }

  /** Creates a link without users. */
  Link make(Address address) {
    Link link = new Link(++lastId, address, sentinel.nowMillis());
    links.put(link.id(), link);
    return link;
  }

  /** Returns the link to a sentinel that is already monitored at another master, or null. */
  @Nullable Link ofSentinel(String runId, Address address) {
    for (Instance instance : sentinel.instances()) {
      if (instance instanceof SentinelPeer
          && instance.runId().equals(runId)
          && instance.address().equals(address)) {
        return instance.link();
      }
    }
    return null;
  }

  /** Releases an instance's link, which is closed without other users. */
  void release(Instance instance) {
    Link link = instance.link();
    link.removeUser(instance);
    if (link.users().isEmpty()) {
      drop(link);
      links.remove(link.id());
    }
  }

  /** Closes both connections; they are reopened later. */
  void drop(Link link) {
    drop(link, Kind.COMMAND);
    drop(link, Kind.EVENTS);
  }

  /** Reopens both connections at once, because the peer's view of us has changed. */
  void renew(Instance instance) {
    drop(instance.link());
    instance.link().command.attemptedAt = Link.NEVER;
    instance.link().events.attemptedAt = Link.NEVER;
    maintain(instance);
  }

  /** Reopens the connections to all other sentinels, once for each shared link. */
  void renewPeers() {
    for (Link link : links.values()) {
      if (!link.users().isEmpty() && link.users().getFirst() instanceof SentinelPeer peer) {
        renew(peer);
      }
    }
  }

  private void drop(Link link, Kind kind) {
    Side side = link.side(kind);
    if (side.state != State.DOWN) {
      sentinel.emit(new Output.Disconnect(link.id(), kind));
      broken(link, kind);
    }
  }

  private void broken(Link link, Kind kind) {
    link.side(kind).state = State.DOWN;
    if (kind == Kind.COMMAND) {
      link.pending = 0;
    }
  }

  void connected(int id, Kind kind, String localHost) {
    Link link = links.get(id);
    if (link == null || link.side(kind).state != State.CONNECTING || link.users().isEmpty()) {
      return;
    }
    long now = sentinel.nowMillis();
    Side side = link.side(kind);
    side.state = State.UP;
    side.connectedAt = now;
    Instance user = link.users().getFirst();
    greet(user, kind);
    if (kind == Kind.EVENTS) {
      sentinel.event(Level.DEBUG, "+pubsub-link", user);
      link.heardAt = now;
      send(user, kind, Purpose.SUBSCRIPTION, words(user, "SUBSCRIBE", HELLO_CHANNEL));
      return;
    }
    sentinel.event(Level.DEBUG, "+cmd-link", user);
    link.pending = 0;
    link.localHost = localHost;
    ping(user);
    for (Instance each : link.users()) {
      if (each instanceof DataNode node) {
        node.connected(); // until it answers the greeting
        askInfo(node);
        sentinel.doctor.requestSettings(node);
      }
      // A master that was cut off learns at once that it was replaced.
      sayHello(each);
      if (each instanceof DataNode node) {
        sentinel.leases.offer(node);
      }
    }
  }

  private void greet(Instance user, Kind kind) {
    Settings settings = sentinel.settings();
    boolean peer = user instanceof SentinelPeer;
    MasterOptions options = user.master().options();
    NodeAccess access = peer ? settings.peers() : options.access();
    String name = access.user();
    String pass = access.password();
    if (!pass.isEmpty()) {
      send(
          user,
          kind,
          Purpose.GREETING,
          name.isEmpty() ? words(user, "AUTH", pass) : words(user, "AUTH", name, pass));
    }
    String suffix = kind == Kind.COMMAND ? "-cmd" : "-pubsub";
    String clientName = "sentinel-" + sentinel.myId().substring(0, 8) + suffix;
    send(user, kind, Purpose.GREETING, words(user, "CLIENT", "SETNAME", clientName));
  }

  /**
   * Handles the greeting's answer. A node that refuses our password counts as disconnected; a wrong
   * password alone does not, because the node may not require one.
   */
  void greeted(Instance instance, Answer answer) {
    if (instance instanceof DataNode node
        && answer instanceof Answer.Failure(String text)
        && (text.startsWith("WRONGPASS")
            || text.startsWith("NOAUTH")
            || text.startsWith("ERR invalid password"))) {
      node.passwordRefused();
    }
    if (answer instanceof Answer.Failure failure
        && failure.text().startsWith("NOAUTH")
        && instance.link().command.isUp()) {
      sentinel.remark(
          Level.WARNING,
          "Not authenticated at " + sentinel.names.described(instance) + ": " + failure.text());
      drop(instance.link());
    }
  }

  void disconnected(int id, Kind kind, String reason) {
    Link link = links.get(id);
    if (link == null || link.side(kind).state == State.DOWN) {
      return;
    }
    if (link.side(kind).state == State.CONNECTING && !link.users().isEmpty()) {
      sentinel.event(
          Level.DEBUG,
          kind == Kind.COMMAND ? "-cmd-link-reconnection" : "-pubsub-link-reconnection",
          link.users().getFirst(),
          sentinel.names.described(link.users().getFirst()) + " #" + reason);
    }
    broken(link, kind);
    for (Instance user : List.copyOf(link.users())) {
      maintain(user);
      sentinel.react(user.master());
    }
  }

  void heard(int id) {
    Link link = links.get(id);
    if (link != null) {
      link.heardAt = sentinel.nowMillis();
    }
  }

  /** Counts an answer; returns null if the link no longer exists. */
  @Nullable Link answered(int id, NodeRequest request) {
    Link link = links.get(id);
    if (link != null && request.purpose() != Purpose.SUBSCRIPTION && link.pending > 0) {
      link.pending--;
    }
    return link;
  }

  /** Handles a PING's answer; a node that loads, or a replica without master, is alive too. */
  void pong(Link link, Answer answer) {
    long now = sentinel.nowMillis();
    link.pongAt = now;
    boolean pong = answer instanceof Answer.Status status && status.text().startsWith("PONG");
    boolean alive =
        pong
            || (answer instanceof Answer.Failure failure
                && (failure.text().startsWith("LOADING")
                    || failure.text().startsWith("MASTERDOWN")));
    if (alive) {
      link.availableAt = now;
      link.waitingSince = Link.NEVER;
    }
    if (pong) {
      for (Instance user : link.users()) {
        if (user instanceof Master master) {
          master.ponged();
        }
      }
    }
  }

  /** Returns true if we have announced this address to others. */
  boolean hasAnnounced(Address address) {
    return announced.contains(address);
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
    long now = sentinel.nowMillis();
    Timings timings = sentinel.timings();
    if (instance instanceof DataNode node) {
      boolean unanswered = node.infoAskedAt() > node.infoAt();
      long period =
          unanswered ? Math.max(infoPeriodMillis(node), INFO_RETRY_MILLIS) : infoPeriodMillis(node);
      if (now - node.infoAskedAt() >= period) {
        askInfo(node);
      }
      sentinel.wakeBy(node.infoAskedAt() + period);
      sentinel.leases.maintain(node);
    }
    long pingPeriod =
        Math.min(timings.millis(Timing.PING_PERIOD), instance.master().options().downAfterMillis());
    if (now - link.pingSentAt >= pingPeriod) {
      ping(instance);
    }
    if (!Handover.isPublishBlocked(instance)
        && now - instance.helloSentAt() >= timings.millis(Timing.PUBLISH_PERIOD)) {
      sayHello(instance);
    }
  }

  private void dropSilent(Instance instance) {
    Link link = instance.link();
    long now = sentinel.nowMillis();
    Timings timings = sentinel.timings();
    long timeoutMillis = instance.master().options().downAfterMillis() / 2;
    if (link.command.isUp()
        && now - link.command.connectedAt > timings.millis(Timing.MIN_LINK_RECONNECT_PERIOD)
        && link.waitingMillis(now) > timeoutMillis
        && link.sincePongMillis(now) > timeoutMillis) {
      drop(link, Kind.COMMAND);
    }
    if (link.events.isUp()
        && now - link.events.connectedAt > timings.millis(Timing.MIN_LINK_RECONNECT_PERIOD)
        && now - link.heardAt > timings.millis(Timing.PUBLISH_PERIOD) * 3) {
      drop(link, Kind.EVENTS);
    }
  }

  private void connect(Instance instance, Kind kind) {
    Link link = instance.link();
    Side side = link.side(kind);
    long now = sentinel.nowMillis();
    // At least two attempts before a cut connection makes a node count as down.
    long period =
        Math.min(
            sentinel.timings().millis(Timing.PING_PERIOD),
            instance.master().options().downAfterMillis() / 2);
    if (side.state == State.DOWN && now - side.attemptedAt >= period) {
      side.state = State.CONNECTING;
      side.attemptedAt = now;
      sentinel.emit(new Output.Connect(link.id(), kind, link.address()));
    }
  }

  private long infoPeriodMillis(DataNode node) {
    Timings timings = sentinel.timings();
    if (!(node instanceof Replica replica)) {
      NodeInfo.Acks acks = Fencing.acks(node);
      boolean settles = acks != null && !acks.state().isEmpty() && !acks.state().equals("ok");
      if (settles) {
        return Math.min(1000, timings.millis(Timing.INFO_PERIOD));
      }
      return timings.millis(Timing.INFO_PERIOD);
    }
    FailoverAttempt failover = replica.master().failover();
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
            || replica.master().isSubjectivelyDown()
            || replica.reportedRole() == NodeInfo.Role.MASTER
            || (info != null
                && (!info.masterLink().isUp()
                    || !sentinel.names.follows(info, replica.master().address())));
    return unsettled
        ? Math.min(1000, timings.millis(Timing.INFO_PERIOD))
        : timings.millis(Timing.INFO_PERIOD);
  }

  void askInfo(DataNode node) {
    if (node.link().command.isUp()) {
      node.infoAsked(sentinel.nowMillis());
      send(node, Kind.COMMAND, Purpose.INFO, words(node, "INFO"));
    }
  }

  private void ping(Instance instance) {
    Link link = instance.link();
    link.pingSentAt = sentinel.nowMillis();
    if (link.waitingSince == Link.NEVER) {
      link.waitingSince = link.pingSentAt;
    }
    send(instance, Kind.COMMAND, Purpose.PING, words(instance, "PING"));
  }

  /** Announces a master to all instances at once, after a change of its configuration. */
  void sayHelloToAll(Master master) {
    sayHello(master);
    master.replicas().forEach(this::sayHello);
    master.sentinels().forEach(this::sayHello);
  }

  private void sayHello(Instance instance) {
    Link link = instance.link();
    if (!link.command.isUp() || Handover.isPublishBlocked(instance)) {
      return;
    }
    Settings settings = sentinel.settings();
    String host = settings.announceIp().isEmpty() ? link.localHost : settings.announceIp();
    Master master = instance.master();
    HelloMessage hello =
        new HelloMessage(
            new Address(host, settings.announcedPort()),
            sentinel.myId(),
            sentinel.currentEpoch(),
            master.name(),
            sentinel.shown(master.currentAddress()),
            master.configEpoch());
    announced.add(hello.sentinel());
    instance.helloSent(sentinel.nowMillis());
    send(
        instance,
        Kind.COMMAND,
        Purpose.HELLO,
        words(instance, "PUBLISH", HELLO_CHANNEL, hello.format()));
  }

  /**
   * Makes a node a replica of {@code master}, or a master if that is null.
   *
   * @return false if the node is the process at that address itself, which gets no order
   */
  boolean setRole(DataNode node, @Nullable Address master) {
    if (master != null && sentinel.discovery.isProcessAt(node, master)) {
      return false;
    }
    List<List<String>> commands = new ArrayList<>();
    commands.add(words(node, "MULTI"));
    commands.add(
        master == null
            ? words(node, "SLAVEOF", "NO", "ONE")
            : words(
                node, "SLAVEOF", sentinel.shown(master).host(), Integer.toString(master.port())));
    commands.add(words(node, "CONFIG", "REWRITE"));
    commands.add(words(node, "CLIENT", "KILL", "TYPE", "normal"));
    commands.add(words(node, "CLIENT", "KILL", "TYPE", "pubsub"));
    commands.add(words(node, "EXEC"));
    send(node, Kind.COMMAND, new NodeRequest(Purpose.ROLE, node.id(), List.copyOf(commands)));
    return true;
  }

  /** Pauses the writes of a node for {@code millis}. */
  void clientPause(Master master, long millis) {
    send(
        master,
        Kind.COMMAND,
        Purpose.PAUSE,
        words(master, "CLIENT", "PAUSE", Long.toString(millis), "WRITE"));
  }

  void send(Instance instance, Kind kind, Purpose purpose, List<String> command) {
    send(instance, kind, NodeRequest.of(purpose, instance.id(), command));
  }

  void send(Instance instance, Kind kind, NodeRequest request) {
    if (kind == Kind.COMMAND) {
      instance.link().pending++;
    }
    sentinel.emit(new Output.Send(instance.link().id(), kind, request));
  }

  /** Applies renamed commands, which exist on data nodes but not on sentinels. */
  List<String> words(Instance instance, String... words) {
    return instance instanceof DataNode
        ? instance.master().options().access().renamed(words)
        : List.of(words);
  }
}
