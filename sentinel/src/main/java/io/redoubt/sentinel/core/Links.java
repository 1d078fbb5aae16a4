package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.core.Link.Kind;
import io.redoubt.sentinel.core.Link.Side;
import io.redoubt.sentinel.core.Link.State;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.HelloMessage;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.NodeAccess;
import io.redoubt.sentinel.settings.Settings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The links to all instances, and the requests sent on them. */
final class Links {
  static final String HELLO_CHANNEL = "__sentinel__:hello";

  private final SentinelWorld world;
  private final Map<Integer, Link> links = new HashMap<>();
  private final Set<Address> announced = new HashSet<>();
  private int lastId;

  Links(SentinelWorld world) {
    this.world = world;
  }

  /** Creates a link without users. */
  Link make(Address address) {
    Link link = new Link(++lastId, address, world.nowMillis());
    links.put(link.id(), link);
    return link;
  }

  /** Returns the link to a sentinel already monitored at another master, or null. */
  @Nullable Link ofSentinel(String runId, Address address) {
    for (Instance instance : world.instances()) {
      if (instance instanceof SentinelPeer
          && instance.runId().equals(runId)
          && instance.address().equals(address)) {
        return instance.link();
      }
    }
    return null;
  }

  @Nullable Link get(int id) {
    return links.get(id);
  }

  /** Returns the instances that use a link. */
  List<Instance> users(Link link) {
    List<Instance> users = new ArrayList<>();
    for (int id : link.users()) {
      Instance user = world.instance(id);
      if (user != null) {
        users.add(user);
      }
    }
    return users;
  }

  Collection<Link> all() {
    return links.values();
  }

  /** Releases an instance's link; without other users it is closed. */
  void release(Instance instance) {
    Link link = instance.link();
    link.removeUser(instance.id());
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

  void drop(Link link, Kind kind) {
    Side side = link.side(kind);
    if (side.state != State.DOWN) {
      world.emit(new SentinelOutput.Disconnect(link.id(), kind));
      onBroken(link, kind);
    }
  }

  private void onBroken(Link link, Kind kind) {
    link.side(kind).state = State.DOWN;
    if (kind == Kind.COMMAND) {
      link.pending = 0;
    }
  }

  /** Sends the greeting of a new connection: AUTH and CLIENT SETNAME. */
  void greet(Instance user, Kind kind) {
    Settings settings = world.settings();
    boolean peer = user instanceof SentinelPeer;
    MasterOptions options = world.masterOf(user).options();
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
    String clientName = "sentinel-" + world.myId().substring(0, 8) + suffix;
    send(user, kind, Purpose.GREETING, words(user, "CLIENT", "SETNAME", clientName));
  }

  /**
   * Handles the answer to the greeting. A node that refuses our password counts as disconnected; a
   * wrong password alone does not, because the node may not require one.
   */
  void onGreeted(Instance instance, Answer answer) {
    if (instance instanceof DataNode node
        && answer instanceof Answer.Failure(String text)
        && (text.startsWith("WRONGPASS")
            || text.startsWith("NOAUTH")
            || text.startsWith("ERR invalid password"))) {
      node.onPasswordRefused();
    }
    if (answer instanceof Answer.Failure failure
        && failure.text().startsWith("NOAUTH")
        && instance.link().command.isUp()) {
      world.remark(
          Level.WARNING,
          "Not authenticated at " + world.described(instance) + ": " + failure.text());
      drop(instance.link());
    }
  }

  /** Handles the end of a connection; returns the instances that used it. */
  List<Instance> disconnected(int id, Kind kind, String reason) {
    Link link = links.get(id);
    if (link == null || link.side(kind).state == State.DOWN) {
      return List.of();
    }
    List<Instance> users = users(link);
    if (link.side(kind).state == State.CONNECTING && !users.isEmpty()) {
      world.event(
          Level.DEBUG,
          kind == Kind.COMMAND ? "-cmd-link-reconnection" : "-pubsub-link-reconnection",
          users.getFirst(),
          world.described(users.getFirst()) + " #" + reason);
    }
    onBroken(link, kind);
    return users;
  }

  void onHeard(int id) {
    Link link = links.get(id);
    if (link != null) {
      link.heardAt = world.nowMillis();
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

  /** Handles the answer to a PING; a loading node or a replica without a master is alive, too. */
  void onPong(Link link, Answer answer) {
    long now = world.nowMillis();
    link.pongAt = now;
    boolean pong = answer instanceof Answer.Status status && status.text().startsWith("PONG");
    boolean alive =
        pong
            || (answer instanceof Answer.Failure failure
                && (failure.text().startsWith("LOADING")
                    || failure.text().startsWith("MASTERDOWN")));
    if (alive) {
      link.availableAt = now;
      link.waitingSince = MachineClock.NEVER;
    }
    if (pong) {
      for (Instance user : users(link)) {
        if (user instanceof Master master) {
          master.onPong();
        }
      }
    }
  }

  /** Returns true if this sentinel has announced the address as its own. */
  boolean hasAnnounced(Address address) {
    return announced.contains(address);
  }

  void askInfo(DataNode node) {
    if (node.link().command.isUp()) {
      node.setInfoAskedAt(world.nowMillis());
      send(node, Kind.COMMAND, Purpose.INFO, words(node, "INFO"));
    }
  }

  void ping(Instance instance) {
    Link link = instance.link();
    link.pingSentAt = world.nowMillis();
    if (link.waitingSince == MachineClock.NEVER) {
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

  void sayHello(Instance instance) {
    Link link = instance.link();
    if (!link.command.isUp() || instance.isPublishBlocked()) {
      return;
    }
    Settings settings = world.settings();
    String host = settings.announceIp().isEmpty() ? link.localHost : settings.announceIp();
    Master master = world.masterOf(instance);
    HelloMessage hello =
        new HelloMessage(
            new Address(host, settings.announcedPort()),
            world.myId(),
            world.currentEpoch(),
            master.name(),
            world.displayed(master.currentAddress()),
            master.configEpoch());
    announced.add(hello.sentinel());
    instance.setHelloSentAt(world.nowMillis());
    send(
        instance,
        Kind.COMMAND,
        Purpose.HELLO,
        words(instance, "PUBLISH", HELLO_CHANNEL, hello.format()));
  }

  /**
   * Makes a node a replica of {@code master}, or a master if that is null.
   *
   * @return false if the node is the process at that address, which gets no order
   */
  boolean setRole(DataNode node, @Nullable Address master) {
    if (master != null && world.isProcessAt(node, master)) {
      return false;
    }
    List<List<String>> commands = new ArrayList<>();
    commands.add(words(node, "MULTI"));
    commands.add(
        master == null
            ? words(node, "SLAVEOF", "NO", "ONE")
            : words(
                node, "SLAVEOF", world.displayed(master).host(), Integer.toString(master.port())));
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
    world.emit(new SentinelOutput.Send(instance.link().id(), kind, request));
  }

  /** Applies renamed commands, which exist on data nodes but not on sentinels. */
  List<String> words(Instance instance, String... words) {
    return instance instanceof DataNode
        ? world.masterOf(instance).options().access().renamed(words)
        : List.of(words);
  }
}
