package io.redoubt.server.replication;

/**
 * The words by which a master asks its replicas to acknowledge, unasked, at the end of each turn of
 * the event loop that applied anything. A real replica takes REPLCONF GETACK with any word for the
 * request of one acknowledgement. One of ours confirms with each acknowledgement that it complies;
 * a master goes on asking a replica that does not.
 */
final class TurnAcks {
  /** Starts it, as the argument of REPLCONF GETACK. */
  static final String START = "turns";

  /** Stops it, as the argument of REPLCONF GETACK. */
  static final String STOP = "once";

  /** Follows the offsets of REPLCONF ACK, with the value 1. */
  static final String OPTION = "TURNS";

  private TurnAcks() {}
}
