package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.ProcessNetwork;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelOutput;
import io.redoubt.sentinel.core.SentinelState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.Timings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Sentinels {@code s1 s2 ...} and data nodes {@code n1 n2 ...} in groups, the first node of each
 * group being its master.
 */
final class SentinelFleet {
  static final String MASTER = "mymaster";

  private static final Log SILENT = Log.silent(Clock.system());

  private final RandomGenerator random;
  private final ProcessNetwork network;
  private final SentinelConnections connections = new SentinelConnections();
  private final SafetyRules rules = new SafetyRules(this);
  private final List<SimulatedSentinel> sentinels = new ArrayList<>();
  private final List<SimulatedDataNode> nodes = new ArrayList<>();
  private final Map<Address, SimulatedDataNode> otherAddresses = new HashMap<>();
  private final boolean ipv6;
  private final int groupSize;
  private final int groups;
  private final MasterOptions options;
  private final List<Line> trace = new ArrayList<>();
  private boolean lossy;
  private int lostDisks;

  private record Line(long at, String who, String text) {}

  SentinelFleet(long seed, int sentinelCount, int nodeCount, int quorum, long downAfterMillis) {
    this(seed, sentinelCount, 1, nodeCount, quorum, downAfterMillis);
  }

  SentinelFleet(
      long seed,
      int sentinelCount,
      int groupCount,
      int nodeCount,
      int quorum,
      long downAfterMillis) {
    this(seed, sentinelCount, groupCount, nodeCount, quorum, downAfterMillis, false);
  }

  /**
   * Creates a fleet at its start.
   *
   * @param ipv6 true for IPv6 addresses, which every second process prints in the long form
   * @param groupCount the number of masters
   * @param nodeCount the number of nodes in each group
   */
  SentinelFleet(
      long seed,
      int sentinelCount,
      int groupCount,
      int nodeCount,
      int quorum,
      long downAfterMillis,
      boolean ipv6) {
    this.ipv6 = ipv6;
    groups = groupCount;
    groupSize = nodeCount;
    random = Seed.splittable(seed);
    network = new ProcessNetwork(random);
    for (int i = 1; i <= groups * groupSize; i++) {
      int first = (i - 1) / groupSize * groupSize + 1;
      Address master = i == first ? null : nodeAddress(first);
      nodes.add(new SimulatedDataNode(this, nodeAddress(i), master));
    }
    options =
        MasterOptions.defaults(quorum, Timings.DEFAULTS)
            .with(draft -> {
              draft.downAfterMillis = downAfterMillis;
              draft.failoverTimeoutMillis = 10_000;
            });
    for (int i = 1; i <= sentinelCount; i++) {
      String id = Integer.toString(i).repeat(40);
      Address address = new Address((ipv6 ? "fd00::1:" : "10.0.1.") + i, 26379);
      sentinels.add(new SimulatedSentinel(this, "s" + i, address, operatorsFile(id)));
    }
    nodes.forEach(SimulatedDataNode::start);
    network.after(0, this::replicate);
    sentinels.forEach(SimulatedSentinel::start);
  }

  private Address nodeAddress(int number) {
    return new Address((ipv6 ? "fd00::" : "10.0.0.") + number, 6379);
  }

  /** Returns a host as a process prints it. */
  String spelled(String host, Address printedBy) {
    boolean isLong = (printedBy.host().charAt(printedBy.host().length() - 1) & 1) == 0;
    return ipv6 && isLong ? longForm(host) : host;
  }

  /** Returns an IPv6 address as Java prints it; another host as it is. */
  private static String longForm(String host) {
    int gap = host.indexOf("::");
    if (gap < 0) {
      return host;
    }
    int colons = (int) host.chars().filter(c -> c == ':').count();
    return host.substring(0, gap) + ":0".repeat(8 - colons) + host.substring(gap + 1);
  }

  /** Adds another address of a node. */
  void alsoAt(Address other, SimulatedDataNode node) {
    otherAddresses.put(other, node);
  }

  /** Returns the operator's configuration of a sentinel. */
  private SentinelState operatorsFile(String id) {
    List<SentinelState.MasterState> masters = new ArrayList<>();
    for (int group = 0; group < groups; group++) {
      masters.add(
          SentinelState.MasterState.fresh(
              masterName(group), nodeAddress(group * groupSize + 1), options));
    }
    return new SentinelState(id, 0, masters);
  }

  /**
   * Returns the state of a sentinel whose disk was lost: the operator's configuration with a new
   * id.
   */
  SentinelState freshFile() {
    return operatorsFile(String.format(Locale.ROOT, "%040d", ++lostDisks));
  }

  private static String masterName(int group) {
    return group == 0 ? MASTER : MASTER + (group + 1);
  }

  /** Returns the name of the master of a node's group. */
  String masterOf(Address node) {
    int number = nodes.indexOf(node(node));
    if (number < 0) {
      throw new AssertionError("no node at " + node);
    }
    return masterName(number / groupSize);
  }

  /** Returns the nodes of a node's group. */
  List<SimulatedDataNode> groupOf(SimulatedDataNode node) {
    int first = nodes.indexOf(node) / groupSize * groupSize;
    return nodes.subList(first, first + groupSize);
  }

