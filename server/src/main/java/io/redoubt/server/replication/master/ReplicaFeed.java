package io.redoubt.server.replication.master;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.Companion;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.master.output.DirectSnapshot;
import io.redoubt.server.replication.master.output.ReplicaOutput;
import io.redoubt.server.replication.master.output.ReplicaOutputLimit;
import io.redoubt.server.replication.master.output.SnapshotReader;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.replication.stream.TransferFraming;
import io.redoubt.server.snapshot.SnapshotSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A replica at its master: its options from REPLCONF, the state of its synchronization, and its
 * cursor in the backlog. Before PSYNC or SYNC the client has only sent options, and may not become
 * a replica.
 */
public final class ReplicaFeed implements Companion, SnapshotSink {
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
  private final FeedContext context;
  private final Listener listener;
  private final ReplicaOutput output;
  private final ReplicaOutputLimit limit;

  private FeedState state = FeedState.NONE;
  private final ReplicaOptions options = new ReplicaOptions();
  private boolean acknowledges = true;
  private boolean acknowledgesTurns;
  private MemberState member = MemberState.UNKNOWN;

  private long ackOffset;
  private long durableOffset = -1;
  private long lastSignMillis;
  private long askedMillis;

  /** The snapshot sent while it is created, null if it is sent from a file. */
  private @Nullable DirectSnapshot streamed;

  private final StreamCursor cursor;

  /**
   * True from the start of a snapshot until the replica has acknowledged that it has loaded it and
   * has been sent the stream to its end once.
   */
  private boolean catchingUp;

  private boolean hasLoaded;

  /** The snapshot file being sent, null if there is none; closed by this class. */
  private @Nullable SnapshotReader file;

  /** True once the connection is closed or scheduled to be: nothing more is sent. */
  private boolean ended;

  ReplicaFeed(ServerClient client, FeedContext context, Listener listener) {
    this.client = client;
    this.context = context;
    this.listener = listener;
    output = new ReplicaOutput(client, context.counts()::countSent);
    limit = new ReplicaOutputLimit(client);
    cursor = new StreamCursor(context, output);
    lastSignMillis = context.nowMillis();
  }

  ServerClient client() {
    return client;
  }

  public FeedState state() {
    return state;
  }

  /** Returns true if the replica has been sent a data set or has resumed the stream. */
  public boolean isOnline() {
    return state == FeedState.ONLINE || state == FeedState.AWAIT_ACK;
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
    String announced = options.announcedAddress();
    if (announced != null) {
      return announced;
    }
    var peer = client.connection().remoteInetAddress();
    return peer == null ? null : Addresses.ip(peer);
  }

  /** Returns the name of the replica in log lines. */
  public String name() {
    String address = address();
    if (address == null) {
      return "client id #" + client.id();
    }
    int port = options.listeningPort();
    return port == 0
        ? Addresses.bracketed(address) + ":<unknown-replica-port>"
        : Addresses.describe(address, port);
  }

  // Synchronisation.

  /**
   * Turns the client into a replica: it gets no more replies, and the output limits of replicas.
   */
  private void becomeReplica() {
    client.flush(); // replies of earlier commands go first
    client.setFlag(ClientFlag.REPLICA, true);
    client.setMuted(true);
    client.connection().noDelay(!context.settings().replication.replDisableTcpNodelay.value());
    askedMillis = context.nowMillis();
    lastSignMillis = askedMillis;
  }

  boolean isReplica() {
    return state != FeedState.NONE;
  }

  /** Resumes the stream at an offset. */
  void resume(long offset, String id) {
    becomeReplica();
    output.send(options.canTakeNewIds() ? "+CONTINUE " + id + "\r\n" : "+CONTINUE\r\n");
    state = FeedState.ONLINE;
    hasLoaded = true;
    cursor.moveTo(offset);
  }

  /**
   * Waits for a snapshot.
   *
   * @param knowsOffsets false after SYNC: the replica gets no id and acknowledges nothing
   */
  void awaitSnapshot(boolean knowsOffsets) {
    becomeReplica();
    state = FeedState.WAIT_SNAPSHOT;
    acknowledges = knowsOffsets;
  }

  /** Returns the monotonic time, in milliseconds, at which the replica requested a sync. */
  long askedMillis() {
    return askedMillis;
  }

  /** Announces a snapshot that is written to a file first. */
  void snapshotBegins(String id, long offset) {
    state = FeedState.IN_SNAPSHOT;
    catchingUp = true;
    hasLoaded = false;
    cursor.moveTo(offset + 1);
    lastSignMillis = context.nowMillis();
    if (acknowledges) {
      send("+FULLRESYNC " + id + " " + offset + "\r\n");
    }
  }

