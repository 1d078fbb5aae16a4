package io.redoubt.server.replication.master;

/** The progress of the synchronization of a replica. */
public enum FeedState {
  /** The client has not requested a sync. */
  NONE("none"),
  /** Waits for the snapshot to start. */
  WAIT_SNAPSHOT("wait_bgsave"),
  /** The snapshot is being made. */
  IN_SNAPSHOT("wait_bgsave"),
  /** The snapshot is being sent from a file. */
  SEND_FILE("send_bulk"),
  /** The snapshot is sent; the stream follows the first acknowledgement. */
  AWAIT_ACK("online"),
  /** The replica has the snapshot and gets the stream. */
  ONLINE("online");

  private final String label;

  FeedState(String label) {
    this.label = label;
  }

  /** Returns the name in INFO. */
  public String label() {
    return label;
  }
}
