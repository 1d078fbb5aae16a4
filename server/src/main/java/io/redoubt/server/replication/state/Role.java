package io.redoubt.server.replication.state;

/**
 * The role of this server, and the presence of a data set. All parts of replication read it; the
 * link to the master and changes of the role set it.
 */
public final class Role {
  private boolean replica;

  /** True while the link to the master is up. */
  private boolean linkUp;

  /** True from the removal of the old data set for a full sync until the new one is complete. */
  private boolean dataDropped;

  /** Returns true if this server follows a master, connected or not. */
  public boolean isReplica() {
    return replica;
  }

  public void setReplica(boolean follows) {
    replica = follows;
  }

  /** Returns true if this server follows a master and the link to it is up. */
  public boolean isLinkUp() {
    return linkUp;
  }

  /** Sets the state of the link to the master. */
  public void setLinkUp(boolean up) {
    linkUp = up;
  }

  /** Returns true if the data set was dropped and its replacement is incomplete. */
  public boolean isDataDropped() {
    return dataDropped;
  }

  public void setDataDropped(boolean dropped) {
    dataDropped = dropped;
  }
}
