package io.redoubt.dist.cli.cluster;

import io.redoubt.dist.cli.session.Session;
import io.redoubt.dist.client.Target;
import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The reachable nodes of a cluster, discovered from one of them. */
final class DiscoveredCluster implements AutoCloseable {
  private final Target login;
  private final PrintStream out;
  private final PrintStream err;
  private final List<Member> members = new ArrayList<>();
  private int unreachableMasters;

  /**
   * Creates an empty list.
   *
   * @param login the login and encryption of connections
   */
  DiscoveredCluster(Target login, PrintStream out, PrintStream err) {
    this.login = login;
    this.out = out;
    this.err = err;
  }

  List<Member> members() {
    return members;
  }

  List<Member> masters() {
    return members.stream().filter(each -> !each.isReplica()).toList();
  }

  /** Returns the number of masters with slots that don't answer. */
  int unreachableMasters() {
    return unreachableMasters;
  }

  /** Connects to a node that may belong to no cluster yet. */
  Member connect(String host, int port) throws IOException, ProtocolException, ClusterException {
    Session session = new Session(login.at(host, port), out, err);
    if (!session.connect()) {
      throw new ClusterException("");
    }
    Member member = new Member(session);
    try {
      if (!member.info("cluster", "cluster_enabled").equals("1")) {
        throw new ClusterException(
            "[ERR] Node " + member.address() + " is not configured as a cluster node.");
      }
      member.load();
      return member;
    } catch (IOException | ProtocolException | ClusterException e) {
      member.close();
      throw e;
    }
  }

  /** Finds the nodes of a cluster. */
  void load(String host, int port) throws IOException, ProtocolException, ClusterException {
    close();
    unreachableMasters = 0;
    Member first = connect(host, port);
    members.add(first);
    for (Member.Peer peer : first.peers()) {
      if (!peer.isReachable() || !add(peer)) {
        unreachableMasters += first.owners().containsKey(peer.id()) ? 1 : 0;
      }
    }
  }

  private boolean add(Member.Peer peer) throws ProtocolException {
    try {
      members.add(connect(peer.host(), peer.port()));
      return true;
    } catch (IOException | ClusterException e) {
      out.print("*** WARNING: the node " + peer.host() + ":" + peer.port() + " can't be used\n");
      return false;
    }
  }

  /** Rereads the state of all nodes. */
  void reload() throws IOException, ProtocolException, ClusterException {
    for (Member each : members) {
      each.load();
    }
  }

  /** Returns the node with an id or the unique start of one, or null. */
  @Nullable Member byId(String id) {
    Member found = null;
    for (Member each : members) {
      if (!id.isEmpty() && each.id().startsWith(id)) {
        if (found != null) {
          return null;
        }
        found = each;
      }
    }
    return found;
  }

  int replicasOf(Member master) {
    return (int) members.stream().filter(each -> master.id().equals(each.masterId())).count();
  }

  /** Returns the first of the masters with the fewest replicas. */
  @Nullable Member masterWithFewestReplicas(@Nullable Member except) {
    Member best = null;
    for (Member each : masters()) {
      if (each != except && (best == null || replicasOf(each) < replicasOf(best))) {
        best = each;
      }
    }
    return best;
  }

  /** Returns the slots that have an owner. */
  BitSet covered() {
    BitSet covered = new BitSet(Member.SLOTS);
    masters().forEach(each -> covered.or(each.slots()));
    return covered;
  }

  /** Returns true if all nodes agree on the owners of slots. */
  boolean isConsistent() {
    Set<Map<String, BitSet>> views = new HashSet<>();
    members.forEach(each -> views.add(each.owners()));
    return views.size() <= 1;
  }

  /** Returns the nodes that claim a slot, for slots that several claim. */
  Map<Integer, List<Member>> multipleOwners() {
    Map<Integer, List<Member>> owners = new TreeMap<>();
    for (Member each : members) {
      each.slots().stream()
          .forEach(slot -> owners.computeIfAbsent(slot, it -> new ArrayList<>()).add(each));
    }
    owners.values().removeIf(list -> list.size() < 2);
    return owners;
  }

  /** Returns the open slots, each with a description of its migration. */
  Map<Integer, List<String>> openSlots() {
    Map<Integer, List<String>> open = new TreeMap<>();
    for (Member each : members) {
      each.migrating()
          .keySet()
          .forEach(slot ->
              open.computeIfAbsent(slot, it -> new ArrayList<>())
                  .add("migrating in " + each.address()));
      each.importing()
          .keySet()
          .forEach(slot ->
              open.computeIfAbsent(slot, it -> new ArrayList<>())
                  .add("importing in " + each.address()));
    }
    return open;
  }

  void show(String indent) {
    members.forEach(each -> show(each, indent));
  }

  void show(Member member, String indent) {
    String slots = ranges(member.slots());
    out.print(
        indent
            + (member.isReplica() ? "S: " : "M: ")
            + member.id()
            + " "
            + member.address()
            + "\n"
            + indent
            + "   slots:"
            + (slots.isEmpty() ? "" : slots)
            + " ("
            + member.slotCount()
            + " slots) "
            + (member.isReplica() ? "slave" : "master")
            + "\n");
    if (member.isReplica()) {
      out.print(indent + "   replicates " + member.masterId() + "\n");
    } else if (replicasOf(member) > 0) {
      out.print(indent + "   " + replicasOf(member) + " additional replica(s)\n");
    }
  }

  /** Returns slots as ranges: {@code [0-5],[7]}. */
  static String ranges(BitSet slots) {
    StringBuilder text = new StringBuilder();
    int first = slots.nextSetBit(0);
    while (first >= 0) {
      int end = slots.nextClearBit(first);
      text.append(text.isEmpty() ? "" : ",").append('[').append(first);
      text.append(end - 1 > first ? "-" + (end - 1) : "").append(']');
      first = slots.nextSetBit(end);
    }
    return text.toString();
  }

  /** Returns the number of keys of each master. */
  Map<Member, Long> keyCounts() throws IOException, ProtocolException, ClusterException {
    Map<Member, Long> counts = new HashMap<>();
    for (Member each : masters()) {
      counts.put(each, each.ask("DBSIZE").number());
    }
    return counts;
  }

  @Override
  public void close() {
    members.forEach(Member::close);
    members.clear();
  }
}
