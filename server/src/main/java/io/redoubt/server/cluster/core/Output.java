package io.redoubt.server.cluster.core;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.slot.SlotSet;

/** An output of the state machine; outputs must be performed in order. */
public sealed interface Output {
  /** Opens a link; answered by {@link Input.Connected} or {@link Input.Disconnected}. */
  record Connect(int link, Endpoint endpoint) implements Output {}

  /** Closes a link; not answered. */
  record Disconnect(int link) implements Output {}

  /** Resolves a host name; answered by {@link Input.Resolved}, also if that fails. */
  record Resolve(String name) implements Output {}

  /**
   * Sends a message.
   *
   * @param connection a link, or the connection from another node to which this is the reply
   */
  record Send(int connection, Message message) implements Output {}

  /** Sends a message to a channel, without our view, to a node that understands it so. */
  record SendLight(int connection, Body.Publish body) implements Output {}

  /** Saves the state. */
  record Persist(ClusterState state, Urgency urgency) implements Output {}

  /** Makes this server a replica of the node at an endpoint. */
  record Follow(String node, Endpoint endpoint) implements Output {}

  /** Makes this server a master. */
  record Promote() implements Output {}

  /**
   * Stops writes of clients for a time, at the master of a manual failover. To be answered with
   * {@link Input.WritesPaused}.
   */
  record PauseWrites(long millis) implements Output {}

  /** Ends a pause of writes. */
  record ResumeWrites() implements Output {}

  /** Removes the keys of slots that now belong to another node. */
  record DropSlots(SlotSet slots) implements Output {}

  /** Removes all keys: a replica was reset. */
  record DropAll() implements Output {}

  /** The slots or the nodes that serve them have changed, or the cluster's state. */
  record TopologyChanged() implements Output {}

  /** A message for subscribers of this server. */
  record Deliver(boolean sharded, ByteString channel, ByteString message) implements Output {}

  /** Logs text. */
  record Remark(Level level, String text) implements Output {}

  /** Reports that an order was carried out, with the text of the reply. */
  record Done(String text) implements Output {}

  /** Refuses an order with this error text, which starts with its code, as in {@code ERR ...}. */
  record Refused(String error) implements Output {}

  /** The time for which a change may be in memory only. */
  enum Urgency {
    /**
     * A vote, an epoch or slots of ours of which nobody has heard: no later output may be performed
     * before the state is durable, and none ever if that fails.
     */
    BINDING,
    /** An order whose loss clients would notice, such as that a slot migrates. */
    SOON,
    /** A change that other nodes tell again after a restart. */
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
