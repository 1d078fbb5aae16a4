package io.redoubt.server.replication;

import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.replica.MasterLink;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import java.util.ArrayList;
import java.util.List;

/** The state of replication for metrics and the page. Confined to the loop. */
public final class ReplicationView {
  /** The reported age of the data of a replica that has never heard its master. */
  public static final long CENTURY_MILLIS = 100L * 365 * 24 * 3600 * 1000;

  private final Role role;
  private final ReplicationStream stream;
  private final ReplicaFeeds feeds;
  private final MasterLink link;
  private final Failover failover;

  /**
   * A connected replica.
   *
   * @param host its announced host or its address
   * @param port its port, 0 if unknown
   * @param state as in INFO, such as {@code online}
   * @param ackOffset the offset that it has acknowledged
   * @param lagBytes the bytes of the stream that it has not acknowledged, 0 before it is online
   * @param lagMillis the time since its last acknowledgement, 0 before it is online
   */
  public record ReplicaState(
      String host, int port, String state, long ackOffset, long lagBytes, long lagMillis) {}

  ReplicationView(
      Role role, ReplicationStream stream, ReplicaFeeds feeds, MasterLink link, Failover failover) {
    this.role = role;
    this.stream = stream;
    this.feeds = feeds;
    this.link = link;
    this.failover = failover;
  }

  /** Returns the id of the history. */
  public String id() {
    return stream.history().id();
  }

  /** Returns the replicas whose addresses are known. */
  public List<ReplicaState> replicas() {
    List<ReplicaState> states = new ArrayList<>();
    for (ReplicaFeed feed : feeds.all()) {
      String address = feed.address();
      if (address != null) {
        long behind = feed.isOnline() ? stream.offset() - feed.ackOffset() : 0;
        states.add(
            new ReplicaState(
                address,
                feed.listeningPort(),
                feed.state().label(),
                feed.ackOffset(),
                Math.max(0, behind),
                feed.lagMillis()));
      }
    }
    return states;
  }

  /** Returns true if this server follows a master. */
  public boolean isReplica() {
    return role.isReplica();
  }

  /** Returns the master's host; only of a replica. */
  public String masterHost() {
    return link.masterHost();
  }

  /** Returns the master's port; only of a replica. */
  public int masterPort() {
    return link.masterPort();
  }

  public boolean isLinkUp() {
    return role.isLinkUp();
  }

  /** Returns true while a full sync from the master is under way. */
  public boolean isSyncing() {
    return link.transfer() != null;
  }

  /** Returns the seconds since the last bytes from the master, -1 if the link is down. */
  public long silentSeconds() {
    return link.silentSeconds();
  }

  /**
   * Returns the milliseconds since the master was last heard: 0 for a master, {@link
   * #CENTURY_MILLIS} if never, or if a failed full sync has left no data.
   */
  public long dataAgeMillis() {
    if (!isReplica()) {
      return 0;
    }
    long seconds = link.isConnected() ? link.silentSeconds() : link.downSeconds();
    return seconds < 0 || role.isDataDropped() ? CENTURY_MILLIS : seconds * 1000;
  }

  /** Returns the offset of the data set; 1 if there is none, as in Redis. */
  public long dataOffset() {
    return stream.dataOffset();
  }

  /** Returns true while this server transfers its role to a replica. */
  public boolean isFailingOver() {
    return failover.isUnderWay();
  }

  public long offset() {
    return stream.offset();
  }
}
