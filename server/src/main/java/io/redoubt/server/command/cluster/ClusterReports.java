package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.bus.BusLink;
import io.redoubt.server.cluster.bus.BusStats;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.nodes.NodeRecord;
import io.redoubt.server.cluster.nodes.NodesText;
import io.redoubt.server.cluster.routing.RoutingOptions.Shown;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The subcommands of CLUSTER that report the state of the cluster. */
final class ClusterReports {
  private static final CommandError INVALID_SLOT = new CommandError("ERR Invalid slot");
  private static final CommandError INVALID_SLOT_OR_COUNT =
      new CommandError("ERR Invalid slot or number of keys");
  private static final CommandError NOT_A_MASTER =
      new CommandError("ERR The specified node is not a master");

  private final ClusterNode node;

  ClusterReports(ClusterNode node) {
    this.node = node;
  }

  private Cluster cluster() {
    return node.cluster();
  }

  private Node named(Call call, int argument) {
    String id = call.argText(argument);
    Node named = cluster().node(id);
    if (named == null) {
      throw new CommandError("ERR Unknown node " + id);
    }
    return named;
  }

  private static boolean isTls(Call call) {
    Connection connection = call.client().open();
    return connection != null && connection.isTls();
  }

  void myId(Call call) {
    call.reply().bulk(cluster().myId());
  }

  void myShardId(Call call) {
    call.reply().bulk(cluster().me().labels().shard());
  }

  /** Replies with the slot of a key, which does not depend on a cluster. */
  static void keySlot(Call call) {
    call.reply().integer(KeySlot.of(call.memory(), call.argAddress(2), call.argLength(2)));
  }

  void countKeys(Call call) {
    long slot = call.argLong(2);
    if (!SlotSet.isSlot(slot)) {
      throw INVALID_SLOT;
    }
    call.reply().integer(node.keys().count(call.database().index(), (int) slot));
  }

  void listKeys(Call call) {
    long slot = call.argLong(2);
    long max = call.argLong(3);
    if (!SlotSet.isSlot(slot) || max < 0) {
      throw INVALID_SLOT_OR_COUNT;
    }
    int most = (int) Math.min(max, Integer.MAX_VALUE);
    List<byte[]> keys = node.keys().keys(call.database().index(), (int) slot, most);
    call.reply().array(keys.size());
    keys.forEach(call.reply()::bulk);
  }

  void doctor(Call call) {
    List<String> findings = node.findings();
    call.reply().array(findings.size());
    findings.forEach(call.reply()::bulk);
  }

  void countFailureReports(Call call) {
    call.reply().integer(cluster().failureReports(named(call, 2)));
  }

  void info(Call call) {
    Cluster cluster = cluster();
    int failed = 0;
    int suspected = 0;
    for (Node each : cluster.allNodes()) {
      if (each.hasFailed()) {
        failed += each.slotCount();
      } else if (each.has(NodeFlag.PFAIL)) {
        suspected += each.slotCount();
      }
    }
    Node me = cluster.me();
    Node master = me.master();
    StringBuilder text = new StringBuilder();
    field(text, "cluster_state", cluster.isServing() ? "ok" : "fail");
    field(text, "cluster_slots_assigned", cluster.assignedSlots());
    field(text, "cluster_slots_ok", cluster.assignedSlots() - failed - suspected);
    field(text, "cluster_slots_pfail", suspected);
    field(text, "cluster_slots_fail", failed);
    field(text, "cluster_known_nodes", cluster.allNodes().size());
    field(text, "cluster_size", cluster.voters());
    field(text, "cluster_current_epoch", cluster.currentEpoch());
    field(text, "cluster_my_epoch", (master == null ? me : master).configEpoch());
    messages(text);
    BusStats stats = node.bus().stats();
    field(text, "total_cluster_links_buffer_limit_exceeded", stats.limitsExceeded());
    call.reply().verbatim("txt", text.toString());
  }

  private void messages(StringBuilder text) {
    BusStats stats = node.bus().stats();
    for (BusStats.Type type : BusStats.Type.values()) {
      if (stats.sent(type) > 0) {
        field(text, "cluster_stats_messages_" + type.label() + "_sent", stats.sent(type));
      }
    }
    field(text, "cluster_stats_messages_sent", stats.sent());
    for (BusStats.Type type : BusStats.Type.values()) {
      if (stats.received(type) > 0) {
        field(text, "cluster_stats_messages_" + type.label() + "_received", stats.received(type));
      }
    }
    field(text, "cluster_stats_messages_received", stats.received());
  }

  private static void field(StringBuilder text, String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
  }

  void nodes(Call call) {
    StringBuilder text = new StringBuilder();
    for (Node each : cluster().allNodes()) {
      text.append(line(each, isTls(call))).append('\n');
    }
    call.reply().verbatim("txt", text.toString());
  }

  void replicas(Call call) {
    Node master = named(call, 2);
    if (!master.isMaster()) {
      throw NOT_A_MASTER;
    }
    call.reply().array(master.replicas().size());
    for (Node replica : master.replicas()) {
      call.reply().bulk(line(replica, isTls(call)));
    }
  }

  /** Returns the line of a node in CLUSTER NODES: with a client's port, and a master's epoch. */
  private String line(Node each, boolean tls) {
    NodeRecord record = cluster().record(each);
    Endpoint endpoint = each.endpoint();
    Node master = each.master();
    return NodesText.line(
        new NodeRecord(
            record.id(),
            new Endpoint(
                endpoint.ip(), node.routingOptions().port(each, tls), 0, endpoint.busPort()),
            record.labels(),
            record.flags(),
            record.master(),
            record.contact(),
            new Claim(master == null ? record.configEpoch() : master.configEpoch(), record.slots()),
            record.openSlots()));
  }

