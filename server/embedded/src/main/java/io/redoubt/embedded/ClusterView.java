package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The state of a cluster according to its nodes, except killed and paused ones. */
final class ClusterView {
  private final List<GroupMember> nodes;

  ClusterView(List<GroupMember> nodes) {
    this.nodes = nodes;
  }

  /** Returns each serving node's view of all nodes. */
  private Map<GroupMember, List<ClusterNodeLine>> views() {
    Map<GroupMember, List<ClusterNodeLine>> views = new LinkedHashMap<>();
    for (GroupMember node : MemberQueries.serving(nodes)) {
      Reply reply = MemberQueries.ask(node, "CLUSTER", "NODES");
      if (reply != null && !reply.isError()) {
        views.put(node, ClusterNodeLine.read(reply.text()));
      }
    }
    return views;
  }

  /** Returns the serving master of a slot on which most serving nodes, itself included, agree. */
  @Nullable GroupMember master(int slot) {
    return agreed(line -> line.slots().get(slot)).stream().findFirst().orElse(null);
  }

  /**
   * Returns the serving masters of slots on which most serving nodes, themselves included, agree.
   */
  List<GroupMember> masters() {
    return agreed(line -> !line.slots().isEmpty());
  }

  private List<GroupMember> agreed(Predicate<ClusterNodeLine> owns) {
    Map<GroupMember, List<ClusterNodeLine>> views = views();
    Map<Integer, Integer> votes = new HashMap<>();
    for (List<ClusterNodeLine> view : views.values()) {
      view.stream().filter(owns).forEach(line -> votes.merge(line.port(), 1, Integer::sum));
    }
    List<GroupMember> agreed = new ArrayList<>();
    views.forEach((node, view) -> {
      boolean itself =
          view.stream().anyMatch(line -> line.port() == node.port() && owns.test(line));
      if (itself && votes.getOrDefault(node.port(), 0) > views.size() / 2) {
        agreed.add(node);
      }
    });
    return agreed;
  }

  /** Returns the serving replicas that report a node as their master. */
  List<GroupMember> replicasOf(GroupMember master) {
    return MemberQueries.serving(nodes).stream()
        .filter(node -> node != master)
        .filter(node -> {
          Map<String, String> fields = MemberQueries.replication(node);
          return fields.getOrDefault("role", "").equals("slave")
              && MemberQueries.number(fields, "master_port") == master.port();
        })
        .toList();
  }

  /** Returns another serving master of slots in the shard of a node; null for none. */
  @Nullable GroupMember otherMasterInShardOf(GroupMember old) {
    List<GroupMember> masters = masters();
    Map<Integer, Integer> votes = new HashMap<>();
    List<GroupMember> serving = MemberQueries.serving(nodes);
    for (GroupMember node : serving) {
      shardOf(node, old).forEach(port -> votes.merge(port, 1, Integer::sum));
    }
    return masters.stream()
        .filter(master -> master != old)
        .filter(master -> votes.getOrDefault(master.port(), 0) > serving.size() / 2)
        .findFirst()
        .orElse(null);
  }

  /**
   * Returns the ports of the nodes in the shard of {@code member}, in the view of {@code asked}.
   */
  private static Set<Integer> shardOf(GroupMember asked, GroupMember member) {
    if (MemberQueries.ask(asked, "CLUSTER", "SHARDS") instanceof Reply.Array(List<Reply> shards)) {
      for (Reply shard : shards) {
        Set<Integer> ports =
            List.copyOf(shard.elements()).get(3).elements().stream()
                .map(node -> Integer.valueOf(field(node, "port")))
                .collect(Collectors.toSet());
        if (ports.contains(member.port())) {
          return ports;
        }
      }
    }
    return Set.of();
  }

  /** Returns a field of a map, empty if it is missing. */
  private static String field(Reply map, String name) {
    List<Reply> fields = List.copyOf(map.elements());
    for (int i = 0; i + 1 < fields.size(); i += 2) {
      if (fields.get(i).text().equals(name)) {
        return fields.get(i + 1).text();
      }
    }
    return "";
  }

