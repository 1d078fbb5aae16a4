package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Extension;
import io.redoubt.server.cluster.message.GossipEntry;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Composes headers, gossip and extensions: this node's view of itself and of the cluster. */
final class Gossip {
  private static final int MIN_ENTRIES = 3;

  /** The divisor of the number of nodes that gives the number of random entries in a message. */
  private static final int SHARE = 10;

  private static final int TRIES_PER_ENTRY = 3;
  private static final long MILLIS_PER_SECOND = 1000;

  private final World world;
  private final PlannedFailover planned;

  Gossip(World world, PlannedFailover planned) {
    this.world = world;
    this.planned = planned;
  }

  /** Returns the header of the next message. */
  Header header(int messageFlags) {
    Node myself = world.myself();
    Node claims = myself.shardMaster();
    int flags = messageFlags | Header.EXTENSION_DATA;
    if (planned.hasPausedWrites()) {
      flags |= Header.PAUSED;
    }
    Node master = myself.master();
    return new Header(
        myself.id(), // Without a configured address, the receiver takes it from the connection.
        myself.endpoint.at(world.options().announced().ip()),
        new Header.View(world.currentEpoch(), world.isServing()),
        new Claim(claims.configEpoch, claims.slotsNow()),
        world.offset(),
        master == null ? null : master.id(),
        myself.flags | NodeFlag.LIGHT_PUBLISH,
        flags);
  }

  /** Composes gossip for a node, or for a stranger if null. */
  Body.Gossip body(GossipKind kind, @Nullable Node receiver, List<Extension> extensions) {
    return new Body.Gossip(kind, entries(receiver), extensions);
  }

  /**
   * Returns entries for a few random nodes, and for all suspected ones so that failures are agreed
   * on quickly.
   */
  private List<GossipEntry> entries(@Nullable Node receiver) {
    List<Node> candidates = new ArrayList<>();
    Set<Node> chosen = new LinkedHashSet<>();
    for (Node node : world.nodes.others()) {
      if (node == receiver || node.has(NodeFlag.HANDSHAKE | NodeFlag.NOADDR)) {
        continue;
      }
      if (node.has(NodeFlag.PFAIL)) {
        chosen.add(node);
      } else if (node.isConnected() || node.slotCount() > 0) {
        candidates.add(node);
      }
    }
    int wanted = Math.min(Math.max(MIN_ENTRIES, world.nodes.size() / SHARE), candidates.size());
    int limit = chosen.size() + wanted;
    for (int tries = 0; tries < wanted * TRIES_PER_ENTRY && chosen.size() < limit; tries++) {
      chosen.add(candidates.get(world.random(candidates.size())));
    }
    return chosen.stream().map(this::entry).toList();
  }

  private GossipEntry entry(Node node) {
    return new GossipEntry(
        node.id(),
        world.wall(node.link.pingSentAt) / MILLIS_PER_SECOND,
        world.wall(node.link.pongAt) / MILLIS_PER_SECOND,
        node.endpoint,
        node.flags & ~NodeFlag.LIGHT_PUBLISH);
  }

  /**
   * Returns the extensions for a node. Redis 7.0 logs a warning for each one except the host name,
   * and a 7.0 node can't be recognized. The others are therefore sent once per link, and after that
   * only if the node sends such extensions itself.
   *
   * @param greets true if no extension has been sent on this link
   */
  List<Extension> extensions(@Nullable Node receiver, boolean greets) {
    if (receiver == null || !receiver.has(NodeFlag.EXTENSIONS)) {
      return List.of();
    }
    List<Extension> extensions = new ArrayList<>(hostname());
    Node myself = world.myself();
    if (greets || receiver.knowsLaterExtensions) {
      if (!myself.labels.nodeName().isEmpty()) {
        extensions.add(new Extension.NodeName(myself.labels.nodeName()));
      }
      world
          .nodes
          .forgotten()
          .forEach((id, until) -> {
            long seconds = (until - world.now()) / MILLIS_PER_SECOND;
            if (seconds > 0) {
              extensions.add(new Extension.ForgottenNode(id, seconds));
            }
          });
      extensions.add(new Extension.ShardId(myself.labels.shard()));
    }
    return List.copyOf(extensions);
  }

  /** Returns the extension with this node's host name, if one is configured. */
  List<Extension> hostname() {
    String name = world.myself().labels.hostname();
    return name.isEmpty() ? List.of() : List.of(new Extension.Hostname(name));
  }
}
