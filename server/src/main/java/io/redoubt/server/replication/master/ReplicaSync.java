package io.redoubt.server.replication.master;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.flight.FullSyncEvent;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.master.output.DirectSnapshot;
import io.redoubt.server.replication.master.output.ReplicaOutput;
import io.redoubt.server.replication.master.output.ReplicaOutputLimit;
import io.redoubt.server.replication.master.output.SnapshotReader;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.TransferFraming;
import io.redoubt.server.snapshot.SnapshotSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The synchronization of one replica, from its request until it receives the stream, and the stream
 * that follows. Only this class changes the state of a replica; {@link #advance} is the one switch
 * over the states.
 *
 * <p>{@link FullSyncs} starts the snapshot, for several replicas at a time.
 */
final class ReplicaSync implements SnapshotSink {
  private final ServerClient client;
  private final FeedContext context;
  private final ReplicaOptions options;
  private final ReplicaAddress name;
  private final Runnable onSynchronized;
  private final Log log;
  private final ReplicaOutput output;
  private final ReplicaOutputLimit limit;
  private final StreamCursor cursor;

  private FeedState state = FeedState.NONE;

  /** False after SYNC: the replica gets no id and acknowledges nothing. */
  private boolean acknowledges = true;

  private long askedMillis;

  /** The time of the last acknowledgement, or of the last byte accepted of a snapshot. */
  private long lastSignMillis;

  /** The snapshot sent while it is created, null if it is sent from a file. */
  private @Nullable DirectSnapshot streamed;

  /** The snapshot file being sent, null if there is none; closed by this class. */
  private @Nullable SnapshotReader file;

  /**
   * True from the start of a snapshot until the replica has acknowledged that it has loaded it and
   * has been sent the stream to its end once.
   */
  private boolean catchingUp;

  private boolean hasLoaded;

  /** The full sync as an event of a running flight recording. */
  private @Nullable FullSyncEvent event;

  /** True once the connection is closed or scheduled to be: nothing more is sent. */
  private boolean ended;

  /**
   * Creates the synchronization of a client that has not requested it yet.
   *
   * @param onSynchronized called when the replica receives the stream after a full sync
   */
  ReplicaSync(
      ServerClient client,
      FeedContext context,
      ReplicaOptions options,
      ReplicaAddress name,
      Runnable onSynchronized) {
    this.client = client;
    this.context = context;
    this.options = options;
    this.name = name;
    this.onSynchronized = onSynchronized;
    log = context.log();
    output = new ReplicaOutput(client, context.counts().sentBytes::add);
    limit = new ReplicaOutputLimit(client);
    cursor = new StreamCursor(context, output);
    lastSignMillis = context.nowMillis();
  }

  /**
   * Sends as much as the state and the socket's queue allow. A replica that needs a data set waits
   * for a snapshot to start, receives it while it is created or from a file, acknowledges it if
   * only a mark has ended it, and receives the stream from the snapshot's offset on.
   */
  void advance() {
    if (ended) {
      return;
    }
    try {
      switch (state) {
        case NONE, WAIT_SNAPSHOT, AWAIT_ACK -> {} // the replica or the snapshot is next
        case IN_SNAPSHOT -> sendSnapshot();
        case SEND_FILE -> sendFile();
        case ONLINE -> sendStream();
      }
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  // The request.

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
    if (FlightRecording.isOn()) {
      event = FullSyncEvent.start("master", name.toString());
    }
    acknowledges = knowsOffsets;
  }

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

  // The snapshot.

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

  /**
   * Announces a snapshot that is sent while it is created.
   *
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
      log.notice("The stream is interleaved with the RDB for replica %s", name);
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
      pump(snapshot);
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
  }

  @Override
  public void onFailure() {
    client.closeSoon();
  }

  /** Sends the snapshot, alternately with the stream if they are interleaved. */
  private void sendSnapshot() {
    DirectSnapshot snapshot = streamed;
    if (snapshot == null) {
      return; // it is written to a file
    }
    Interleaving interleaving = snapshot.interleaving();
    if (interleaving == null) {
      pump(snapshot);
      return;
    }
    send(interleaving.allowance(true), interleaving);
    pump(snapshot);
    if (state == FeedState.IN_SNAPSHOT && output.mayQueue()) {
      send(interleaving.allowance(false), interleaving);
    }
    output.flush();
  }

  /** Sends delayed bytes of the snapshot. */
  private void pump(DirectSnapshot snapshot) {
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
      log.notice(
          snapshot.isMarked()
              ? "Streamed RDB transfer with replica %s succeeded (socket). Waiting for REPLCONF"
                  + " ACK from replica to enable streaming"
              : snapshot.interleaving() != null
                  ? "Streamed RDB transfer with replica %s succeeded (socket), interleaved with"
                      + " the stream"
                  : "Streamed RDB transfer with replica %s succeeded (socket)",
          name);
      onSent(snapshot.isMarked());
    } else if (snapshot.isPumped()) {
      context.snapshotSinkReady();
    }
  }

  void sendFile(SnapshotReader snapshot) {
    state = FeedState.SEND_FILE;
    file = snapshot;
    send(new String(TransferFraming.sizedHeader(snapshot.sizeBytes()), US_ASCII));
    advance();
  }

  private void sendFile() {
    SnapshotReader source = file;
    while (source != null && output.mayQueue() && context.rate().allows()) {
      int read;
      try {
        read = output.sendFrom(source::read, Long.MAX_VALUE, null);
      } catch (IOException e) {
        log.warning("Read error sending DB to replica: %s", SystemErrors.text(e));
        client.closeSoon();
        return;
      }
      if (read < 0) {
        file = null;
        source.close();
        onSent(false);
        return;
      }
      context.rate().spend(read);
      lastSignMillis = context.nowMillis();
    }
    output.flush();
  }

  /** Continues with the stream after the snapshot was sent. */
  private void onSent(boolean afterAck) {
    if (options.isSnapshotOnly()) {
      log.notice("RDB transfer completed, rdb only replica (%s) should be disconnected asap", name);
      endEvent(true);
      client.connection().closeAfterFlush();
      return;
    }
    state = afterAck ? FeedState.AWAIT_ACK : FeedState.ONLINE;
    lastSignMillis = context.nowMillis();
    log.notice("Synchronization with replica %s succeeded", name);
    endEvent(true);
    onSynchronized.run();
    advance();
  }

  private void endEvent(boolean success) {
    if (event != null) {
      event.end(success);
      event = null;
    }
  }

  // The stream.

  /** Sends new bytes of the stream, unless the snapshot must be complete first. */
  void streamGrew() {
    DirectSnapshot snapshot = streamed;
    if (state != FeedState.IN_SNAPSHOT || (snapshot != null && snapshot.interleaving() != null)) {
      advance();
    }
  }

  private void sendStream() {
    send(Long.MAX_VALUE, null);
    output.flush();
    catchingUp &= !(cursor.isAtEnd() && (!acknowledges || hasLoaded));
  }

  private void send(long most, @Nullable Interleaving interleaving) {
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

  /**
   * Records an acknowledgement, after which a replica that has loaded a marked snapshot may go on.
   */
  void onAcknowledged() {
    hasLoaded |= isOnline();
    lastSignMillis = context.nowMillis();
    if (state == FeedState.AWAIT_ACK) {
      state = FeedState.ONLINE;
      advance();
    }
  }

  /** Continues after the socket has accepted bytes. */
  void onWritable() {
    if (state == FeedState.IN_SNAPSHOT) {
      lastSignMillis = context.nowMillis();
    }
    advance();
  }

  // Failures and the end.

  /** Disconnects a replica for whose output memory ran out; a part may have been sent. */
  void outOfMemory(OutOfMemoryError full) {
    if (ended) {
      return;
    }
    ended = true;
    log.warning("Replica %s is dropped: out of memory: %s", name, full.getMessage());
    client.closeSoon();
  }

  private void onSpillFailure(IOException e) {
    log.warning(
        "Replica %s is dropped: its pending output can't be buffered: %s", name, e.getMessage());
    client.closeSoon();
  }

  private void send(String text) {
    try {
      output.send(text);
    } catch (OutOfMemoryError full) {
      outOfMemory(full);
    }
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

  /** Releases files after the connection has ended. */
  void close() {
    ended = true;
    endEvent(false);
    if (streamed != null) {
      streamed.close();
    }
    cursor.close();
    if (file != null) {
      file.close();
      file = null;
    }
  }

  // Progress.

  FeedState state() {
    return state;
  }

  /** Returns true if the replica has been sent a data set or has resumed the stream. */
  boolean isOnline() {
    return state == FeedState.ONLINE || state == FeedState.AWAIT_ACK;
  }

  /** Returns true if the replica is known to have loaded its data set. */
  boolean hasLoaded() {
    return hasLoaded;
  }

  /** Returns the monotonic time, in milliseconds, at which the replica requested a sync. */
  long askedMillis() {
    return askedMillis;
  }

  /**
   * Returns the time since the last acknowledgement, or since a byte of a snapshot was accepted.
   */
  long silentMillis() {
    return context.nowMillis() - lastSignMillis;
  }

  /**
   * Returns true if the replica must acknowledge the stream, or accept the snapshot, from time to
   * time.
   */
  boolean mustShowLife() {
    return isOnline() ? acknowledges : state == FeedState.SEND_FILE || streamed != null;
  }

  /** Returns the lowest offset that the backlog must retain for this replica. */
  long neededFrom() {
    return cursor.neededFrom();
  }

  /** Returns the bytes of the stream that have not been sent to the replica yet. */
  long pendingStreamBytes() {
    return cursor.pendingBytes();
  }

  /**
   * Returns true if the replica lags too far behind and must be disconnected. During a full sync it
   * may lag: pending bytes are in a file then.
   *
   * @param pendingBytes the bytes that have not been sent to the replica
   */
  boolean isOverLimit(long pendingBytes) {
    if (catchingUp) {
      return false;
    }
    return limit.isExceeded(pendingBytes, context.backlog().sizeBytes(), context.nowMillis());
  }
}
