package io.redoubt.server.replication.master;

import io.redoubt.protocol.net.Connection;
import io.redoubt.server.client.Companion;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.stream.MemberState;
import org.jspecify.annotations.Nullable;

/**
 * A replica at its master: its options from REPLCONF, its synchronization, and what it has
 * acknowledged. Before PSYNC or SYNC the client has only sent options, and may not become a
 * replica.
 */
public final class ReplicaFeed implements Companion {
  /** Receives the progress of feeds. */
  interface Listener {
    /** Handles the end of a full sync: the replica now receives the stream. */
    void onSynchronized();

    /** Handles a change of {@link #neededFrom}. */
    void onProgress();

    /** Handles the end of the connection. */
    void onLost(ReplicaFeed feed);
  }

  private final ServerClient client;
  private final Listener listener;
  private final ReplicaOptions options = new ReplicaOptions();
  private final ReplicaAddress address;
  private final ReplicaSync sync;
  private boolean acknowledgesTurns;
  private MemberState member = MemberState.UNKNOWN;
  private long ackOffset;
  private long durableOffset = -1;

  ReplicaFeed(ServerClient client, FeedContext context, Listener listener) {
    this.client = client;
    this.listener = listener;
    address = new ReplicaAddress(client, options);
    sync = new ReplicaSync(client, context, options, address, listener::onSynchronized);
  }

  ServerClient client() {
    return client;
  }

  /** Returns the synchronization of the replica. */
  ReplicaSync sync() {
    return sync;
  }

  public FeedState state() {
    return sync.state();
  }

  boolean isReplica() {
    return state() != FeedState.NONE;
  }

  /** Returns true if the replica has been sent a data set or has resumed the stream. */
  public boolean isOnline() {
    return sync.isOnline();
  }

  /** Returns the options that it has announced by REPLCONF. */
  public ReplicaOptions options() {
    return options;
  }

  public int listeningPort() {
    return options.listeningPort();
  }

  /** Returns the address at which the replica can be reached, or null if it is unknown. */
  public @Nullable String address() {
    return address.ip();
  }

  /** Returns the name of the replica in log lines. */
  public String name() {
    return address.toString();
  }

  // Output.

  /** Returns the lowest offset that the backlog must retain for this replica. */
  long neededFrom() {
    return sync.neededFrom();
  }

  /** Returns the bytes that have not been sent to the replica yet. */
  long pendingBytes() {
    return sync.pendingStreamBytes() + client.connection().queuedBytes();
  }

  /** Returns the memory used by this replica alone: the chunks queued for its socket. */
  long memoryBytes() {
    Connection connection = client.connection();
    return client.memoryBytes() - connection.queuedBytes() + connection.queuedMemoryBytes();
  }

  /** Returns true if the replica lags too far behind and must be disconnected. */
  boolean isOverLimit() {
    return sync.isOverLimit(pendingBytes());
  }

  @Override
  public void onWritable() {
    sync.onWritable();
    listener.onProgress();
  }

  @Override
  public void onRelease() {
    sync.close();
    listener.onLost(this);
  }

  // Signs of life.

  /**
   * Records the offsets of REPLCONF ACK.
   *
   * @param durable the offset synced to the replica's disk, -1 if it was not sent
   */
  void onAcknowledged(long offset, long durable) {
    ackOffset = Math.max(ackOffset, offset);
    durableOffset = Math.max(durableOffset, durable);
    sync.onAcknowledged();
  }

  /**
   * Returns true if acknowledgements need not be requested: the replica sends them each turn, or is
   * not online.
   */
  boolean acknowledgesUnasked() {
    return acknowledgesTurns || !isOnline();
  }

  /**
   * Sets the mode reported by the replica: acknowledgements at the end of each turn that applied
   * anything.
   */
  public void setAcknowledgesTurns(boolean on) {
    acknowledgesTurns = on;
  }

  /** Returns the replica's last report of its membership. */
  public MemberState member() {
    return member;
  }

  public void setMember(MemberState state) {
    member = state;
  }

  public long ackOffset() {
    return ackOffset;
  }

  /** Returns the last offset reported as durable, -1 if there is none. */
  public long durableOffset() {
    return durableOffset;
  }

  /**
   * Returns true if the replica is online, has loaded its data set and has acknowledged an offset.
   */
  public boolean has(long offset) {
    return isOnline() && sync.hasLoaded() && ackOffset >= offset;
  }

  /** Returns true if the replica has reported the stream up to an offset as durable. */
  boolean hasDurably(long offset) {
    return isOnline() && durableOffset >= offset;
  }

  /** Returns the seconds since the last acknowledgement, 0 before the replica is online. */
  public long lagSeconds() {
    return isOnline() ? sync.silentMillis() / 1000 : 0;
  }

  /** Returns the time since the last acknowledgement, 0 before the replica is online. */
  public long lagMillis() {
    return isOnline() ? Math.max(0, sync.silentMillis()) : 0;
  }

  /**
   * Returns true if the replica has been silent, or has accepted no byte of its snapshot, for too
   * long.
   */
  boolean isTimedOut(long timeoutMillis) {
    return sync.mustShowLife() && sync.silentMillis() > timeoutMillis;
  }
}
