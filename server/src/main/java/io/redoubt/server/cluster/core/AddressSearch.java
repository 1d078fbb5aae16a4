package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Node.LinkState;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.HashSet;
import java.util.Set;

/**
 * Looks for lost nodes at the address of their host name, since nodes that restart on new addresses
 * keep their names. A node without a host name is only tried at its last address.
 *
 * <p>A resolved address is tried by one link, which carries a PING. It replaces the known address
 * only if the peer answers with the expected id, so a wrong answer of a name server changes
 * nothing. Known and resolved addresses are tried in turn.
 */
final class AddressSearch {
  /** The time without a PONG after which a name is resolved. */
  private static final long PATIENCE_MILLIS = 500;

  private static final long MIN_INTERVAL_MILLIS = 1000;
  private static final long MAX_INTERVAL_MILLIS = 5000;

  /** The limit of concurrent requests, each of which may occupy a thread for long. */
  private static final int MAX_PENDING = 16;

  private final World world;
  private final Set<String> pending = new HashSet<>();

  AddressSearch(World world) {
    this.world = world;
  }

  /** Returns the time between two requests for a node, and the limit of a trial. */
  private long intervalMillis() {
    return Math.clamp(world.timeoutMillis() / 2, MIN_INTERVAL_MILLIS, MAX_INTERVAL_MILLIS);
  }

  /** Requests the address of a node that can't be reached, if it has a name. */
  void consider(Node node) {
    String name = node.labels.hostname();
    if (name.isEmpty()
        || !isLost(node)
        || world.now() - node.resolvedAt < intervalMillis()
        || (pending.size() >= MAX_PENDING && !pending.contains(name))) {
      return;
    }
    node.resolvedAt = world.now();
    // Several nodes may share the name of their machine.
    if (pending.add(name)) {
      world.emit(new Output.Resolve(name));
    }
  }

  private boolean isLost(Node node) {
    if (node.isInHandshake() || isOnTrial(node)) {
      return false;
    }
    long pingSentAt = node.link.pingSentAt;
    return node.has(NodeFlag.NOADDR)
        || (pingSentAt != Node.NEVER
            && world.now() - Math.max(pingSentAt, node.link.heardAt)
                > (node.isConnected() ? world.timeoutMillis() / 2 : PATIENCE_MILLIS));
  }

  /**
   * Handles the address of a name.
   *
   * @param ip empty if the name could not be resolved
   */
  void resolved(String name, String ip) {
    pending.remove(name);
    for (Node node : world.nodes.others()) {
      if (!node.labels.hostname().equals(name)) {
        continue;
      }
      // The interval starts now, so that requests for other nodes get their turn.
      node.resolvedAt = world.now();
      if (!ip.isEmpty() && !ip.equals(node.endpoint.ip()) && isLost(node)) {
        node.resolved = ports(node).at(ip);
        if (node.link.state != LinkState.UP) {
          world.closeLink(node);
        }
      }
    }
  }

  /** Returns the last known ports; ours for a node whose ports a restart has made unknown. */
  private Endpoint ports(Node node) {
    if (node.endpoint.busPort() != 0) {
      return node.endpoint;
    }
    return node.lostEndpoint == null ? world.myself().endpoint : node.lostEndpoint;
  }

  /** Returns true if a node can be tried at some address. */
  boolean hasAddress(Node node) {
    return !node.has(NodeFlag.NOADDR) || node.resolved != null;
  }

  /** Returns the endpoint for the next link to a node. */
  Endpoint next(Node node) {
    Endpoint resolved = node.resolved;
    node.resolved = null;
    return resolved == null ? node.endpoint : resolved;
  }

  /** Returns true if our link leads to a resolved address at which the node has not answered. */
  boolean isOnTrial(Node node) {
    return node.link.state != LinkState.DOWN && !node.link.answered && !node.leadsTo(node.endpoint);
  }

  /** Returns true if a trial has taken so long that the known address gets its turn. */
  boolean isOverdue(Node node) {
    return isOnTrial(node) && world.now() - node.link.upSince > intervalMillis();
  }

  /** Ends a trial at which another node answered. */
  void refuted(Node node, String stranger) {
    world.remark(
        Level.VERBOSE,
        "Node "
            + node
            + " is not at the address of its name "
            + node.labels.hostname()
            + ", where "
            + stranger
            + " answers");
    world.closeLink(node);
  }
}
