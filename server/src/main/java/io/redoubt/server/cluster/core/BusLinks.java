package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Node.Link;
import io.redoubt.server.cluster.core.Node.LinkState;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.ArrayList;
import java.util.List;

/**
 * The outgoing links to the other nodes, and the PINGs on them. Each pair of nodes has two
 * connections, one opened by each side. A node sends on its own; only a PONG returns on the
 * connection of its PING.
 */
final class BusLinks {
  private static final long RANDOM_PING_MILLIS = 1000;
  private static final int RANDOM_PING_CANDIDATES = 5;
  private static final long MIN_HANDSHAKE_MILLIS = 1000;

  private final World world;
  private final BusMessages messages;
  private final AddressSearch search;
  private final PlannedFailover planned;
  private int lastLink;
  private long randomPingAt = MachineClock.NEVER;

  BusLinks(World world, BusMessages messages, AddressSearch search, PlannedFailover planned) {
    this.world = world;
    this.messages = messages;
    this.search = search;
    this.planned = planned;
  }

  /** Opens and reopens links, and sends the PINGs that are due. */
  void maintain() {
    long now = world.now();
    long timeout = world.timeoutMillis();
    for (Node node : world.nodes.others()) {
      if (node.isInHandshake() && now - node.createdAt() > handshakeMillis()) {
        world.remove(node);
        continue;
      }
      search.consider(node);
      Link link = node.link;
      if (search.isOverdue(node)) {
        world.closeLink(node);
      }
      switch (link.state) {
        case DOWN -> {
          if (search.hasAddress(node)) {
            connect(node);
          }
        }
        case CONNECTING -> {
          if (now - link.upSince > timeout) {
            world.closeLink(node);
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
    return Math.max(world.timeoutMillis(), MIN_HANDSHAKE_MILLIS);
  }

  /**
   * Returns true if a node answers but has had no link to this one for the duration of a handshake.
   * Its own handshake may have timed out while ours succeeded, so that it does not know this node.
   */
  boolean isOneWay(Node node) {
    Link link = node.link;
    return node.isConnected()
        && link.answered
        && !node.isInHandshake()
        && link.inbound == 0
        && world.now() - Math.max(link.inboundLostAt, link.upSince) > handshakeMillis();
  }

  private void maintain(Node node, Link link) {
    long now = world.now();
    long timeout = world.timeoutMillis();
    boolean waits = link.pingSentAt != MachineClock.NEVER;
    // The connection may be broken although the node is up.
    if (waits
        && now - link.upSince > timeout
        && now - link.pingSentAt > timeout / 2
        && now - link.heardAt > timeout / 2) {
      world.closeLink(node);
      connect(node);
    } else if (!waits && isOneWay(node) && now - link.metAt > handshakeMillis()) {
      world.remark(
          Level.NOTICE,
          "Node "
              + node
              + " answers but has no link to this node. It may not know this node, so it is"
              + " sent another MEET.");
      ping(node, GossipKind.MEET);
    } else if (!waits && now - link.pongAt > world.options().pingAfterMillis()) {
      ping(node, GossipKind.PING);
    } else if (!waits && planned.isAwaitedBy(node)) {
      ping(node, GossipKind.PING);
    }
  }

  /** Pings one of a few randomly chosen nodes: the one with the oldest PONG. */
  private void pingLongSilent() {
    List<Node> candidates = new ArrayList<>(world.nodes.others());
    candidates.removeIf(node ->
        !node.isConnected() || node.isInHandshake() || node.link.pingSentAt != MachineClock.NEVER);
    Node oldest = null;
    for (int i = 0; i < RANDOM_PING_CANDIDATES && !candidates.isEmpty(); i++) {
      Node node = candidates.remove(world.random(candidates.size()));
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
    link.upSince = world.now();
    link.greeted = false;
    link.answered = false;
    Endpoint endpoint = search.next(node);
    link.endpoint = endpoint;
    if (link.pingSentAt == MachineClock.NEVER) {
      // An unreachable node counts as silent from the first failed attempt.
      link.pingSentAt = world.now();
    }
    world.nodes.putLink(link.id, node);
    world.emit(new Output.Connect(link.id, endpoint));
  }

  void onConnected(int id) {
    Node node = world.nodes.ofLink(id);
    if (node == null || node.link.state != LinkState.CONNECTING) {
      return;
    }
    node.link.state = LinkState.UP;
    node.link.upSince = world.now();
    ping(node, node.has(NodeFlag.MEET) ? GossipKind.MEET : GossipKind.PING);
    node.clear(NodeFlag.MEET);
  }

  void onDisconnected(int id) {
    Node node = world.nodes.ofLink(id);
    if (node != null) {
      world.markLinkLost(node);
      node.clear(NodeFlag.LIGHT_PUBLISH); // it may restart with an older version
    } else if (id < 0) {
      for (Node each : world.nodes.others()) {
        if (each.link.inbound == id) {
          each.link.inbound = 0;
          each.link.inboundLostAt = world.now();
        }
      }
    }
  }

  /** Sends a PING or a MEET. The node's silence is measured from the first one without a PONG. */
  void ping(Node node, GossipKind kind) {
    if (node.link.pingSentAt == MachineClock.NEVER) {
      node.link.pingSentAt = world.now();
    }
    if (kind == GossipKind.MEET) {
      node.link.metAt = world.now();
    }
    messages.sendGossip(node, kind);
  }
}