  void slots(Call call) {
    ReplyWriter reply = call.reply();
    long mark = reply.deferArray();
    int ranges = 0;
    int first = 0;
    for (int slot = 1; slot <= SlotSet.SLOTS; slot++) {
      Node owner = cluster().owner(first);
      if (slot < SlotSet.SLOTS && cluster().owner(slot) == owner) {
        continue;
      }
      if (owner != null) {
        range(call, first, slot - 1, owner);
        ranges++;
      }
      first = slot;
    }
    reply.resolve(mark, ranges);
  }

  private void range(Call call, int first, int last, Node owner) {
    List<Node> available = new ArrayList<>();
    for (Node replica : owner.replicas()) {
      if (!replica.hasFailed() && offset(replica) != 0) {
        available.add(replica);
      }
    }
    ReplyWriter reply = call.reply();
    reply.array(3 + available.size());
    reply.integer(first);
    reply.integer(last);
    endpoint(call, owner);
    available.forEach(replica -> endpoint(call, replica));
  }

  private long offset(Node each) {
    return each == cluster().me() ? cluster().offset() : each.offset();
  }

  private @Nullable String shownName(Node each) {
    return node.routingOptions().shownNames() == Shown.UNKNOWN
        ? null
        : node.routingOptions().shown(each);
  }

  private static void bulkOrNil(ReplyWriter reply, @Nullable String text) {
    if (text == null) {
      reply.nil();
    } else {
      reply.bulk(text);
    }
  }

  private void endpoint(Call call, Node each) {
    ReplyWriter reply = call.reply();
    reply.array(4);
    bulkOrNil(reply, shownName(each));
    reply.integer(node.routingOptions().port(each, isTls(call)));
    reply.bulk(each.id());
    Map<String, String> further = new LinkedHashMap<>();
    Shown shown = node.routingOptions().shownNames();
    if (shown != Shown.IP) {
      further.put("ip", each.endpoint().ip());
    }
    if (shown != Shown.HOSTNAME && !each.labels().hostname().isEmpty()) {
      further.put("hostname", each.labels().hostname());
    }
    reply.map(further.size());
    further.forEach((name, value) -> {
      reply.bulk(name);
      reply.bulk(value);
    });
  }

  void shards(Call call) {
    Map<String, List<Node>> shards = new LinkedHashMap<>();
    for (Node each : cluster().allNodes()) {
      if (!each.isInHandshake()) {
        shards.computeIfAbsent(each.labels().shard(), unused -> new ArrayList<>()).add(each);
      }
    }
    ReplyWriter reply = call.reply();
    reply.array(shards.size());
    shards
        .values()
        .forEach(members -> {
          reply.map(2);
          reply.bulk("slots");
          SlotSet slots = new SlotSet();
          members.forEach(member -> slots.addAll(member.slots()));
          List<Integer> bounds = new ArrayList<>();
          slots.forEachRange((first, last) -> {
            bounds.add(first);
            bounds.add(last);
          });
          reply.array(bounds.size());
          bounds.forEach(reply::integer);
          reply.bulk("nodes");
          reply.array(members.size());
          members.forEach(member -> member(reply, member));
        });
  }

  private void member(ReplyWriter reply, Node member) {
    boolean busTls = node.routingOptions().busUsesTls();
    Endpoint endpoint = member.endpoint();
    int plain = busTls ? endpoint.otherPort() : endpoint.port();
    int tls = busTls ? endpoint.port() : endpoint.otherPort();
    String hostname = member.labels().hostname();
    reply.map(6 + (plain == 0 ? 0 : 1) + (tls == 0 ? 0 : 1) + (hostname.isEmpty() ? 0 : 1));
    reply.bulk("id");
    reply.bulk(member.id());
    if (plain != 0) {
      reply.bulk("port");
      reply.integer(plain);
    }
    if (tls != 0) {
      reply.bulk("tls-port");
      reply.integer(tls);
    }
    reply.bulk("ip");
    reply.bulk(endpoint.ip());
    reply.bulk("endpoint");
    bulkOrNil(reply, shownName(member));
    if (!hostname.isEmpty()) {
      reply.bulk("hostname");
      reply.bulk(hostname);
    }
    reply.bulk("role");
    reply.bulk(member.isReplica() ? "replica" : "master");
    reply.bulk("replication-offset");
    reply.integer(offset(member));
    reply.bulk("health");
    boolean failing = member.has(NodeFlag.FAIL | NodeFlag.PFAIL);
    reply.bulk(failing ? "fail" : member.isReplica() && offset(member) == 0 ? "loading" : "online");
  }

  void links(Call call) {
    List<BusLink> links = node.bus().links();
    ReplyWriter reply = call.reply();
    reply.array(links.size());
    for (BusLink link : links) {
      reply.map(6);
      reply.bulk("direction");
      reply.bulk(link.outgoing() ? "to" : "from");
      reply.bulk("node");
      reply.bulk(link.node());
      reply.bulk("create-time");
      reply.integer(link.createdMillis());
      reply.bulk("events");
      reply.bulk(link.queuedBytes() > 0 ? "rw" : "r");
      reply.bulk("send-buffer-allocated");
      reply.integer(link.queuedBytes());
      reply.bulk("send-buffer-used");
      reply.integer(link.queuedBytes());
    }
  }
}
