package io.redoubt.server.cluster.message;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;

/** The part of a message that follows the header. */
public sealed interface Body {
  /** The kinds of messages that carry gossip. */
  enum GossipKind {
    /** A heartbeat that asks for a PONG. */
    PING,
    /** The reply to a PING or a MEET, or an unasked announcement. */
    PONG,
    /** A PING that asks the receiver to add the sender to its nodes. */
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
   * A published message.
   *
   * @param sharded true if it is for the sender's shard only
   */
  record Publish(boolean sharded, ByteString channel, ByteString message) implements Body {}

  /** A replica asks for a vote. */
  record VoteRequest() implements Body {}

  /** A vote for the receiver, in the header's current epoch. */
  record Vote() implements Body {}

  /** The slots of a node whose config epoch is newer than the receiver's view. */
  record Update(long configEpoch, String node, SlotSet slots) implements Body {}

  /** A replica asks its master to pause writes for a manual failover. */
  record PauseRequest() implements Body {}

  /** A message of a module. */
  record Module(long module, int type, ByteString content) implements Body {}

  /** A message of an unknown type. */
  record Unknown(int type) implements Body {}
}
