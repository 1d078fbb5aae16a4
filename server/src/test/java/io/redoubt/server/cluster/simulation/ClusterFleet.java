package io.redoubt.server.cluster.simulation;

import io.redoubt.protocol.ProcessNetwork;
import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.MalformedMessage;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.MessageDecoder;
import io.redoubt.server.cluster.message.MessageEncoder;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Nodes {@code n1 n2 ...}; the first ones are masters with equal shares of the slots. */
final class ClusterFleet {
  private static final long FORMATION_MILLIS = 30_000;

  private final RandomGenerator random;
  private final ProcessNetwork network;
  private final ClusterRules rules = new ClusterRules();
  private final NameServer names = new NameServer();
  private final List<SimulatedClusterNode> nodes = new ArrayList<>();
  private final List<SimulatedClusterNode> strangers = new ArrayList<>();
  private final int masters;
  private boolean named;
  private int lastMove;
  private int messages;
  private @Nullable PlannedPause planned;
  private final List<Line> trace = new ArrayList<>();

  /** A pause of the receiver, or the sender, of the message with the given number. */
  private record PlannedPause(int message, boolean sender, long millis) {}

  private record Line(long at, String who, String text) {}

  ClusterFleet(long seed, int masters, int replicasEach, long timeoutMillis) {
    this.random = Seed.splittable(seed);
    this.network = new ProcessNetwork(random);
    this.masters = masters;
    for (int i = 1; i <= masters * (1 + replicasEach); i++) {
      nodes.add(new SimulatedClusterNode(this, i, timeoutMillis));
    }
  }

  /** Gives host names to all nodes, before they start. */
  void nameNodes() {
    named = true;
    nodes.forEach(node -> node.announce(hostname(node)));
    correctNames();
  }

  static String hostname(SimulatedClusterNode node) {
    return node.name() + ".example.com";
  }

  boolean hasNames() {
    return named;
  }

  /** Makes the name server return a wrong address for a node. */
  void misname(SimulatedClusterNode node, String ip) {
    names.put(hostname(node), ip);
  }

  /** Makes the name server return the right addresses. */
  void correctNames() {
    nodes.forEach(node -> names.put(hostname(node), node.ip()));
  }

  /** Gives a node that is down an unused address, and updates the name server. */
  void move(SimulatedClusterNode node) {
    node.moveTo("10.1.0." + ++lastMove);
    names.put(hostname(node), node.ip());
  }

  /** Pauses the receiver, or the sender, at the arrival of one of the next messages. */
  void pauseAtMessage(int message, boolean sender, long millis) {
    planned = new PlannedPause(messages + message, sender, millis);
  }

  void arriving(SimulatedClusterNode sender, SimulatedClusterNode receiver) {
    messages++;
    if (planned != null && planned.message() == messages) {
      SimulatedClusterNode paused = planned.sender() ? sender : receiver;
      note(paused.name(), "--- pauses at message " + messages);
      paused.pause(planned.millis());
    }
  }

  /** Starts the nodes and makes them meet, as {@code redis-cli --cluster create} does. */
  void form() {
    for (int i = 0; i < nodes.size(); i++) {
      SimulatedClusterNode node = nodes.get(i);
      node.start();
      node.order(new Input.SetConfigEpoch(i + 1L));
      if (i < masters) {
        node.order(new Input.AddSlots(share(i)));
      }
      if (i > 0) {
        node.order(new Input.Meet(nodes.getFirst().ip(), 6379, 16379));
      }
    }
    waitFor(
        FORMATION_MILLIS,
        () -> {
          for (SimulatedClusterNode node : nodes) {
            if (node.core().allNodes().stream().filter(each -> !each.isInHandshake()).count()
                != nodes.size()) {
              return node.name() + " does not know all";
            }
          }
          return null;
        });
    for (int i = masters; i < nodes.size(); i++) {
      String reply = nodes.get(i).order(new Input.Replicate(nodes.get(i % masters).id(), false));
      if (!reply.equals("OK")) {
        throw new AssertionError(reply);
      }
    }
    rules.electionsFrom(nodes.size() + 1L);
    waitFor(FORMATION_MILLIS, this::disagreement);
  }

  /** A condition that is awaited. */
  interface Condition {
    /** Returns null if the condition holds, otherwise the missing part. */
    @Nullable String missing();
  }

  void waitFor(long millis, Condition condition) {
    String missing = tryFor(millis, condition);
    if (missing != null) {
      throw new AssertionError("not within " + millis + " ms: " + missing);
    }
  }

