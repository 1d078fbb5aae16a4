package io.redoubt.server.cluster.simulation;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.ClusterOptions;
import io.redoubt.server.cluster.core.DefaultOptions;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.core.Output;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.nodes.ClusterState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A simulated node with a disk: the real core with simulated connections and a counter as its data.
 * A write to disk takes time; a crash before its end loses it.
 */
final class SimulatedClusterNode {
  private static final long TICK_MILLIS = 100;
  private static final long MAX_LOOKUP_MILLIS = 100;

  /** The longest times until the write of a state that no output depends on. */
  private static final long SOON_MILLIS = 10;

  private static final long LEISURE_MILLIS = 250;

  private final ClusterFleet fleet;
  private final String name;
  private String ip;
  private final Map<Integer, BusConnection> outbound = new HashMap<>();
  private final Map<Integer, BusConnection> inbound = new HashMap<>();
  private final Deque<Output> waiting = new ArrayDeque<>();
  private ClusterOptions options;
  private ClusterState disk;
  private @Nullable Cluster core;
  private int incarnation;
  private int lastInbound;
  private long diskDelayMillis;
  private boolean writing;

  /** The newest state not on disk that no output depends on. */
  private @Nullable ClusterState unwritten;

  private long pausedUntil;
  private @Nullable String lastReply;

  /**
   * The number of writes that its data contains, and the time of its last contact with its master.
   */
  private long offset;

  private long syncedAt;
  private @Nullable String follows;
  private long writesPausedUntil;

  /** The number of outputs to perform before a crash, negative for no crash. */
  private int dieAfterOutputs = -1;

  private Bug bug = Bug.NONE;

  /** True for a replica that waits before it requests votes, as Redis does. */
  private boolean patient;

  /** Deliberate bugs that the rules must detect. */
  enum Bug {
    NONE,
    /** Votes for every candidate. */
    DOUBLE_VOTE,
    /** Treats an unfinished write to disk as finished. */
    FORGETFUL_DISK,
    /** Takes over slots without a new epoch. */
    OLD_EPOCH
  }

  SimulatedClusterNode(ClusterFleet fleet, int number, long timeoutMillis) {
    this.fleet = fleet;
    this.name = "n" + number;
    this.ip = "10.0.0." + number;
    this.options = DefaultOptions.of(new Endpoint("", 6379, 0, 16379), timeoutMillis);
    this.disk = Cluster.fresh(options, fleet.random());
  }

  String name() {
    return name;
  }

  String ip() {
    return ip;
  }

  /** Changes the address of a node that is down. */
  void moveTo(String address) {
    if (core != null) {
      throw new AssertionError(name + " is up");
    }
    ip = address;
  }

  /** Announces a host name from the next start on. */
  void announce(String hostname) {
    options = DefaultOptions.of(options.announced(), options.nodeTimeoutMillis(), hostname);
  }

  String id() {
    return disk.myId();
  }

  ClusterState disk() {
    return disk;
  }

  int incarnation() {
    return incarnation;
  }

  boolean isUp() {
    return core != null;
  }

  Bug bug() {
    return bug;
  }

  void plant(Bug planted) {
    bug = planted;
  }

  /**
   * Makes a replica wait before it requests votes, as Redis does: its data counts as too old until
   * the news of its master's failure has spread.
   */
  void waitLikeRedis() {
    patient = true;
  }

  /** Returns the running core. */
  Cluster core() {
    if (core == null) {
      throw new AssertionError(name + " is down");
    }
    return core;
  }

  long offset() {
    return offset;
  }

  void setDiskDelay(long millis) {
    diskDelayMillis = millis;
  }

  void crashAfterOutputs(int outputs) {
    dieAfterOutputs = outputs;
  }

  void pause(long millis) {
    pausedUntil = fleet.network().now() + millis;
  }

  void start() {
    if (core != null) {
      return;
    }
    incarnation++;
    pausedUntil = 0;
    writing = false;
    unwritten = null;
    follows = null;
    writesPausedUntil = 0;
    core =
        new Cluster(
            disk, options, Seed.splittable(fleet.random().nextLong()), fleet.network().now());
    if (core.me().isMaster() && fleet.random().nextInt(3) == 0) {
      // Nothing of a master's data was saved.
      offset = 0;
    }
    tickAfter(fleet.random().nextLong(TICK_MILLIS), incarnation);
  }

  /** Restarts it without its record of another node. */
  void restartWithout(String forgotten) {
    crash();
    disk =
        new ClusterState(
            disk.myId(),
            disk.currentEpoch(),
            disk.lastVoteEpoch(),
            disk.nodes().stream().filter(each -> !each.id().equals(forgotten)).toList());
    start();
  }

  void crash() {
    if (core == null) {
      return;
    }
    core = null;
    dieAfterOutputs = -1;
    waiting.clear();
    outbound.values().forEach(BusConnection::close);
    outbound.clear();
    List.copyOf(inbound.values()).forEach(BusConnection::breakOff);
    inbound.clear();
  }

