package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Diagnoses states and settings that cause problems or will do so, for CLUSTER DOCTOR. Examines
 * this node's view only; other nodes may see more.
 */
final class ClusterDoctor {
  /** The subject of findings about the cluster as a whole. */
  private static final String WHOLE = "cluster";

  /** The smallest number of masters that keeps a majority when one of them fails. */
  private static final int ENOUGH_MASTERS = 3;

  /** Processes and networks commonly pause for up to a second. */
  private static final long SHORT_TIMEOUT_MILLIS = 1000;

  private static final long LONG_TIMEOUT_MILLIS = 60_000;

  private final World world;
  private final BusLinks links;
  private final @Nullable String differingAddress;
  private final List<String> findings = new ArrayList<>();

  private ClusterDoctor(World world, BusLinks links, @Nullable String differingAddress) {
    this.world = world;
    this.links = links;
    this.differingAddress = differingAddress;
  }

  /** Returns the findings, each a line of the form {@code keyword subject: advice}. */
  static List<String> findings(World world, BusLinks links, @Nullable String differingAddress) {
    ClusterDoctor doctor = new ClusterDoctor(world, links, differingAddress);
    doctor.coverage();
    doctor.masters();
    doctor.machines();
    doctor.failures();
    doctor.openSlots();
    doctor.versions();
    doctor.timeout();
    doctor.addresses();
    return doctor.findings;
  }

  private void add(String word, String subject, String advice) {
    findings.add(word + " " + subject + ": " + advice);
  }

  private List<Node> voters() {
    return world.nodes.all().stream().filter(Node::isVoter).toList();
  }

  private void coverage() {
    SlotSet unassigned = SlotSet.range(0, SlotSet.SLOTS - 1);
    SlotSet uncovered = new SlotSet();
    for (Node master : voters()) {
      unassigned.removeAll(master.slots());
      if (master.hasFailed()) {
        uncovered.addAll(master.slots());
      }
    }
    uncovered.addAll(unassigned);
    if (!unassigned.isEmpty()) {
      add(
          "slots-unassigned",
          WHOLE,
          "no node owns the slots "
              + unassigned
              + ": commands for them are refused. Assign them with CLUSTER ADDSLOTSRANGE or"
              + " redis-cli --cluster fix.");
    }
    if (!uncovered.isEmpty() && world.options().requireFullCoverage()) {
      add(
          "full-coverage",
          WHOLE,
          uncovered.count()
              + " slots are not served, so all nodes refuse the commands for every slot."
              + " Cover them, or set cluster-require-full-coverage no on all nodes.");
    }
  }

  private void masters() {
    List<Node> voters = voters();
    if (!voters.isEmpty() && voters.size() < ENOUGH_MASTERS) {
      add(
          "few-masters",
          WHOLE,
          "a failover needs the votes of a majority of the masters with slots, and "
              + voters.size()
              + " of them have none once one fails. Spread the slots over three or more"
              + " masters, on different machines.");
    }
    for (Node master : voters) {
      if (master.hasFailed()) {
        continue;
      }
      if (master.workingReplicas() == 0) {
        add(
            "no-replica",
            master.shownAddress(),
            "it has no working replica to take over its slots if it fails. Add one with"
                + " redis-cli --cluster add-node --cluster-slave --cluster-master-id "
                + master
                + ".");
      } else if (master.replicas().stream()
          .allMatch(each -> each.hasFailed() || each.has(NodeFlag.NOFAILOVER))) {
        add(
            "replicas-no-failover",
            master.shownAddress(),
            "all its replicas have cluster-replica-no-failover yes, so none can replace it."
                + " Set it to no on at least one of them.");
      }
    }
  }

  private void machines() {
    List<Node> voters = voters();
    for (Node master : voters) {
      String ip = master.endpoint().ip();
      for (Node replica : master.replicas()) {
        if (!ip.isEmpty() && ip.equals(replica.endpoint().ip())) {
          add(
              "same-machine",
              replica.shownAddress(),
              "it has the same address as its master "
                  + master.shownAddress()
                  + ", so a failure of that machine takes down both. Move it to another machine, or"
                  + " swap it with a replica there by CLUSTER REPLICATE.");
        }
      }
    }
    if (voters.size() < ENOUGH_MASTERS) {
      return;
    }
    Map<String, Integer> byMachine = new TreeMap<>();
    voters.forEach(master -> byMachine.merge(master.endpoint().ip(), 1, Integer::sum));
    byMachine.forEach((ip, count) -> {
      if (!ip.isEmpty() && voters.size() - count < voters.size() / 2 + 1) {
        add(
            "masters-on-one-machine",
            ip,
            count
                + " of "
                + voters.size()
                + " masters run there: if that machine fails the others have no majority, and no"
                + " replica is promoted. Fail some of them over to replicas elsewhere with CLUSTER"
                + " FAILOVER.");
      }
    });
  }

