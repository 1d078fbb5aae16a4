package io.redoubt.server.cluster.message;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;

/** The part of a message that follows the header. */
public sealed interface Body {
  /** The kinds of messages that carry gossip. */
  enum GossipKind {
    /** A question whether the receiver is alive. */
    PING,
    /** The reply to PING and MEET, or news without a question. */
    PONG,
    /** A PING that adds the sender to the receiver's nodes. */
    MEET
  }

  /** PING, PONG and MEET. */
  record Gossip(GossipKind kind, List<GossipEntry> entries, List<Extension> extensions)
      implements Body {
    /** Copies the lists. */
    public Gossip {
      entries = List.copyOf(entries);
      extensions = List.copyOf(extensions);
    }
  }

  /** A majority of masters agrees that the node has failed. */
  record Fail(String node) implements Body {}

  /**
   * A message to a channel.
   *
   * @param sharded true if it was published in the sender's shard only
   */
  record Publish(boolean sharded, ByteString channel, ByteString message) implements Body {}

  /** A replica asks for a vote. */
  record VoteRequest() implements Body {}

  /** A vote for the receiver, in the header's current epoch. */
  record Vote() implements Body {}

  /** Slots of a node with a config epoch that exceeds what the receiver claims. */
  record Update(long configEpoch, String node, SlotSet slots) implements Body {}

  /** A replica asks its master to pause writes for a manual failover. */
  record PauseRequest() implements Body {}

  /** A message of a module. */
  record Module(long module, int type, ByteString content) implements Body {}

  /** A message that this version does not know. */
  record Unknown(int type) implements Body {}
}