  private void tickAfter(long millis, int expected) {
    fleet
        .network()
        .after(
            millis,
            () -> {
              if (expected == incarnation && core != null) {
                live();
                tickAfter(TICK_MILLIS, expected);
              }
            });
  }

  /** Accepts writes or replicates, and ticks. */
  private void live() {
    long now = fleet.network().now();
    if (now < pausedUntil) {
      return;
    }
    Cluster running = core();
    if (running.me().isMaster()) {
      if (running.isServing() && running.me().slotCount() > 0 && now >= writesPausedUntil) {
        offset++;
      }
    } else {
      replicate(now);
    }
    step(new Input.Replication(offset, running.me().isMaster() ? 0 : dataAge(running, now)));
    step(new Input.Tick(now + 1_700_000_000_000L));
  }

  private long dataAge(Cluster running, long now) {
    return patient && !hasFailedMaster(running) ? Integer.MAX_VALUE : now - syncedAt;
  }

  private static boolean hasFailedMaster(Cluster running) {
    Node master = running.me().master();
    return master != null && master.hasFailed();
  }

  private void replicate(long now) {
    SimulatedClusterNode master = follows == null ? null : fleet.at(follows);
    if (master != null
        && master.core != null
        && now >= master.pausedUntil
        && !fleet.network().isCut(master.ip, ip)
        && !fleet.network().isCut(ip, master.ip)
        && master.core.me().isMaster()) {
      offset = master.offset;
      syncedAt = now;
    }
  }

  /** Processes an order and returns its reply. */
  String order(Input input) {
    lastReply = null;
    step(input);
    return lastReply == null ? "" : lastReply;
  }

  /** Processes an input now, or after a pause. */
  void step(Input input) {
    Cluster stepping = core;
    if (stepping == null) {
      return;
    }
    long now = fleet.network().now();
    if (now < pausedUntil) {
      int expected = incarnation;
      fleet
          .network()
          .after(
              pausedUntil - now,
              () -> {
                if (expected == incarnation) {
                  step(input);
                }
              });
      return;
    }
    boolean failedBefore = hasFailedMaster(stepping);
    waiting.addAll(stepping.step(now, input));
    if (patient && !failedBefore && hasFailedMaster(stepping)) {
      int expected = incarnation;
      fleet
          .network()
          .after(
              1,
              () -> {
                if (expected == incarnation) {
                  step(new Input.Replication(offset, fleet.network().now() - syncedAt));
                }
              });
    }
    perform();
  }

  /** Performs the outputs up to a write to disk that later outputs depend on. */
  private void perform() {
    while (!writing && core != null && !waiting.isEmpty()) {
      if (dieAfterOutputs == 0) {
        fleet.note(name, "crashes in the middle");
        crash();
        return;
      }
      if (dieAfterOutputs > 0) {
        dieAfterOutputs--;
      }
      perform(waiting.remove());
    }
  }

  private void perform(Output output) {
    switch (output) {
      case Output.Connect(int link, Endpoint endpoint) -> connect(link, endpoint);
      case Output.Disconnect(int link) -> {
        BusConnection connection = outbound.remove(link);
        if (connection != null) {
          connection.close();
        }
      }
      case Output.Resolve(String hostname) -> resolve(hostname);
      case Output.Send(int connection, Message message) -> send(connection, altered(message));
      case Output.Persist(ClusterState state, Output.Urgency urgency) -> persist(state, urgency);
      case Output.Follow(String node, Endpoint endpoint) -> {
        follows = endpoint.ip();
        fleet.note(name, "follows " + endpoint.ip());
      }
      case Output.Promote() -> {
        follows = null;
        fleet.note(name, "becomes master at offset " + offset);
      }
      case Output.PauseWrites(long millis) -> {
        writesPausedUntil = fleet.network().now() + millis;
        step(new Input.WritesPaused(offset));
      }
      case Output.ResumeWrites() -> writesPausedUntil = 0;
      case Output.DropSlots dropped -> fleet.note(name, "drops " + dropped.slots());
      case Output.DropAll dropped -> offset = 0;
      case Output.TopologyChanged changed -> {}
      case Output.Deliver delivered -> {}
      case Output.SendLight light -> {}
      case Output.Remark(Output.Level level, String text) -> fleet.note(name, text);
      case Output.Done(String text) -> lastReply = text;
      case Output.Refused(String error) -> lastReply = error;
    }
  }

  private void persist(ClusterState state, Output.Urgency urgency) {
    if (urgency != Output.Urgency.BINDING) {
      unwritten = state;
      afterDisk(urgency == Output.Urgency.SOON ? SOON_MILLIS : LEISURE_MILLIS, this::writeLast);
      return;
    }
    unwritten = null;
    if (diskDelayMillis == 0) {
      onWritten(state);
      return;
    }
    writing = true;
    afterDisk(
        diskDelayMillis,
        () -> {
          writing = false;
          onWritten(state);
          perform();
        });
  }

