package io.redoubt.dist.cli.cluster;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Creates a cluster of empty nodes. */
final class Creation {
  private static final int LEAST_MASTERS = 3;
  private static final int AGREED_MILLIS = 200;
  private static final int AGREED_CHECKS = 60;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  Creation(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  boolean run() throws IOException, ProtocolException, InterruptedException, ClusterException {
    connect();
    List<Member> members = topology.members();
    int replicas = talk.options().replicas;
    int masters = members.size() / (replicas + 1);
    if (masters < LEAST_MASTERS) {
      out.print(
          "*** ERROR: Invalid configuration for cluster creation.\n"
              + "*** Redis Cluster requires at least 3 master nodes.\n"
              + "*** This is not possible with "
              + members.size()
              + " nodes and "
              + replicas
              + " replicas per node.\n"
              + "*** At least "
              + LEAST_MASTERS * (replicas + 1)
              + " nodes are required.\n");
      return false;
    }
    talk.step("Performing hash slots allocation on " + members.size() + " nodes...");
    plan(alternating(members), masters);
    topology.show("");
    if (!talk.accepted("Can I set the above configuration?")) {
      return false;
    }
    configure();
    talk.step("Sending CLUSTER MEET messages to join the cluster");
    meet();
    if (!MembershipChange.awaitJoin(out, this::allKnown)) {
      out.print(
          "[ERR] The nodes did not all meet within "
              + MembershipChange.JOIN_SECONDS
              + " seconds. The port of the cluster bus must be reachable, too.\n");
      return false;
    }
    for (Member each : members) {
      if (each.masterId() != null) {
        Reply unused = each.ask("CLUSTER", "REPLICATE", each.masterId());
      }
    }
    awaitAgreement();
    topology.reload();
    return new ClusterCheck(talk, topology).run();
  }

  private void connect() throws IOException, ProtocolException, ClusterException {
    for (String argument : talk.options().arguments) {
      ArgumentAddress address = ArgumentAddress.read(argument);
      Member member = topology.connect(address.host(), address.port());
      topology.members().add(member);
      member.requireEmpty();
    }
  }

  /**
   * Returns the nodes in an order in which neighbors are on different hosts, as far as possible.
   */
  static List<Member> alternating(List<Member> members) {
    Map<String, Deque<Member>> byHost = new LinkedHashMap<>();
    members.forEach(
        each -> byHost.computeIfAbsent(each.host(), host -> new ArrayDeque<>()).add(each));
    List<Member> order = new ArrayList<>();
    while (order.size() < members.size()) {
      for (Deque<Member> host : byHost.values()) {
        if (!host.isEmpty()) {
          order.add(host.remove());
        }
      }
    }
    return order;
  }

  /**
   * Plans equal ranges of slots for the first nodes, and gives each of them replicas on other
   * hosts.
   */
  private void plan(List<Member> order, int masters) {
    double share = (double) Member.SLOTS / masters;
    int first = 0;
    for (int i = 0; i < masters; i++) {
      int last = i == masters - 1 ? Member.SLOTS - 1 : (int) Math.round(share * (i + 1) - 1);
      BitSet slots = new BitSet(Member.SLOTS);
      slots.set(first, last + 1);
      order.get(i).plan(null, slots);
      out.print("Master[" + i + "] -> Slots " + first + " - " + last + "\n");
      first = last + 1;
    }
    List<Member> left = new ArrayList<>(order.subList(masters, order.size()));
    Map<Member, Integer> counts = new HashMap<>();
    boolean sameHost = false;
    while (!left.isEmpty()) {
      for (Member master : order.subList(0, masters)) {
        if (left.isEmpty()) {
          break;
        }
        Member replica =
            left.stream()
                .filter(each -> !IpAddress.same(each.host(), master.host()))
                .findFirst()
                .orElse(left.getFirst());
        left.remove(replica);
        sameHost |= IpAddress.same(replica.host(), master.host());
        boolean extra = counts.merge(master, 1, Integer::sum) > talk.options().replicas;
        replica.plan(master.id(), new BitSet(Member.SLOTS));
        out.print(
            "Adding "
                + (extra ? "extra replica " : "replica ")
                + replica.address()
                + " to "
                + master.address()
                + "\n");
      }
    }
    if (sameHost) {
      talk.step("Trying to optimize slaves allocation for anti-affinity");
      out.print("[WARNING] Some slaves are in the same host as their master\n");
    }
  }

  private void configure() throws IOException, ProtocolException, ClusterException {
    for (Member each : topology.members()) {
      if (!each.isReplica()) {
        List<String> words = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
        each.slots().stream().forEach(slot -> words.add(slot + ""));
        Reply unused = each.ask(words.toArray(String[]::new));
      }
    }
    talk.step("Nodes configuration updated");
    talk.step("Assign a different config epoch to each node");
    int epoch = 1;
    for (Member each : topology.members()) {
      // A node that already has an epoch replies with an error, which is harmless.
      Reply unused = each.call("CLUSTER", "SET-CONFIG-EPOCH", epoch + "");
      epoch++;
    }
  }

  private void meet() throws IOException, ProtocolException, ClusterException {
    Member first = topology.members().getFirst();
    for (Member each : topology.members()) {
      if (each != first) {
        each.meet(first);
      }
    }
  }

  /** Returns true if each node knows all others, and all agree on the owners of slots. */
  private boolean allKnown() throws IOException, ProtocolException, ClusterException {
    int others = topology.members().size() - 1;
    boolean all = true;
    Map<String, BitSet> view = null;
    for (Member each : topology.members()) {
      MembershipChange.View seen = MembershipChange.view(each);
      all &= seen.peers() == others;
      view = view == null ? seen.owners() : view;
      all &= view.equals(seen.owners());
    }
    return all;
  }

  /** Waits until all nodes agree on the master of each replica. */
  private void awaitAgreement()
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    long replicas = topology.members().stream().filter(Member::isReplica).count();
    for (int i = 0; i < AGREED_CHECKS; i++) {
      boolean all = true;
      for (Member each : topology.members()) {
        all &= MembershipChange.view(each).replicas() == replicas;
      }
      if (all) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(AGREED_MILLIS);
    }
  }
}