  private void failures() {
    for (Node node : world.nodes.all()) {
      String way = node.has(NodeFlag.NOADDR) ? "another node answers there" : "it does not answer";
      if (node.hasFailed()) {
        add(
            "node-failed",
            node.shownAddress(),
            "a majority of the masters can't reach it"
                + (node.slotCount() > 0
                    ? ", and its " + node.slotCount() + " slots are not served"
                    : "")
                + ". Start it again, or remove it with CLUSTER FORGET "
                + node
                + " on all nodes.");
      } else if (node.has(NodeFlag.PFAIL | NodeFlag.NOADDR)) {
        add(
            "node-unreachable",
            node.shownAddress(),
            way
                + ", but a majority of the masters does not consider it failed. Check that this"
                + " node can reach its client port and its bus port.");
      } else if (links.isOneWay(node)) {
        add(
            "one-way",
            node.shownAddress(),
            "it answers this node but opens no link to it. Either it does not know this node,"
                + " which sends it a MEET every few seconds, or it can't reach this node's"
                + " bus port.");
      }
    }
  }

  private void openSlots() {
    open("slots-migrating", world.slots.migrating, "to");
    open("slots-importing", world.slots.importing, "from");
  }

  private void open(String word, Map<Integer, Node> slots, String direction) {
    Map<Node, SlotSet> byPeer = new HashMap<>();
    slots.forEach((slot, peer) -> byPeer.computeIfAbsent(peer, any -> new SlotSet()).add(slot));
    slots.values().stream()
        .distinct()
        .forEach(peer ->
            add(
                word,
                world.myself().shownAddress(),
                "the slots "
                    + byPeer.get(peer)
                    + " move "
                    + direction
                    + " "
                    + peer.shownAddress()
                    + ". If no reshard is running, one was interrupted: finish it with redis-cli"
                    + " --cluster fix, or undo it with CLUSTER SETSLOT slot STABLE on both"
                    + " nodes."));
  }

  private void versions() {
    Map<Long, Node> byEpoch = new HashMap<>();
    for (Node master : voters()) {
      Node other = byEpoch.putIfAbsent(master.configEpoch(), master);
      if (other != null) {
        add(
            "epoch-collision",
            master.shownAddress(),
            "it has the same config epoch "
                + master.configEpoch()
                + " as "
                + other.shownAddress()
                + ", so nodes may disagree on the owner of a slot that both claim. This resolves"
                + " itself once the two exchange messages; if it persists, run CLUSTER BUMPEPOCH"
                + " on one of them.");
      }
      SlotSet released = world.slots.releasedOf(master);
      if (!released.isEmpty()) {
        add(
            "topology-differs",
            master.shownAddress(),
            "this node considers it the owner of the slots "
                + released
                + ", but neither it nor any other node claims them. If this persists, assign them"
                + " with redis-cli --cluster fix.");
      }
    }
  }

  private void timeout() {
    long millis = world.timeoutMillis();
    if (millis < SHORT_TIMEOUT_MILLIS) {
      add(
          "timeout-short",
          world.myself().shownAddress(),
          "cluster-node-timeout is "
              + millis
              + " ms: a short pause of a process or of the network looks like a failure. Set 2000"
              + " or more on all nodes.");
    } else if (millis > LONG_TIMEOUT_MILLIS) {
      add(
          "timeout-long",
          world.myself().shownAddress(),
          "cluster-node-timeout is "
              + millis
              + " ms: for that long the slots of a failed master are not served, and a partitioned"
              + " master accepts writes that will be lost. Set 15000 or less on all nodes.");
    }
  }

  private void addresses() {
    Node me = world.myself();
    String differing = differingAddress;
    if (differing != null && world.options().announced().ip().isEmpty()) {
      add(
          "announce-unset",
          me.shownAddress(),
          "other nodes reach it at "
              + differing
              + ", but clients are redirected to the address that each node knows. Set"
              + " cluster-announce-ip, and the announced ports if they differ.");
    }
  }
}
