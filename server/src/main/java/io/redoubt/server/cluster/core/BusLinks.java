package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Node.Link;
import io.redoubt.server.cluster.core.Node.LinkState;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Extension;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Our links to the other nodes, and the PINGs on them. Each node has a link of its own to each
 * other, on which it sends; PONGs return on the connection of their PING.
 */
final class BusLinks {
  private static final long RANDOM_PING_MILLIS = 1000;
  private static final int RANDOM_PING_CANDIDATES = 5;
  private static final long MIN_HANDSHAKE_MILLIS = 1000;

  private final Cluster cluster;
  private int lastLink;
  private long randomPingAt = Node.NEVER;

  BusLinks(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Opens and renews links, and sends the PINGs that are due. */
  void maintain() {
    long now = cluster.now();
    long timeout = cluster.timeoutMillis();
    for (Node node : cluster.nodes.others()) {
      if (node.isInHandshake() && now - node.createdAt() > handshakeMillis()) {
        cluster.orders.remove(node);
        continue;
      }
      cluster.search.consider(node);
      Link link = node.link;
      if (cluster.search.isOverdue(node)) {
        close(node);
      }
      switch (link.state) {
        case DOWN -> {
          if (cluster.search.hasAddress(node)) {
            connect(node);
          }
        }
        case CONNECTING -> {
          if (now - link.upSince > timeout) {
            close(node);
            connect(node);
          }
        }
        case UP -> maintain(node, link);
      }
    }
    if (now - randomPingAt >= RANDOM_PING_MILLIS) {
      randomPingAt = now;
      pingLongSilent();
    }
  }

  private long handshakeMillis() {
    return Math.max(cluster.timeoutMillis(), MIN_HANDSHAKE_MILLIS);
  }

  /**
   * Returns true if a node answers us and has had no link to us for the time of a handshake. It may
   * not know us: our handshake has succeeded, and its own has timed out.
   */
  boolean isOneWay(Node node) {
    Link link = node.link;
    return node.isConnected()
        && link.answered
        && !node.isInHandshake()
        && link.inbound == 0
        && cluster.now() - Math.max(link.inboundLostAt, link.upSince) > handshakeMillis();
  }

  private void maintain(Node node, Link link) {
    long now = cluster.now();
    long timeout = cluster.timeoutMillis();
    boolean waits = link.pingSentAt != Node.NEVER;
    // The connection may be broken although the node is well.
    if (waits
        && now - link.upSince > timeout
        && now - link.pingSentAt > timeout / 2
        && now - link.heardAt > timeout / 2) {
      close(node);
      connect(node);
    } else if (!waits && isOneWay(node) && now - link.metAt > handshakeMillis()) {
      cluster.remark(
          Level.NOTICE,
          "Node "
              + node
              + " answers but has no link to this node. It may not know this node, which"
              + " meets it again.");
      ping(node, GossipKind.MEET);
    } else if (!waits && now - link.pongAt > cluster.options().pingAfterMillis()) {
      ping(node, GossipKind.PING);
    } else if (!waits && cluster.manual.isAwaitedBy(node)) {
      ping(node, GossipKind.PING);
    }
  }

  /** Pings the node of a few random ones whose last PONG is the oldest. */
  private void pingLongSilent() {
    List<Node> candidates = new ArrayList<>(cluster.nodes.others());
    candidates.removeIf(
        node -> !node.isConnected() || node.isInHandshake() || node.link.pingSentAt != Node.NEVER);
    Node oldest = null;
    for (int i = 0; i < RANDOM_PING_CANDIDATES && !candidates.isEmpty(); i++) {
      Node node = candidates.remove(cluster.random(candidates.size()));
      if (oldest == null || node.link.pongAt < oldest.link.pongAt) {
        oldest = node;
      }
    }
    if (oldest != null) {
      ping(oldest, GossipKind.PING);
    }
  }

  private void connect(Node node) {
    Link link = node.link;
    link.id = ++lastLink;
    link.state = LinkState.CONNECTING;
    link.upSince = cluster.now();
    link.greeted = false;
    link.answered = false;
    Endpoint endpoint = cluster.search.next(node);
    link.endpoint = endpoint;
    if (link.pingSentAt == Node.NEVER) {
      // A node that can't be reached counts as silent from the first attempt on.
      link.pingSentAt = cluster.now();
    }
    cluster.nodes.linked(link.id, node);
    cluster.emit(new Output.Connect(link.id, endpoint));
  }

  /** Returns true if the link to a node, unless it is down, leads to the bus of an endpoint. */
  boolean leadsTo(Node node, Endpoint endpoint) {
    Endpoint led = node.link.endpoint;
    return node.link.state != LinkState.DOWN
        && led != null
        && led.ip().equals(endpoint.ip())
        && led.busPort() == endpoint.busPort();
  }

  /** Closes the link to a node; the next tick opens another one. */
  void close(Node node) {
    if (node.link.state != LinkState.DOWN) {
      cluster.emit(new Output.Disconnect(node.link.id));
      forget(node);
    }
  }

  private void forget(Node node) {
    cluster.nodes.unlinked(node.link.id);
    node.link.state = LinkState.DOWN;
  }

  void connected(int id) {
    Node node = cluster.nodes.ofLink(id);
    if (node == null || node.link.state != LinkState.CONNECTING) {
      return;
    }
    node.link.state = LinkState.UP;
    node.link.upSince = cluster.now();
    ping(node, node.has(NodeFlag.MEET) ? GossipKind.MEET : GossipKind.PING);
    node.clear(NodeFlag.MEET);
  }

  void disconnected(int id) {
    Node node = cluster.nodes.ofLink(id);
    if (node != null) {
      forget(node);
      node.clear(NodeFlag.LIGHT_PUBLISH); // it may come back as an older version
    } else if (id < 0) {
      for (Node each : cluster.nodes.others()) {
        if (each.link.inbound == id) {
          each.link.inbound = 0;
          each.link.inboundLostAt = cluster.now();
        }
      }
    }
  }

  /** Sends a PING or a MEET, from which on the node owes a PONG. */
  void ping(Node node, GossipKind kind) {
    if (node.link.pingSentAt == Node.NEVER) {
      node.link.pingSentAt = cluster.now();
    }
    if (kind == GossipKind.MEET) {
      node.link.metAt = cluster.now();
    }
    sendGossip(node, kind);
  }

  /** Sends our view to a node. */
  void sendGossip(Node node, GossipKind kind) {
    if (node.isConnected()) {
      boolean greets = !node.link.greeted;
      List<Extension> extensions = cluster.gossip.extensions(node, greets);
      node.link.greeted |= !extensions.isEmpty();
      send(node.link.id, cluster.gossip.body(kind, node, extensions));
    }
  }

  /**
   * Sends the PONG to a PING or a MEET on the connection on which that came.
   *
   * @param node the sender, null for a stranger
   * @param readsExtensions true if the sender announces that it reads extensions
   */
  void reply(int connection, @Nullable Node node, boolean readsExtensions) {
    // A stranger learns our slots from this message, and is to see them with our host name.
    List<Extension> extensions =
        node == null && readsExtensions
            ? cluster.gossip.hostname()
            : cluster.gossip.extensions(node, false);
    send(connection, cluster.gossip.body(GossipKind.PONG, node, extensions));
  }

  private void send(int connection, Body body) {
    cluster.emit(new Output.Send(connection, message(body, 0)));
  }

  private Message message(Body body, int messageFlags) {
    return new Message(cluster.gossip.header(messageFlags), body);
  }

  /** Sends a message on the link to a node; drops it if the link is down. */
  void send(Node node, Body body) {
    send(node, body, 0);
  }

  void send(Node node, Body body, int messageFlags) {
    send(node, message(body, messageFlags));
  }

  private void send(Node node, Message message) {
    if (node.isConnected()) {
      cluster.emit(new Output.Send(node.link.id, message));
    }
  }

  /** Sends one message to all nodes. */
  void broadcast(Body body, int messageFlags) {
    Message message = message(body, messageFlags);
    for (Node node : cluster.nodes.others()) {
      if (!node.isInHandshake()) {
        send(node, message);
      }
    }
  }

  /** Sends our view to all nodes at once, because it has changed. */
  void announce() {
    for (Node node : cluster.nodes.others()) {
      if (!node.isInHandshake()) {
        sendGossip(node, GossipKind.PONG);
      }
    }
  }

  /**
   * Passes a client's message on: to all nodes, or to those of our shard. Our view, which takes 2
   * KB, is left out for nodes that understand it so.
   */
  void publish(Body.Publish body) {
    Message whole = message(body, 0);
    Node master = cluster.myself().shardMaster();
    for (Node node : cluster.nodes.others()) {
      if (node.isInHandshake() || (body.sharded() && node.shardMaster() != master)) {
        continue;
      }
      if (node.isConnected() && node.has(NodeFlag.LIGHT_PUBLISH)) {
        cluster.emit(new Output.SendLight(node.link.id, body));
      } else {
        send(node, whole);
      }
    }
  }

  /** Sends our view to the nodes of our shard. */
  void announceInShard() {
    Node master = cluster.myself().shardMaster();
    for (Node node : cluster.nodes.others()) {
      if (!node.isInHandshake() && node.shardMaster() == master) {
        sendGossip(node, GossipKind.PONG);
      }
    }
  }
}
