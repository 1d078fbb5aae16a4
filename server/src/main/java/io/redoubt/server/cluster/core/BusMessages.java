package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Extension;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.NodeFlag;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Composes and sends messages to other nodes. Messages to nodes whose link is down are dropped. */
final class BusMessages {
  private final World world;
  private final Gossip gossip;

  BusMessages(World world, Gossip gossip) {
    this.world = world;
    this.gossip = gossip;
  }

  /** Sends a PING, PONG or MEET with gossip to a node. */
  void sendGossip(Node node, GossipKind kind) {
    if (node.isConnected()) {
      boolean greets = !node.link.greeted;
      List<Extension> extensions = gossip.extensions(node, greets);
      node.link.greeted |= !extensions.isEmpty();
      send(node.link.id, gossip.body(kind, node, extensions));
    }
  }

  /**
   * Answers a PING or a MEET with a PONG on the same connection.
   *
   * @param node the sender, null for a stranger
   * @param readsExtensions true if the sender announces that it reads extensions
   */
  void reply(int connection, @Nullable Node node, boolean readsExtensions) {
    // A stranger learns this node's slots from this message, so it should learn the host name with
    // them.
    List<Extension> extensions =
        node == null && readsExtensions ? gossip.hostname() : gossip.extensions(node, false);
    send(connection, gossip.body(GossipKind.PONG, node, extensions));
  }

  private void send(int connection, Body body) {
    world.emit(new Output.Send(connection, message(body, 0)));
  }

  private Message message(Body body, int messageFlags) {
    return new Message(gossip.header(messageFlags), body);
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
      world.emit(new Output.Send(node.link.id, message));
    }
  }

  /** Sends one message to all nodes. */
  void broadcast(Body body, int messageFlags) {
    Message message = message(body, messageFlags);
    for (Node node : world.nodes.others()) {
      if (!node.isInHandshake()) {
        send(node, message);
      }
    }
  }

  /** Sends a PONG to every node at once, because this node's role, slots or epoch has changed. */
  void announce() {
    for (Node node : world.nodes.others()) {
      if (!node.isInHandshake()) {
        sendGossip(node, GossipKind.PONG);
      }
    }
  }

  /**
   * Forwards a published message to all nodes, or to the nodes of this shard. Nodes that support it
   * get the light form, without the 2 KB header.
   */
  void publish(Body.Publish body) {
    Message whole = message(body, 0);
    Node master = world.myself().shardMaster();
    for (Node node : world.nodes.others()) {
      if (node.isInHandshake() || (body.sharded() && node.shardMaster() != master)) {
        continue;
      }
      if (node.isConnected() && node.has(NodeFlag.LIGHT_PUBLISH)) {
        world.emit(new Output.SendLight(node.link.id, body));
      } else {
        send(node, whole);
      }
    }
  }

  /** Sends a PONG to the nodes of this shard at once. */
  void announceInShard() {
    Node master = world.myself().shardMaster();
    for (Node node : world.nodes.others()) {
      if (!node.isInHandshake() && node.shardMaster() == master) {
        sendGossip(node, GossipKind.PONG);
      }
    }
  }
}
