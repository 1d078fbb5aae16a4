package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Header;
import org.jspecify.annotations.Nullable;

/**
 * Dispatches the messages of other nodes. Only known nodes are trusted; from strangers only PING,
 * MEET and the answer to a handshake count.
 */
final class Reception {
  private final World world;
  private final BusMessages messages;
  private final GossipReception gossip;
  private final Health health;
  private final SlotClaims claims;
  private final Votes votes;
  private final Elections elections;
  private final ManualFailover manual;

  Reception(
      World world,
      BusMessages messages,
      GossipReception gossip,
      Health health,
      SlotClaims claims,
      Votes votes,
      Elections elections,
      ManualFailover manual) {
    this.world = world;
    this.messages = messages;
    this.gossip = gossip;
    this.health = health;
    this.claims = claims;
    this.votes = votes;
    this.elections = elections;
    this.manual = manual;
  }

  void onMessage(Input.Received received) {
    Header header = received.message().header();
    if (header.sender().equals(world.myself().id())) {
      onOwnMessage(received);
      return;
    }
    Node linked = world.nodes.ofLink(received.connection());
    Node sender = world.nodes.known(header.sender());
    if (sender != null) {
      if (received.connection() < 0) {
        sender.link.inbound = received.connection();
      }
      gossip.onHeader(sender, header);
    } else if (linked != null && linked.isInHandshake()) {
      linked.link.heardAt = world.now();
    }
    switch (received.message().body()) {
      case Body.Gossip body -> gossip.onGossip(received, sender, linked, header, body);
      case Body.Fail(String id) -> {
        if (sender != null) {
          health.onFail(sender, id);
        }
      }
      case Body.Publish publish -> deliver(sender, publish);
      case Body.VoteRequest() -> {
        if (sender != null) {
          votes.onRequest(sender, header);
        }
      }
      case Body.Vote() -> {
        if (sender != null) {
          elections.onVote(sender, header.currentEpoch());
        }
      }
      case Body.Update update -> {
        if (sender != null) {
          claims.onUpdate(update);
        }
      }
      case Body.PauseRequest() -> {
        if (sender != null) {
          manual.onPauseRequest(sender);
        }
      }
      case Body.Module module -> {}
      case Body.Unknown unknown -> {}
    }
  }

  /** Handles a published message in the light form. */
  void onLightMessage(String sender, Body.Publish body) {
    deliver(world.nodes.known(sender), body);
  }

  private void deliver(@Nullable Node sender, Body.Publish body) {
    if (sender != null) {
      world.emit(new Output.Deliver(body.sharded(), body.channel(), body.message()));
    }
  }

  /**
   * Handles a message from this node itself, which an operator may have had meet its own address.
   */
  private void onOwnMessage(Input.Received received) {
    Node linked = world.nodes.ofLink(received.connection());
    if (linked != null && linked.isInHandshake()) {
      world.remove(linked);
    } else if (linked != null) {
      gossip.onStranger(linked, world.myself().id());
    } else if (received.message().body() instanceof Body.Gossip body
        && body.kind() != GossipKind.PONG) {
      messages.reply(received.connection(), null, false);
    }
  }
}
