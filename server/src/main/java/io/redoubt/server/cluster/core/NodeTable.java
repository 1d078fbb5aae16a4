package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.NodeFlag;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The known nodes by id, and the forgotten ids that gossip must not add again for a while. */
final class NodeTable {
  private final Map<String, Node> byId = new LinkedHashMap<>();
  private final Map<Integer, Node> byLink = new LinkedHashMap<>();
  private final Map<String, Long> forgottenUntil = new LinkedHashMap<>();

  /** The connection of the last message of each forgotten node. */
  private final Map<String, Integer> connectionOfForgotten = new HashMap<>();

  private Node myself;

  NodeTable(Node myself) {
    this.myself = myself;
    byId.put(myself.id(), myself);
  }

  Node myself() {
    return myself;
  }

  @Nullable Node get(@Nullable String id) {
    return id == null ? null : byId.get(id);
  }

  /** Returns a node past its handshake, or null. */
  @Nullable Node known(@Nullable String id) {
    Node node = get(id);
    return node == null || node.isInHandshake() ? null : node;
  }

  @Nullable Node ofLink(int link) {
    return byLink.get(link);
  }

  void putLink(int link, Node node) {
    byLink.put(link, node);
  }

  void removeLink(int link) {
    byLink.remove(link);
  }

  void add(Node node) {
    byId.put(node.id(), node);
  }

  void rename(Node node, String id) {
    byId.remove(node.id());
    node.rename(id);
    byId.put(id, node);
  }

  /** Removes a node and all references to it. It must own no slots. */
  void remove(Node node) {
    byId.remove(node.id());
    for (Node replica : List.copyOf(node.replicas())) {
      replica.follow(null);
    }
    node.follow(null);
    for (Node each : byId.values()) {
      each.failReports.remove(node);
    }
  }

  Collection<Node> all() {
    return Collections.unmodifiableCollection(byId.values());
  }

  /** Returns all nodes but this one. */
  List<Node> others() {
    List<Node> others = new ArrayList<>(byId.values());
    others.remove(myself);
    return others;
  }

  int size() {
    return byId.size();
  }

  /** Returns the number of masters with slots. */
  int voters() {
    int voters = 0;
    for (Node node : byId.values()) {
      if (node.isVoter()) {
        voters++;
      }
    }
    return voters;
  }

  /** Returns the greatest config epoch of all nodes. */
  long maxConfigEpoch() {
    long max = 0;
    for (Node node : byId.values()) {
      max = Math.max(max, node.configEpoch);
    }
    return max;
  }

  /** Returns a handshake in progress with an address, or null. */
  @Nullable Node handshakeWith(String ip, int busPort) {
    for (Node node : byId.values()) {
      if (node.has(NodeFlag.HANDSHAKE)
          && node.endpoint.ip().equals(ip)
          && node.endpoint.busPort() == busPort) {
        return node;
      }
    }
    return null;
  }

  void forgetUntil(String id, long moment) {
    forgottenUntil.put(id, moment);
  }

  boolean isForgotten(String id, long now) {
    if (forgottenUntil.values().removeIf(moment -> moment <= now)) {
      connectionOfForgotten.keySet().retainAll(forgottenUntil.keySet());
    }
    return forgottenUntil.containsKey(id);
  }

  /**
   * Returns true if a MEET of a forgotten node must be ignored: it follows another message on the
   * same connection, so the node sent it unasked, because it has no link from this one. A MEET that
   * an operator ordered is the first message of a new connection.
   */
  boolean isForgottenAndInsists(String id, int connection, long now) {
    if (!isForgotten(id, now)) {
      return false;
    }
    Integer last = connectionOfForgotten.put(id, connection);
    return last != null && last == connection;
  }

  int handshakes() {
    int handshakes = 0;
    for (Node node : byId.values()) {
      if (node.isInHandshake()) {
        handshakes++;
      }
    }
    return handshakes;
  }

  /** Returns the forgotten ids, each with the time from which it may be added again. */
  Map<String, Long> forgotten() {
    return Collections.unmodifiableMap(forgottenUntil);
  }

  void clearForgotten() {
    forgottenUntil.clear();
    connectionOfForgotten.clear();
  }
}
