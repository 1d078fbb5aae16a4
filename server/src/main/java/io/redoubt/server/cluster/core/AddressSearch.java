package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.server.cluster.core.Node.LinkState;
import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.HashSet;
import java.util.Set;

/**
 * Finds unreachable nodes by their host names, since a node that restarts on a new address keeps
 * its name. A node without a host name is only tried at its last address.
 *
 * <p>A resolved address is tried with a single link and a PING. It replaces the known address only
 * if the peer answers with the expected id, so a wrong answer from DNS does no harm. The known and
 * the resolved address are tried alternately.
 */
final class AddressSearch {
  /** The time without a PONG after which a name is looked up. */
  private static final long PATIENCE_MILLIS = 500;

  private static final long MIN_INTERVAL_MILLIS = 1000;
  private static final long MAX_INTERVAL_MILLIS = 5000;

  /** The maximum number of concurrent lookups; each may occupy a thread for a long time. */
  private static final int MAX_PENDING = 16;

  private final World world;
  private final Set<String> pending = new HashSet<>();

  AddressSearch(World world) {
    this.world = world;
  }

  /**
   * Returns the interval between two lookups for a node, which also limits the trial of an address.
   */
  private long intervalMillis() {
    return Math.clamp(world.timeoutMillis() / 2, MIN_INTERVAL_MILLIS, MAX_INTERVAL_MILLIS);
  }

  /** Starts a lookup for a node that has a host name and can't be reached. */
  void consider(Node node) {
    String name = node.labels.hostname();
    if (name.isEmpty()
        || !isLost(node)
        || world.now() - node.resolvedAt < intervalMillis()
        || (pending.size() >= MAX_PENDING && !pending.contains(name))) {
      return;
    }
    node.resolvedAt = world.now();
    // Several nodes may share one host name.
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
        || (pingSentAt != MachineClock.NEVER
            && world.now() - Math.max(pingSentAt, node.link.heardAt)
                > (node.isConnected() ? world.timeoutMillis() / 2 : PATIENCE_MILLIS));
  }

  /**
   * Handles the result of a lookup.
   *
   * @param ip empty if the name could not be resolved
   */
  void onResolved(String name, String ip) {
    pending.remove(name);
    for (Node node : world.nodes.others()) {
      if (!node.labels.hostname().equals(name)) {
        continue;
      }
      // The interval starts anew at the answer, so that slow lookups leave room for other nodes.
      node.resolvedAt = world.now();
      if (!ip.isEmpty() && !ip.equals(node.endpoint.ip()) && isLost(node)) {
        node.resolved = ports(node).at(ip);
        if (node.link.state != LinkState.UP) {
          world.closeLink(node);
        }
      }
    }
  }

  /** Returns the last known ports of a node; this node's own if a restart has lost them. */
  private Endpoint ports(Node node) {
    if (node.endpoint.busPort() != 0) {
      return node.endpoint;
    }
    return node.lostEndpoint == null ? world.myself().endpoint : node.lostEndpoint;
  }

  /** Returns true if any address of a node is known. */
  boolean hasAddress(Node node) {
    return !node.has(NodeFlag.NOADDR) || node.resolved != null;
  }

  Endpoint next(Node node) {
    Endpoint resolved = node.resolved;
    node.resolved = null;
    return resolved == null ? node.endpoint : resolved;
  }

  /**
   * Returns true if the link leads to a resolved address and the node has not answered there yet.
   */
  boolean isOnTrial(Node node) {
    return node.link.state != LinkState.DOWN && !node.link.answered && !node.leadsTo(node.endpoint);
  }

  /** Returns true if a trial has run out of time and the known address is next. */
  boolean isOverdue(Node node) {
    return isOnTrial(node) && world.now() - node.link.upSince > intervalMillis();
  }

  /** Ends a trial because another node answered. */
  void onRefuted(Node node, String stranger) {
    world.remark(
        Level.VERBOSE,
        "Node "
            + node
            + " was not found at the address of its host name "
            + node.labels.hostname()
            + ": "
            + stranger
            + " answers there");
    world.closeLink(node);
  }
}
