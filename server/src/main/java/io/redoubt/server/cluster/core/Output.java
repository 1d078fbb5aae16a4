package io.redoubt.server.cluster.core;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.slot.SlotSet;

/** An output of the state machine. The driver performs the outputs of a step in order. */
public sealed interface Output {
  /** Opens a link; answered by {@link Input.Connected} or {@link Input.Disconnected}. */
  record Connect(int link, Endpoint endpoint) implements Output {}

  /** Closes a link; not answered. */
  record Disconnect(int link) implements Output {}

  /** Resolves a host name; answered by {@link Input.Resolved}, with an empty address on failure. */
  record Resolve(String name) implements Output {}

  /**
   * Sends a message.
   *
   * @param connection a link, or the inbound connection on which the request arrived
   */
  record Send(int connection, Message message) implements Output {}

  /** Sends a published message in the light form, without a header, to a node that supports it. */
  record SendLight(int connection, Body.Publish body) implements Output {}

  /** Saves the state. */
  record Persist(ClusterState state, Urgency urgency) implements Output {}

  /** Makes this server a replica of the node at an endpoint. */
  record Follow(String node, Endpoint endpoint) implements Output {}

  /** Makes this server a master. */
  record Promote() implements Output {}

  /**
   * Pauses client writes at the master of a manual failover; answered by {@link
   * Input.WritesPaused}.
   */
  record PauseWrites(long millis) implements Output {}

  /** Ends a pause of writes. */
  record ResumeWrites() implements Output {}

  /** Deletes the keys of slots that this node has lost. */
  record DropSlots(SlotSet slots) implements Output {}

  /** Deletes all keys, because a replica was reset. */
  record DropAll() implements Output {}

  /**
   * Reports that slots, nodes or the cluster's state have changed, so that routing is recomputed.
   */
  record TopologyChanged() implements Output {}

  /** Delivers a published message to this server's subscribers. */
  record Deliver(boolean sharded, ByteString channel, ByteString message) implements Output {}

  /** Logs text. */
  record Remark(Level level, String text) implements Output {}

  /** Reports the success of an operator's order, with the text of the reply. */
  record Done(String text) implements Output {}

  /** Refuses an operator's order; the text starts with an error code, as in {@code ERR ...}. */
  record Refused(String error) implements Output {}

  /** The time within which a change must be durable. */
  enum Urgency {
    /**
     * The state contains a new promise: a vote, an epoch or a claim to slots. No later output may
     * be performed until it is durable, and none at all if that fails.
     */
    BINDING,
    /** An order whose loss clients would notice, such as a slot that starts to migrate. */
    SOON,
    /** A change that gossip would restore after a restart. */
    AT_LEISURE
  }

  /** The level of a log line, named like Redis' log levels. */
  enum Level {
    /** Rarely interesting. */
    DEBUG,
    /** Details. */
    VERBOSE,
    /** Information for operators. */
    NOTICE,
    /** Problems that need an operator's attention. */
    WARNING
  }
}
