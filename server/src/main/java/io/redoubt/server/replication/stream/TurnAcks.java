package io.redoubt.server.replication.stream;

/**
 * The words of the requests for acknowledgements at the end of each turn of the event loop that
 * applied anything. A real replica takes REPLCONF GETACK with any word as a request for one
 * acknowledgement. A Redoubt replica confirms the mode with each acknowledgement; a master keeps
 * requesting acknowledgements from a replica that does not.
 */
public final class TurnAcks {
  /** Starts it, as the argument of REPLCONF GETACK. */
  public static final String START = "turns";

  /** Stops it, as the argument of REPLCONF GETACK. */
  public static final String STOP = "once";

  /** Follows the offsets of REPLCONF ACK, with the value 1. */
  public static final String OPTION = "TURNS";

  private TurnAcks() {}
}