  /** Makes the nodes of the only group acknowledge writes, with unequal priorities. */
  void acknowledgeWrites(int acks) {
    List<String> ids = new ArrayList<>();
    for (int i = 1; i <= groupSize; i++) {
      ids.add(Integer.toString(i).repeat(40));
    }
    GroupConfig group = new GroupConfig(0, 1, acks, ids.getFirst(), ids);
    for (int i = 0; i < groupSize; i++) {
      nodes.get(i).join(new SimulatedMember(this, ids.get(i), group));
      nodes.get(i).setPriority(random.nextInt(1, 200));
    }
  }

  /** Sets whether connections break randomly. */
  void setLossy(boolean on) {
    lossy = on;
  }

  private void replicate() {
    nodes.forEach(SimulatedDataNode::replicate);
    if (lossy) {
      for (SentinelConnections.Connection each : connections.open()) {
        if (random.nextInt(50) == 0) {
          each.closeByTarget();
        }
      }
    }
    network.after(100, this::replicate);
  }

  Log log() {
    return SILENT;
  }

  RandomGenerator random() {
    return random;
  }

  ProcessNetwork network() {
    return network;
  }

  SentinelConnections connections() {
    return connections;
  }

  SafetyRules rules() {
    return rules;
  }

  long now() {
    return network.now();
  }

  List<SimulatedSentinel> sentinels() {
    return sentinels;
  }

  /** Returns sentinel s1, s2, ... */
  SimulatedSentinel sentinel(int number) {
    return sentinels.get(number - 1);
  }

  List<SimulatedDataNode> nodes() {
    return nodes;
  }

  /** Returns node n1, n2, ... */
  SimulatedDataNode node(int number) {
    return nodes.get(number - 1);
  }

  @Nullable SimulatedDataNode node(Address address) {
    for (SimulatedDataNode node : nodes) {
      if (node.address().equals(address)) {
        return node;
      }
    }
    return otherAddresses.get(address);
  }

  boolean accepts(Address target) {
    SimulatedDataNode node = node(target);
    if (node != null) {
      return node.isUp();
    }
    return sentinels.stream().anyMatch(each -> each.address().equals(target) && each.isUp());
  }

  void deliver(SentinelConnections.Connection connection, NodeRequest request) {
    SimulatedDataNode node = node(connection.target);
    if (node != null) {
      node.receive(connection, request);
      return;
    }
    for (SimulatedSentinel sentinel : sentinels) {
      if (sentinel.address().equals(connection.target)) {
        sentinel.receive(connection, request);
      }
    }
  }

  void runFor(long millis) {
    network.runFor(millis);
  }

  void onEvent(SimulatedSentinel sentinel, Sentinel core, SentinelOutput.Event event) {
    if (event.published()) {
      note(sentinel.name(), event.type() + " " + event.payload());
    }
    rules.onEvent(sentinel, core, event);
  }

  void onRemark(SimulatedSentinel sentinel, String text) {
    note(sentinel.name(), "(" + text + ")");
  }

  /** Appends an event to the trace, with readable names. */
  void note(String who, String text) {
    trace.add(new Line(now(), who, text));
  }

  private static String readable(String text) {
    return text.replaceAll("fd00::1:(\\d)", "s$1")
        .replaceAll("fd00:(?:0:)*:?(\\d+)", "n$1")
        .replaceAll("10\\.0\\.0\\.(\\d+)", "n$1")
        .replaceAll("10\\.0\\.1\\.(\\d)", "s$1")
        .replaceAll("([1-9])\\1{39}", "s$1");
  }

  /** Returns the trace, one event a line. */
  List<String> trace() {
    return trace.stream()
        .map(line ->
            String.format(
                Locale.ROOT,
                "%7.3f %-3s %s",
                line.at() / 1000.0,
                line.who(),
                readable(line.text())))
        .toList();
  }

  /** Returns null if all agree and the fleet is healthy, otherwise the problem. */
  @Nullable String disagreement() {
    for (int group = 0; group < groups; group++) {
      String amiss = disagreement(masterName(group), group * groupSize);
      if (amiss != null) {
        return amiss;
      }
    }
    return null;
  }

  private @Nullable String disagreement(String name, int firstNode) {
    Address agreed = null;
    for (SimulatedSentinel sentinel : sentinels) {
      Sentinel core = sentinel.core();
      Master master = core == null ? null : core.master(name);
      if (master == null) {
        return sentinel.name() + " is down";
      }
      if (agreed == null) {
        agreed = master.currentAddress();
      }
      if (!agreed.equals(master.currentAddress())) {
        return sentinel.name() + " names " + master.currentAddress() + ", not " + agreed;
      }
      if (master.isSubjectivelyDown() || master.isFailoverInProgress()) {
        return sentinel.name() + " is not at rest";
      }
      if (master.sentinels().size() != sentinels.size() - 1) {
        return sentinel.name() + " knows " + master.sentinels().size() + " others";
      }
    }
    for (SimulatedDataNode node : nodes.subList(firstNode, firstNode + groupSize)) {
      Address follows = node.master();
      boolean right =
          node.address().equals(agreed)
              ? follows == null
              : agreed != null && agreed.equals(follows);
      if (node.address().equals(agreed) && node.wantsLease() && !node.hasLease()) {
        return node.address() + " has no lease";
      }
      if (node.address().equals(agreed) && !node.confirmsWrites()) {
        return node.address() + " confirms no writes";
      }
      if (!node.isUp() || !right) {
        return node.address() + " follows " + follows + ", the master is " + agreed;
      }
    }
    return null;
  }
}
