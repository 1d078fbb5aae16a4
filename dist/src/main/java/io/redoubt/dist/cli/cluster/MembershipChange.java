package io.redoubt.dist.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Adds a node to a cluster and removes one from it. */
final class MembershipChange {
  static final int JOIN_SECONDS = 60;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  /** A node's view of its cluster at one moment. */
  record View(int peers, long replicas, Map<String, BitSet> owners) {}

  MembershipChange(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  /** Returns a node's current view and keeps the plan for the node. */
  static View view(Member member) throws IOException, ProtocolException, ClusterException {
    Member probe = new Member(member.session());
    probe.load();
    long replicas =
        probe.peers().stream().filter(peer -> peer.flags().contains("slave")).count()
            + (probe.isReplica() ? 1 : 0);
    long met = probe.peers().stream().filter(peer -> !peer.flags().contains("handshake")).count();
    return new View((int) met, replicas, Map.copyOf(probe.owners()));
  }

  boolean add(ArgumentAddress address)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    Member known = topology.members().getFirst();
    String name = address.host() + ":" + address.port();
    talk.step("Adding node " + name + " to cluster " + known.address());
    if (!new ClusterCheck(talk, topology).run()) {
      return false;
    }
    Member master = master();
    Member added = topology.connect(address.host(), address.port());
    topology.members().add(added);
    added.requireEmpty();
    if (master == null) {
      functions(known, added);
    }
    talk.step("Send CLUSTER MEET to node " + name + " to make it join the cluster.");
    added.meet(known);
    if (master != null) {
      requireJoined(added);
      talk.step("Configure node as replica of " + master.address() + ".");
      Reply unused = added.ask("CLUSTER", "REPLICATE", master.id());
    }
    out.print("[OK] New node added correctly.\n");
    return true;
  }

  /** Returns the master of a node that joins as a replica, null if it joins as a master. */
  private @Nullable Member master() throws ClusterException {
    if (!talk.options().addsReplica) {
      return null;
    }
    String id = talk.options().masterId;
    if (id != null) {
      Member named = topology.byId(id);
      if (named == null) {
        throw new ClusterException("[ERR] No such master ID " + id);
      }
      return named;
    }
    Member master = topology.masterWithFewestReplicas(null);
    if (master == null) {
      throw new ClusterException("[ERR] The cluster has no master.");
    }
    out.print("Automatically selected master " + master.address() + "\n");
    return master;
  }

  /** Copies the functions of the cluster to a new master. */
  private void functions(Member known, Member added)
      throws IOException, ProtocolException, ClusterException {
    talk.step("Getting functions from cluster");
    Reply dump = known.call("FUNCTION", "DUMP");
    if (!(dump instanceof Reply.Bulk payload)) {
      return; // a node before Redis 7
    }
    talk.step(
        "Send FUNCTION LIST to " + added.address() + " to verify there is no functions in it");
    if (!added.ask("FUNCTION", "LIST").elements().isEmpty()) {
      throw new ClusterException(
          "[ERR] Failed adding functions: the new node has functions of its own");
    }
    talk.step("Send FUNCTION RESTORE to " + added.address());
    Reply unused =
        added.ask(List.of("FUNCTION".getBytes(UTF_8), "RESTORE".getBytes(UTF_8), payload.bytes()));
  }

  private void requireJoined(Member added)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    int others = topology.members().size() - 1;
    if (!awaitJoin(out, () -> view(added).peers() >= others)) {
      throw new ClusterException(
          "[ERR] The new node did not meet all others within " + JOIN_SECONDS + " seconds.");
    }
  }

  /** A condition on the nodes of a cluster. */
  @FunctionalInterface
  interface Condition {
    boolean holds() throws IOException, ProtocolException, ClusterException;
  }

  /** Prints dots until nodes have met; returns false if they have not after a minute. */
  static boolean awaitJoin(PrintStream out, Condition joined)
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    out.print("Waiting for the cluster to join\n");
    for (int i = 0; i < JOIN_SECONDS; i++) {
      if (joined.holds()) {
        out.print("\n");
        return true;
      }
      out.print(".");
      out.flush();
      TimeUnit.SECONDS.sleep(1);
    }
    out.print("\n");
    return false;
  }

  /** Makes a node forget another one; returns false if it does not know that node. */
  private static boolean isForgotten(Member each, Member removed)
      throws IOException, ProtocolException, ClusterException {
    Reply reply = each.call("CLUSTER", "FORGET", removed.id());
    if (!(reply instanceof Reply.Error error)) {
      return true;
    }
    if (error.message().startsWith("ERR Unknown node")) {
      return false;
    }
    throw each.refused(error);
  }

  boolean remove(String id) throws IOException, ProtocolException, ClusterException {
    talk.step("Removing node " + id + " from cluster " + topology.members().getFirst().address());
    Member removed = topology.byId(id);
    if (removed == null) {
      out.print("[ERR] No such node ID " + id + "\n");
      return false;
    }
    if (removed.slotCount() > 0) {
      out.print(
          "[ERR] Node " + removed.address() + " is not empty! Reshard data away and try again.\n");
      return false;
    }
    talk.step("Sending CLUSTER FORGET messages to the cluster...");
    List<Member> unknowing = new ArrayList<>();
    for (Member each : topology.members()) {
      if (each == removed) {
        continue;
      }
      if (removed.id().equals(each.masterId())) {
        Member master = topology.masterWithFewestReplicas(removed);
        if (master == null) {
          throw new ClusterException("[ERR] No master is left for " + each.address());
        }
        talk.step(each.address() + " as replica of " + master.address());
        Reply unused = each.ask("CLUSTER", "REPLICATE", master.id());
      }
      if (!isForgotten(each, removed)) {
        unknowing.add(each);
      }
    }
    for (Member each : unknowing) { // a node may have heard of it by gossip meanwhile
      boolean unused = isForgotten(each, removed);
    }
    talk.step("Sending CLUSTER RESET SOFT to the deleted node.");
    Reply unused = removed.ask("CLUSTER", "RESET", "SOFT");
    return true;
  }
}