  private void send(String text) {
    try {
      output.send(text);
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  /**
   * Announces a snapshot that is sent while it is created.
   *
   * @param mark the mark that ends it
   * @param interleaves true to interleave it with the stream if the replica supports that
   * @return true if it is interleaved
   */
  boolean snapshotBegins(String id, long offset, String mark, boolean interleaves) {
    snapshotBegins(id, offset);
    boolean interleaved = interleaves && mayInterleave();
    DirectSnapshot snapshot =
        interleaved
            ? DirectSnapshot.interleaved(
                output, context.rate(), context.spillSpace(), options.streamAheadBytes())
            : options.canTakeMark()
                ? DirectSnapshot.marked(output, context.rate(), context.spillSpace(), mark)
                : DirectSnapshot.measured(output, context.rate(), context.spillSpace());
    streamed = snapshot;
    if (interleaved) {
      context.log().notice("The stream is interleaved with the RDB for replica %s", name());
    }
    try {
      snapshot.begin();
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
    return interleaved;
  }

  /**
   * Returns true if the stream may be interleaved with the snapshot. Without an output limit the
   * stream waits in memory here instead, where other replicas can resume from it.
   */
  private boolean mayInterleave() {
    return limit.isOn() && acknowledges && options.streamAheadBytes() > 0;
  }

  @Override
  public boolean isReady() {
    // The snapshot contains all effects so far: it waits until the stream may show them too.
    DirectSnapshot snapshot = streamed;
    boolean takes = snapshot != null && snapshot.isReady();
    return ended || (cursor.isShown() && (takes || context.snapshotHoldsWrites()));
  }

  @Override
  public void bytes(MemorySegment memory, long offset, long length) {
    DirectSnapshot snapshot = streamed;
    if (snapshot == null || ended) {
      return;
    }
    try {
      if (snapshot.add(memory, offset, length)) {
        lastSignMillis = context.nowMillis();
      }
    } catch (IOException e) {
      onSpillFailure(e);
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  @Override
  public void onComplete() {
    DirectSnapshot snapshot = streamed;
    if (snapshot == null || ended) {
      return;
    }
    try {
      snapshot.complete();
      pumpSnapshot(snapshot);
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  /** Disconnects a replica for whose output memory ran out; a part may have been sent. */
  void outOfMemory(OutOfMemoryError full) {
    if (ended) {
      return;
    }
    ended = true;
    context.log().warning("Replica %s is dropped: out of memory: %s", name(), full.getMessage());
    client.closeSoon();
  }

  /** Sends delayed bytes of the snapshot. */
  private void pumpSnapshot(DirectSnapshot snapshot) {
    if (ended || snapshot.isSent()) {
      return;
    }
    try {
      if (snapshot.pump() > 0) {
        lastSignMillis = context.nowMillis();
      }
    } catch (IOException e) {
      snapshot.close();
      onSpillFailure(e);
      return;
    }
    if (snapshot.isSent()) {
      context
          .log()
          .notice(
              snapshot.isMarked()
                  ? "Streamed RDB transfer with replica %s succeeded (socket). Waiting for REPLCONF"
                      + " ACK from replica to enable streaming"
                  : snapshot.interleaving() != null
                      ? "Streamed RDB transfer with replica %s succeeded (socket), interleaved with"
                          + " the stream"
                      : "Streamed RDB transfer with replica %s succeeded (socket)",
              name());
      online(snapshot.isMarked());
    } else if (snapshot.isPumped()) {
      context.snapshotSinkReady();
    }
  }

  /** Sends the snapshot and the stream alternately. */
  private void interleave(DirectSnapshot snapshot, Interleaving interleaving) {
    sendStream(interleaving.allowance(true), interleaving);
    pumpSnapshot(snapshot);
    if (state == FeedState.IN_SNAPSHOT && output.mayQueue()) {
      sendStream(interleaving.allowance(false), interleaving);
    }
    output.flush();
  }

  private void onSpillFailure(IOException e) {
    context
        .log()
        .warning(
            "Replica %s is dropped: its pending output can't be buffered: %s",
            name(), e.getMessage());
    client.closeSoon();
  }

  @Override
  public void onFailure() {
    client.closeSoon();
  }

  /** Sends a snapshot from a complete file. */
  void sendFile(SnapshotReader snapshot) {
    state = FeedState.SEND_FILE;
    file = snapshot;
    send(new String(TransferFraming.sizedHeader(snapshot.sizeBytes()), US_ASCII));
    pump();
  }

  private void online(boolean afterAck) {
    if (options.isSnapshotOnly()) {
      context
          .log()
          .notice(
              "RDB transfer completed, rdb only replica (%s) should be disconnected asap", name());
      client.connection().closeAfterFlush();
      return;
    }
    state = afterAck ? FeedState.AWAIT_ACK : FeedState.ONLINE;
    lastSignMillis = context.nowMillis();
    context.log().notice("Synchronization with replica %s succeeded", name());
    listener.onSynchronized();
    pump();
  }

  // The stream.

  /** Sends as much as the socket's queue accepts. */
  void pump() {
    if (ended) {
      return;
    }
    try {
      pumpCurrent();
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  private void pumpCurrent() {
    if (state == FeedState.SEND_FILE) {
      pumpFile();
    }
    DirectSnapshot snapshot = streamed;
    if (state == FeedState.IN_SNAPSHOT && snapshot != null && snapshot.interleaving() != null) {
      interleave(snapshot, snapshot.interleaving());
      return;
    }
    if (state != FeedState.ONLINE) {
      return;
    }
    sendStream(Long.MAX_VALUE, null);
    output.flush();
    catchingUp &= !(cursor.isAtEnd() && (!acknowledges || hasLoaded));
  }

  private void sendStream(long most, @Nullable Interleaving interleaving) {
    try {
      cursor.send(most, interleaving);
    } catch (IOException e) {
      onSpillFailure(e);
    }
  }

  /** Moves much pending stream of a replica in a full sync to a file. */
  void spillStream() {
    if (!catchingUp || ended) {
      return;
    }
    try {
      cursor.spillIfLarge(limit);
    } catch (IOException e) {
      onSpillFailure(e);
    }
  }

  private void pumpFile() {
    SnapshotReader source = file;
    while (source != null && output.mayQueue() && context.rate().allows()) {
      int read;
      try {
        read = output.sendFrom(source::read, Long.MAX_VALUE, null);
      } catch (IOException e) {
        context.log().warning("Read error sending DB to replica: %s", SystemErrors.text(e));
        client.closeSoon();
        return;
      }
      if (read < 0) {
        file = null;
        source.close();
        online(false);
        return;
      }
      context.rate().spend(read);
      lastSignMillis = context.nowMillis();
    }
    output.flush();
  }

  /** Returns the lowest offset that the backlog must retain for this replica. */
  long neededFrom() {
    return cursor.neededFrom();
  }

  /** Returns the bytes that have not been sent to the replica yet. */
  long pendingBytes() {
    return cursor.pendingBytes() + client.connection().queuedBytes();
  }

  /** Returns the memory used by this replica alone: the chunks queued for its socket. */
  long memoryBytes() {
    long queued = client.connection().queuedBytes();
    // The first chunk may be partly sent, and the last may not be full.
    long chunks = queued == 0 ? 0 : queued / ReplicaOutput.CHUNK_BYTES + 2;
    return client.memoryBytes() - queued + chunks * ReplicaOutput.CHUNK_BYTES;
  }

  /**
   * Returns true if the replica lags too far behind and must be disconnected. During a full sync it
   * may lag: pending bytes are in a file then.
   */
  boolean isOverLimit() {
    if (catchingUp) {
      return false;
    }
    return limit.isExceeded(pendingBytes(), context.backlog().sizeBytes(), context.nowMillis());
  }

  // Signs of life.

  /**
   * Records the offsets of REPLCONF ACK.
   *
   * @param durable the offset synced to the replica's disk, -1 if it was not sent
   */
  void onAcknowledged(long offset, long durable) {
    hasLoaded |= isOnline();
    ackOffset = Math.max(ackOffset, offset);
    durableOffset = Math.max(durableOffset, durable);
    lastSignMillis = context.nowMillis();
    if (state == FeedState.AWAIT_ACK) {
      state = FeedState.ONLINE;
      pump();
    }
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

  /** Returns the last acknowledged offset. */
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
    return isOnline() && hasLoaded && ackOffset >= offset;
  }

  /** Returns true if the replica has reported the stream up to an offset as durable. */
  boolean hasDurably(long offset) {
    return isOnline() && durableOffset >= offset;
  }

  /** Returns the seconds since the last acknowledgement, 0 before the replica is online. */
  public long lagSeconds() {
    return isOnline() ? (context.nowMillis() - lastSignMillis) / 1000 : 0;
  }

  /** Returns the time since the last acknowledgement, 0 before the replica is online. */
  public long lagMillis() {
    return isOnline() ? Math.max(0, context.nowMillis() - lastSignMillis) : 0;
  }

  /**
   * Returns true if the replica has been silent, or has accepted no byte of its snapshot, for too
   * long.
   */
  boolean isTimedOut(long timeoutMillis) {
    boolean watched = isOnline() ? acknowledges : state == FeedState.SEND_FILE || streamed != null;
    return watched && context.nowMillis() - lastSignMillis > timeoutMillis;
  }

  /** Sends an empty line as a sign of life while the replica waits for the snapshot. */
  void showLife() {
    DirectSnapshot snapshot = streamed;
    boolean nothingSent = snapshot == null || snapshot.isCollecting();
    if (!ended
        && (state == FeedState.WAIT_SNAPSHOT || (state == FeedState.IN_SNAPSHOT && nothingSent))) {
      send("\n");
    }
  }

  @Override
  public void onWritable() {
    if (state == FeedState.IN_SNAPSHOT) {
      lastSignMillis = context.nowMillis();
    }
    sendMore();
    listener.onProgress();
  }

  /** Sends as much of the snapshot or of the stream as possible. */
  void sendMore() {
    DirectSnapshot snapshot = streamed;
    if (state != FeedState.IN_SNAPSHOT || snapshot == null || snapshot.interleaving() != null) {
      pump();
    } else if (!ended) {
      try {
        pumpSnapshot(snapshot);
      } catch (OutOfMemoryError full) {
        outOfMemory(full);
      }
    }
  }

  @Override
  public void onRelease() {
    ended = true;
    if (streamed != null) {
      streamed.close();
    }
    cursor.close();
    if (file != null) {
      file.close();
      file = null;
    }
    listener.onLost(this);
  }
}
