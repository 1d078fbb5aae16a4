package io.redoubt.server.cluster.message;

import io.redoubt.protocol.bytes.ByteString;

/** An optional part of PING, PONG and MEET. */
public sealed interface Extension {
  /** The host name that the sender announces; empty for none. */
  record Hostname(String name) implements Extension {}

  /** The sender's {@code cluster-announce-human-nodename}; empty for none. */
  record NodeName(String name) implements Extension {}

  /**
   * A node that the sender has forgotten by CLUSTER FORGET.
   *
   * @param ttlSeconds the time for which the node must not be added again
   */
  record ForgottenNode(String node, long ttlSeconds) implements Extension {}

  /** The shard of the sender. */
  record ShardId(String shard) implements Extension {}

  /**
   * An extension of an unknown type.
   *
   * @param content a multiple of 8 bytes
   */
  record Unknown(int type, ByteString content) implements Extension {}
}