  /** Writes the state that no output depends on; an earlier crash loses it. */
  private void writeLast() {
    if (unwritten != null) {
      onWritten(unwritten);
      unwritten = null;
    }
  }

  /** Runs an action after a random time, unless the node crashes before. */
  private void afterDisk(long mostMillis, Runnable action) {
    int expected = incarnation;
    fleet
        .network()
        .after(
            fleet.random().nextLong(1, mostMillis + 1),
            () -> {
              if (expected == incarnation && core != null) {
                action.run();
              }
            });
  }

  private void onWritten(ClusterState state) {
    if (bug != Bug.FORGETFUL_DISK) {
      disk = state;
    }
  }

  /** Alters the messages of a node with a planted bug. */
  private Message altered(Message message) {
    Header header = message.header();
    if (bug != Bug.OLD_EPOCH || !core().me().isMaster()) {
      return message;
    }
    return new Message(
        new Header(
            header.sender(),
            header.endpoint(),
            new Header.View(header.currentEpoch(), header.clusterOk()),
            new Claim(fleet.firstEpochOf(header.slots()), header.slots()),
            header.offset(),
            header.master(),
            header.flags(),
            header.messageFlags()),
        message.body());
  }

  private void connect(int link, Endpoint endpoint) {
    SimulatedClusterNode target = fleet.at(endpoint.ip());
    boolean wired =
        target != null
            && !fleet.network().isCut(ip, target.ip)
            && !fleet.network().isCut(target.ip, ip);
    int expected = incarnation;
    fleet
        .network()
        .after(
            wired ? 2 * fleet.network().delay() : 1000,
            () -> {
              if (expected != incarnation || core == null) {
                return;
              }
              if (wired && target != null && target.isUp()) {
                int id = --target.lastInbound;
                BusConnection connection =
                    new BusConnection(fleet.network(), this, link, target, id);
                outbound.put(link, connection);
                target.inbound.put(id, connection);
                step(new Input.Connected(link));
              } else {
                step(new Input.Disconnected(link));
              }
            });
  }

  private void resolve(String hostname) {
    int expected = incarnation;
    fleet
        .network()
        .after(
            fleet.random().nextLong(1, MAX_LOOKUP_MILLIS),
            () -> {
              if (expected == incarnation && core != null) {
                step(new Input.Resolved(hostname, fleet.names().find(hostname)));
              }
            });
  }

  private void send(int id, Message message) {
    BusConnection connection = id > 0 ? outbound.get(id) : inbound.get(id);
    if (connection == null || !connection.open) {
      return;
    }
    fleet.rules().sending(this, id > 0 ? connection.to : connection.from, message);
    Message arriving = fleet.carried(message);
    if (id > 0) {
      connection.there.put(() -> connection.to.onArrival(connection, true, arriving));
    } else {
      connection.back.put(() -> connection.from.onArrival(connection, false, arriving));
    }
  }

  private void onArrival(BusConnection connection, boolean there, Message message) {
    int expected = there ? connection.toIncarnation : connection.fromIncarnation;
    if (!connection.open || expected != incarnation || core == null) {
      return;
    }
    SimulatedClusterNode sender = there ? connection.from : connection.to;
    fleet.arriving(sender, this);
    int id = there ? connection.inbound : connection.link;
    step(new Input.Received(id, ip, sender.ip, message));
    if (bug == Bug.DOUBLE_VOTE && message.body() instanceof Body.VoteRequest) {
      voteAgain(message.header());
    }
  }

  private void voteAgain(Header request) {
    Node candidate = core == null ? null : core.node(request.sender());
    if (candidate == null
        || core().me().slotCount() == 0
        || request.currentEpoch() < core().currentEpoch()) {
      return;
    }
    for (BusConnection connection : new ArrayList<>(outbound.values())) {
      if (connection.to.id().equals(request.sender())) {
        Node me = core().me();
        Header header =
            new Header(
                me.id(),
                me.endpoint(),
                new Header.View(request.currentEpoch(), true),
                new Claim(me.configEpoch(), me.slots().copy()),
                0,
                null,
                me.flags(),
                Header.EXTENSION_DATA);
        send(connection.link, new Message(header, new Body.Vote()));
      }
    }
  }

  void onClosed(BusConnection connection) {
    if (connection.fromIncarnation == incarnation && outbound.remove(connection.link, connection)) {
      step(new Input.Disconnected(connection.link));
    }
  }

  void onClosedByPeer(BusConnection connection) {
    if (connection.toIncarnation == incarnation && inbound.remove(connection.inbound, connection)) {
      step(new Input.Disconnected(connection.inbound));
    }
  }

  /** Breaks the connections opened by other nodes. */
  void breakInbound() {
    for (BusConnection connection : List.copyOf(inbound.values())) {
      if (fleet.random().nextInt(3) == 0) {
        connection.breakOff();
        onClosedByPeer(connection);
      }
    }
  }
}
