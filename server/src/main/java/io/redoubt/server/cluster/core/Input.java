package io.redoubt.server.cluster.core;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.slot.SlotSet;

/** An input of the state machine. */
public sealed interface Input {
  /**
   * The passage of time. Expected every 100 ms and at {@link Cluster#wakeAtMillis()}.
   *
   * @param wallMillis the wall clock, used only by CLUSTER NODES and the times in gossip
   */
  record Tick(long wallMillis) implements Input {}

  /** An established link, requested by {@link Output.Connect}. */
  record Connected(int link) implements Input {}

  /**
   * A lost link, a failed attempt to connect, or the end of an inbound connection.
   *
   * @param link the id of the link; negative for an inbound connection
   */
  record Disconnected(int link) implements Input {}

  /**
   * A message.
   *
   * @param connection the id of a link, or the negative id of an inbound connection
   * @param localIp this node's address on the connection
   * @param remoteIp the sender's address
   */
  record Received(int connection, String localIp, String remoteIp, Message message)
      implements Input {}

  /**
   * A published message in the light form, which has no header.
   *
   * @param sender the sender of the earlier messages on the same connection
   */
  record ReceivedLight(String sender, Body.Publish body) implements Input {}

  /**
   * The answer to {@link Output.Resolve}.
   *
   * @param ip the address, empty if there is none
   */
  record Resolved(String name, String ip) implements Input {}

  /**
   * The progress of replication. Expected before each tick, and as soon as this replica has applied
   * {@link Cluster#awaitedOffset()}.
   *
   * @param offset this node's offset, as a master or as a replica
   * @param dataAgeMillis the time since this replica last heard from its master; 0 for a master
   */
  record Replication(long offset, long dataAgeMillis) implements Input {}

  /**
   * The reply to {@link Output.PauseWrites}: writes are paused.
   *
   * @param offset this node's replication offset, which does not grow during the pause
   */
  record WritesPaused(long offset) implements Input {}

  /**
   * PUBLISH or SPUBLISH of a client.
   *
   * @param sharded true if only the nodes of this shard receive it
   */
  record Publish(boolean sharded, ByteString channel, ByteString message) implements Input {}

  /** New settings by CONFIG SET. */
  record Configure(ClusterOptions options) implements Input {}

  /** CLUSTER MEET. */
  record Meet(String ip, int port, int busPort) implements Input {}

  /** CLUSTER ADDSLOTS and ADDSLOTSRANGE. */
  record AddSlots(SlotSet slots) implements Input {}

  /** CLUSTER DELSLOTS and DELSLOTSRANGE. */
  record DeleteSlots(SlotSet slots) implements Input {}

  /** CLUSTER FLUSHSLOTS; the caller has checked that there are no keys. */
  record FlushSlots() implements Input {}

  /** CLUSTER SETSLOT slot MIGRATING node. */
  record MigrateSlot(int slot, String node) implements Input {}

  /** CLUSTER SETSLOT slot IMPORTING node. */
  record ImportSlot(int slot, String node) implements Input {}

  /** CLUSTER SETSLOT slot STABLE. */
  record StabilizeSlot(int slot) implements Input {}

  /**
   * CLUSTER SETSLOT slot NODE node.
   *
   * @param keys the number of keys in the slot on this node
   */
  record AssignSlot(int slot, String node, long keys) implements Input {}

  /**
   * The take-over of slots by the target of a migration, once it has all their keys.
   *
   * @param source the owner, which has stopped writes
   * @param epoch the new config epoch of this node, chosen by the source; refused if it may be in
   *     use
   */
  record TakeSlots(SlotSet slots, String source, long epoch) implements Input {}

  /**
   * The end of a migration whose target failed during the take-over. Claims that the target may
   * have made with the given epoch must lose against this node's.
   */
  record Outbid(long epoch) implements Input {}

  /**
   * CLUSTER REPLICATE.
   *
   * @param hasKeys true if this node has keys
   */
  record Replicate(String node, boolean hasKeys) implements Input {}

  /** CLUSTER REPLICATE NO ONE: a replica becomes a master without keys and slots. */
  record ReplicateNoOne() implements Input {}

  /** CLUSTER FORGET. */
  record Forget(String node) implements Input {}

  /** CLUSTER FAILOVER. */
  record Failover(FailoverKind kind) implements Input {}

  /**
   * CLUSTER RESET.
   *
   * @param hasKeys true if this node has keys
   */
  record Reset(boolean hard, boolean hasKeys) implements Input {}

  /** CLUSTER BUMPEPOCH. */
  record BumpEpoch() implements Input {}

  /** CLUSTER SET-CONFIG-EPOCH. */
  record SetConfigEpoch(long epoch) implements Input {}

  /** The kinds of manual failovers. */
  enum FailoverKind {
    /** The master pauses writes until the replica has applied them all, so none is lost. */
    DEFAULT,
    /** Without the master's consent, because it may be down; the voters are asked. */
    FORCE,
    /** Without the master's consent and without an election. */
    TAKEOVER
  }
}
