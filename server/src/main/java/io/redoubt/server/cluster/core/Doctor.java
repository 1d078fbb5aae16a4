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
 * Finds the states and settings of a cluster that cause or will cause problems, for CLUSTER DOCTOR.
 * Examines this node's view only; other nodes may see more.
 */
final class Doctor {
  /** The subject of findings about no single node. */
  private static final String WHOLE = "cluster";

  /** The masters that still have a majority when one is missing. */
  private static final int ENOUGH_MASTERS = 3;

  /** A pause of a process or network of a second is common. */
  private static final long SHORT_TIMEOUT_MILLIS = 1000;

  private static final long LONG_TIMEOUT_MILLIS = 60_000;

  private final World world;
  private final BusLinks links;
  private final @Nullable String differingAddress;
  private final List<String> findings = new ArrayList<>();

  private Doctor(World world, BusLinks links, @Nullable String differingAddress) {
    this.world = world;
    this.links = links;
    this.differingAddress = differingAddress;
  }

  /** Returns the findings: for each a keyword, the node or {@code cluster}, and the advice. */
  static List<String> findings(World world, BusLinks links, @Nullable String differingAddress) {
    Doctor doctor = new Doctor(world, links, differingAddress);
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
              + " slots are not served, for which all nodes refuse commands for the others, too."
              + " Cover them, or set cluster-require-full-coverage no on all nodes.");
    }
  }

  private void masters() {
    List<Node> voters = voters();
    if (!voters.isEmpty() && voters.size() < ENOUGH_MASTERS) {
      add(
          "few-masters",
          WHOLE,
          "a failover needs the votes of most masters with slots, and with "
              + voters.size()
              + " of them none may be missing. Spread the slots over three or more masters, on"
              + " different machines.");
    }
    for (Node master : voters) {
      if (master.hasFailed()) {
        continue;
      }
      if (master.workingReplicas() == 0) {
        add(
            "no-replica",
            master.shownAddress(),
            "nobody can replace this master, whose slots are lost with it. Add a replica with"
                + " redis-cli --cluster add-node --cluster-slave --cluster-master-id "
                + master
                + ".");
      } else if (master.replicas().stream()
          .allMatch(each -> each.hasFailed() || each.has(NodeFlag.NOFAILOVER))) {
        add(
            "replicas-no-failover",
            master.shownAddress(),
            "all its replicas have cluster-replica-no-failover yes, so that none replaces it. Set"
                + " it to no on one of them.");
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
              "it runs at the address of its master "
                  + master.shownAddress()
                  + ": with that machine both are lost. Move it to another machine, or exchange"
                  + " it for a replica there by CLUSTER REPLICATE.");
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
                + " masters run there: without that machine the others are no majority, and"
                + " nobody is promoted. Fail some of them over to replicas elsewhere with CLUSTER"
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
            "most masters can't reach it"
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
                + ", but most masters have not found that it failed. Check that this node reaches"
                + " its port and the port of its bus.");
      } else if (links.isOneWay(node)) {
        add(
            "one-way",
            node.shownAddress(),
            "it answers this node but opens no link to it. Either it does not know this node,"
                + " which meets it again every few seconds, or it can't reach the port of this"
                + " node's bus.");
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
                    + ". If no reshard is running one was broken off: redis-cli --cluster fix"
                    + " finishes it, CLUSTER SETSLOT slot STABLE on both nodes undoes it."));
  }

  private void versions() {
    Map<Long, Node> byEpoch = new HashMap<>();
    for (Node master : voters()) {
      Node other = byEpoch.putIfAbsent(master.configEpoch(), master);
      if (other != null) {
        add(
            "epoch-collision",
            master.shownAddress(),
            "it has the config epoch "
                + master.configEpoch()
                + " of "
                + other.shownAddress()
                + ", so that nodes may differ on who owns a slot that both claim. It ends once"
                + " they hear of each other; if it stays, run CLUSTER BUMPEPOCH on one of them.");
      }
      SlotSet released = world.slots.releasedOf(master);
      if (!released.isEmpty()) {
        add(
            "topology-differs",
            master.shownAddress(),
            "it does not claim the slots "
                + released
                + ", which this node takes to be its own, and no other node does. If that stays,"
                + " assign them with redis-cli --cluster fix.");
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
              + " ms: as long the slots of a master that died are not served, and one that is cut"
              + " off takes writes that are lost. Set 15000 or less on all nodes.");
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
              + ", and clients are sent to the address that each node knows. Set"
              + " cluster-announce-ip, and the announced ports where they differ.");
    }
  }
}