  /** Waits for a condition; returns the part that is missing in the end, or null. */
  @Nullable String tryFor(long millis, Condition condition) {
    long end = network.now() + millis;
    String missing = condition.missing();
    while (missing != null && network.now() < end) {
      network.runFor(500);
      missing = condition.missing();
    }
    return missing;
  }

  SlotSet share(int master) {
    return SlotSet.range(
        SlotSet.SLOTS * master / masters, SlotSet.SLOTS * (master + 1) / masters - 1);
  }

  /** Returns the epoch of the first claim of slots. */
  long firstEpochOf(SlotSet slots) {
    for (int i = 0; i < masters; i++) {
      if (slots.contains(SlotSet.SLOTS * i / masters)) {
        return i + 1L;
      }
    }
    return 0;
  }

  RandomGenerator random() {
    return random;
  }

  NameServer names() {
    return names;
  }

  ProcessNetwork network() {
    return network;
  }

  ClusterRules rules() {
    return rules;
  }

  List<SimulatedClusterNode> nodes() {
    return nodes;
  }

  /** Adds a node outside of the cluster. */
  SimulatedClusterNode addStranger() {
    SimulatedClusterNode stranger = new SimulatedClusterNode(this, nodes.size() + 1, 1000);
    strangers.add(stranger);
    return stranger;
  }

  @Nullable SimulatedClusterNode at(String ip) {
    return Stream.concat(nodes.stream(), strangers.stream())
        .filter(node -> node.ip().equals(ip))
        .findFirst()
        .orElse(null);
  }

  /** Returns the node of an id. */
  SimulatedClusterNode of(String id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  /** Returns a message as received; a sample of them is encoded and decoded. */
  Message carried(Message message) {
    if (network.now() % 8 != 0) {
      return message;
    }
    try {
      return MessageDecoder.decode(MessageEncoder.encode(message));
    } catch (MalformedMessage e) {
      throw new AssertionError(e);
    }
  }

  void note(String who, String text) {
    trace.add(new Line(network.now(), who, text));
  }

  /** Returns the trace, one event a line, with the names of nodes instead of their ids. */
  List<String> trace() {
    List<String> lines = new ArrayList<>();
    for (Line line : trace) {
      String text = line.text();
      for (SimulatedClusterNode node : nodes) {
        text = text.replace(node.id(), node.name());
      }
      lines.add(String.format(Locale.ROOT, "%8.3f %-3s %s", line.at() / 1000.0, line.who(), text));
    }
    return lines;
  }

  /** Returns null if all nodes agree and the cluster is healthy, otherwise the problem. */
  @Nullable String disagreement() {
    Cluster first = null;
    for (SimulatedClusterNode node : nodes) {
      if (!node.isUp()) {
        return node.name() + " is down";
      }
      Cluster core = node.core();
      if (!core.isServing()) {
        return node.name() + " does not serve";
      }
      if (core.allNodes().size() != nodes.size()) {
        return node.name() + " knows " + core.allNodes().size() + " nodes";
      }
      Node master = core.me().master();
      if (core.me().slotCount() == 0 && (master == null || master.slotCount() == 0)) {
        return node.name() + " has no slots and no master that has some";
      }
      if (first == null) {
        first = core;
      }
      String other = difference(node, first, core);
      if (other != null) {
        return other;
      }
    }
    return wrongAddress();
  }

  /** Returns null if all nodes know each other and themselves by the right addresses. */
  private @Nullable String wrongAddress() {
    for (SimulatedClusterNode node : nodes) {
      for (SimulatedClusterNode other : nodes) {
        Node seen = node.core().node(other.id());
        if (seen == null || !seen.endpoint().ip().equals(other.ip())) {
          return node.name() + " knows another address of " + other.name();
        }
      }
    }
    return null;
  }

  private static @Nullable String difference(
      SimulatedClusterNode node, Cluster first, Cluster core) {
    if (core.assignedSlots() != SlotSet.SLOTS) {
      return node.name() + " knows owners of " + core.assignedSlots() + " slots";
    }
    for (Node expected : first.allNodes()) {
      Node seen = core.node(expected.id());
      if (seen == null || seen.hasFailed() || seen.isMaster() != expected.isMaster()) {
        return node.name() + " differs about " + expected;
      }
      if (!seen.slots().equals(expected.slots())) {
        return node.name() + " gives " + expected + " the slots " + seen.slots();
      }
    }
    return null;
  }
}
