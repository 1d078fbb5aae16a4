package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The timeline of a data server: its role, its link, syncs, saves, readiness, and the other nodes
 * of its cluster, found by comparing each second with the one before. Confined to the event loop.
 */
final class ServerEvents {
  private static final String REPLICA = "replica ";
  private static final String NODE = "node ";

  /** In a larger cluster only its state is followed, not each of its nodes. */
  private static final int MAX_NODES = 64;

  /** The maximum number of lost replicas to remember, and for how long. */
  private static final int MAX_GONE = 16;

  private static final long GONE_MILLIS = TimeUnit.MINUTES.toMillis(5);

  private final ServerParts parts;
  private final ReplicationView replication;
  private final Consumer<String> sink;
  private final Map<String, String> last = new HashMap<>();
  private final Map<String, Long> sinceMillis = new HashMap<>();

  /** The monotonic times at which replicas were lost, by address. */
  private final Map<String, Long> goneAt = new LinkedHashMap<>();

  /** Creates a timeline that passes each event, a JSON object, to {@code sink}. */
  ServerEvents(ServerParts parts, ReplicationView replication, Consumer<String> sink) {
    this.parts = parts;
    this.replication = replication;
    this.sink = sink;
  }

  /**
   * Compares with the last call.
   *
   * @param unready the reason for not being ready, empty if there is none
   */
  void update(String unready) {
    boolean replica = replication.isReplica();
    String master =
        replica
            ? " of " + Addresses.describe(replication.masterHost(), replication.masterPort())
            : "";
    if (changed("role", replica ? "replica" + master : "master")) {
      goneAt.clear(); // they follow another master now
    }
    String link = replication.isLinkUp() ? "up" : replication.isSyncing() ? "full sync" : "down";
    changed("link", replica ? link : "none");
    changed("save", parts.persistence.snapshots.isRunning() ? "running" : "done");
    changed(
        "append-only rewrite", parts.persistence.appendOnlyFile.isRewriting() ? "running" : "done");
    changed("ready", unready.isEmpty() ? "yes" : unready);
    Map<String, String> states = new HashMap<>();
    for (ReplicaState each : replication.replicas()) {
      states.put(REPLICA + Addresses.describe(each.host(), each.port()), each.state());
    }
    for (String lost : follow(REPLICA, states, "gone")) {
      goneAt.put(lost.substring(REPLICA.length()), parts.clock.monotonicMillis());
    }
    states.keySet().forEach(known -> goneAt.remove(known.substring(REPLICA.length())));
    while (goneAt.size() > MAX_GONE) {
      goneAt.remove(goneAt.keySet().iterator().next());
    }
    if (parts.replication.clusterNode != null) {
      updateCluster(parts.replication.clusterNode.cluster());
    }
  }

  private void updateCluster(Cluster cluster) {
    changed("cluster", cluster.isServing() ? "ok" : "down");
    if (cluster.allNodes().size() <= MAX_NODES) {
      Map<String, String> states = new HashMap<>();
      for (Node node : cluster.allNodes()) {
        if (node != cluster.me() && !node.isInHandshake()) {
          states.put(NODE + node.shownAddress(), state(node));
        }
      }
      follow(NODE, states, "forgotten");
    }
  }

  private static String state(Node node) {
    Node master = node.master();
    String duty =
        master != null
            ? "replica of " + master.shownAddress()
            : node.slotCount() > 0 ? "master" : "master without slots";
    return duty + (node.hasFailed() ? ", failed" : node.has(NodeFlag.PFAIL) ? ", silent" : "");
  }

  /**
   * Records the states of several things whose names have a prefix.
   *
   * @param end the state of those that are no longer there
   * @return the names of those
   */
  private List<String> follow(String prefix, Map<String, String> states, String end) {
    List<String> lost = new ArrayList<>();
    for (String known : last.keySet()) {
      if (known.startsWith(prefix) && !states.containsKey(known)) {
        lost.add(known);
      }
    }
    for (String known : lost) {
      changed(known, end);
      last.remove(known);
    }
    states.forEach(this::changed);
    return lost;
  }

  /** Returns the time since each replica lost in the last minutes was lost, by address. */
  Map<String, Long> gone() {
    long now = parts.clock.monotonicMillis();
    goneAt.values().removeIf(at -> now - at > GONE_MILLIS);
    Map<String, Long> millis = new LinkedHashMap<>();
    goneAt.forEach((address, at) -> millis.put(address, now - at));
    return millis;
  }

  /** Records a state; returns true if it differs from the last one. */
  private boolean changed(String what, String now) {
    String before = last.put(what, now);
    if (now.equals(before)) {
      return false;
    }
    long nowMillis = parts.clock.wallMillis();
    Long since = sinceMillis.put(what, nowMillis);
    if (before == null && !what.startsWith(REPLICA)) {
      return false; // the initial state is not an event
    }
    Json json =
        new Json()
            .object()
            .member("at", nowMillis)
            .member("type", what)
            .member("text", now)
            .member("before", before == null ? "" : before);
    if (before != null && since != null) {
      json.member("lasted", nowMillis - since);
    }
    sink.accept(json.endObject().toString());
    return true;
  }
}