  /**
   * Returns the reason why the last migration of slots from a node has failed, empty if it has not.
   */
  String failureOfMigration(GroupMember source) {
    if (MemberQueries.ask(source, "CLUSTER", "GETSLOTMIGRATIONS")
            instanceof Reply.Array(List<Reply> migrations)
        && !migrations.isEmpty()) {
      Reply last = migrations.iterator().next();
      String state = field(last, "state");
      return state.equals("failed") || state.equals("cancelled")
          ? state + ": " + field(last, "message")
          : "";
    }
    return "";
  }

  /** Returns true if each serving node is connected with all others. */
  boolean isMet() {
    Map<GroupMember, List<ClusterNodeLine>> views = views();
    return views.size() == nodes.size()
        && views.values().stream()
            .allMatch(view ->
                view.size() == nodes.size()
                    && view.stream().noneMatch(ClusterNodeLine::isDoubtful));
  }

  /**
   * Returns true if all serving nodes accept commands, are connected, suspect no other, and agree
   * on roles and the owners of all slots; and if the owners serve and the serving replicas have
   * loaded.
   */
  boolean isOk() {
    Map<GroupMember, List<ClusterNodeLine>> views = views();
    Set<Integer> ports = views.keySet().stream().map(GroupMember::port).collect(Collectors.toSet());
    Map<Integer, BitSet> owners = null;
    Map<Integer, String> roles = null;
    for (Map.Entry<GroupMember, List<ClusterNodeLine>> each : views.entrySet()) {
      List<ClusterNodeLine> ofServing =
          each.getValue().stream().filter(line -> ports.contains(line.port())).toList();
      if (ofServing.size() != ports.size()
          || ofServing.stream().anyMatch(ClusterNodeLine::isDoubtful)
          || !isAccepting(each.getKey())) {
        return false;
      }
      Map<Integer, BitSet> itsOwners = new TreeMap<>();
      Map<Integer, String> itsRoles = new TreeMap<>();
      for (ClusterNodeLine line : ofServing) {
        itsOwners.put(line.port(), line.slots());
        itsRoles.put(line.port(), line.isMaster() ? "" : line.master());
      }
      if ((owners != null && !owners.equals(itsOwners))
          || (roles != null && !roles.equals(itsRoles))) {
        return false;
      }
      owners = itsOwners;
      roles = itsRoles;
    }
    return owners != null
        && owners.values().stream().mapToInt(BitSet::cardinality).sum() == SlotSet.SLOTS
        && views.keySet().stream().allMatch(ClusterView::hasLoaded);
  }

  private static boolean isAccepting(GroupMember node) {
    return "ok"
        .equals(
            MemberQueries.fields(MemberQueries.ask(node, "CLUSTER", "INFO")).get("cluster_state"));
  }

  /** Returns true for masters, and for replicas whose link to their master is up. */
  private static boolean hasLoaded(GroupMember node) {
    Map<String, String> fields = MemberQueries.replication(node);
    return Objects.equals(fields.get("role"), "master")
        || Objects.equals(fields.get("master_link_status"), "up");
  }

  /**
   * Returns true if each serving replica has executed everything that its master had executed at
   * the time of this call.
   */
  boolean isInStep() {
    for (GroupMember master : masters()) {
      long offset = MemberQueries.number(MemberQueries.replication(master), "master_repl_offset");
      for (GroupMember replica : replicasOf(master)) {
        if (!MemberQueries.hasReached(replica, master, offset)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Returns the view of each node, for messages. */
  String describe() {
    Map<GroupMember, List<ClusterNodeLine>> views = views();
    StringBuilder text = new StringBuilder();
    for (GroupMember node : nodes) {
      text.append("\n  ").append(node).append(": ").append(MemberQueries.describe(node));
      List<ClusterNodeLine> view = views.get(node);
      if (view != null) {
        text.append(isAccepting(node) ? ", accepts commands" : ", refuses commands");
        for (ClusterNodeLine line : view) {
          text.append("\n    sees ").append(line.port()).append(' ').append(line.flags());
          text.append(line.isConnected() ? " connected, " : " disconnected, ");
          text.append(line.slots().cardinality()).append(" slots");
        }
      }
    }
    return text.toString();
  }
}
