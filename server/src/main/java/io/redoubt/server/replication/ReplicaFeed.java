package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.config.OutputLimit;
import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.session.ClientFlag;
import io.redoubt.protocol.session.ClientType;
import io.redoubt.server.client.Companion;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.TransferFraming;
import io.redoubt.server.snapshot.SnapshotSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One replica as its master sees it: what it told by REPLCONF, how far its synchronisation is, and
 * a cursor on the backlog from which it is fed. Before PSYNC or SYNC it is only a client that told
 * something.
 */
final class ReplicaFeed implements Companion, SnapshotSink {
  /** How much may wait in the socket's queue; beyond it the bytes wait in the backlog. */
  private static final long WINDOW_BYTES = 256 * 1024;

  /** How much of the stream made during a full sync waits in memory at most. */
  private static final long IN_MEMORY_BYTES = 16 << 20;

  private static final int CHUNK_BYTES = 16 * 1024;

  /** How far the synchronisation is. */
  enum State {
    /** Has not asked. */
    NONE("none"),
    /** Waits for the snapshot to begin. */
    WAIT_SNAPSHOT("wait_bgsave"),
    /** The snapshot is being made. */
    IN_SNAPSHOT("wait_bgsave"),
    /** The snapshot is being sent from a file. */
    SEND_FILE("send_bulk"),
    /** Has the snapshot and gets the stream. */
    ONLINE("online");

    private final String label;

    State(String label) {
      this.label = label;
    }

    /** The name in INFO. */
    String label() {
      return label;
    }
  }

  private final ServerClient client;
  private final Replicas replicas;

  private State state = State.NONE;
  private final ReplicaOptions options = new ReplicaOptions();
  private boolean acknowledges = true;

  /** Whether the first acknowledgement is awaited before the stream is sent. */
  private boolean waitsForAck;

  /** Offset of the next byte of the stream to send, 0 before the snapshot. */
  private long cursor;

  private long ackOffset;
  private long durableOffset = -1;
  private long lastSignMillis;
  private long askedMillis;
  private long softLimitSinceMillis = -1;
  private @Nullable String endMark;

  /** What has been made of the snapshot but can't be sent yet. */
  private final Spill snapshotSpill;

  /** The stream since the snapshot, up to the cursor. */
  private final Spill streamSpill;

  /** Whether the snapshot is whole, although not sent to its end. */
  private boolean snapshotMade;

  /**
   * From the beginning of the snapshot until the replica has loaded it, as its first
   * acknowledgement tells, and has been sent all of the stream once.
   */
  private boolean catchingUp;

  private boolean hasLoaded;

  private @Nullable SnapshotFile file;
  private boolean lost;

  ReplicaFeed(ServerClient client, Replicas replicas) {
    this.client = client;
    this.replicas = replicas;
    snapshotSpill = new Spill(replicas.spillSpace());
    streamSpill = new Spill(replicas.spillSpace());
    lastSignMillis = replicas.nowMillis();
  }

  ServerClient client() {
    return client;
  }

  State state() {
    return state;
  }

  /** What it has told by REPLCONF. */
  ReplicaOptions options() {
    return options;
  }

  int listeningPort() {
    return options.listeningPort();
  }

  /** The address under which the replica can be reached, or null when it can't be told. */
  @Nullable String address() {
    String announced = options.announcedAddress();
    if (announced != null) {
      return announced;
    }
    var peer = client.connection().remoteInetAddress();
    return peer == null ? null : peer.getAddress().getHostAddress();
  }

  /** The replica in log lines. */
  String name() {
    String address = address();
    if (address == null) {
      return "client id #" + client.id();
    }
    String host = address.indexOf(':') >= 0 ? "[" + address + "]" : address;
    int port = options.listeningPort();
    return host + ":" + (port == 0 ? "<unknown-replica-port>" : port);
  }

  // Synchronisation.

  /** Turns the client into a replica: no more replies, and its own class of limits. */
  private void becomeReplica() {
    client.flush(); // replies of earlier commands go first
    client.flag(ClientFlag.REPLICA, true);
    client.mute(true);
    client.connection().noDelay(!replicas.settings().replDisableTcpNodelay.value());
    askedMillis = replicas.nowMillis();
    lastSignMillis = askedMillis;
  }

  boolean isReplica() {
    return state != State.NONE;
  }

  /** The stream goes on from an offset. */
  void resume(long offset, String id) {
    becomeReplica();
    send(options.canTakeNewIds() ? "+CONTINUE " + id + "\r\n" : "+CONTINUE\r\n");
    state = State.ONLINE;
    cursor = offset;
  }

  /**
   * A snapshot is needed.
   *
   * @param knowsOffsets false for one that asked by SYNC: it is told no id and acknowledges nothing
   */
  void awaitSnapshot(boolean knowsOffsets) {
    becomeReplica();
    state = State.WAIT_SNAPSHOT;
    acknowledges = knowsOffsets;
  }

  /** When it asked to be synchronised, wall clock. */
  long askedMillis() {
    return askedMillis;
  }

  /**
   * The snapshot begins.
   *
   * @param mark ends the snapshot sent as it is made; null when it is written to a file first
   */
  void snapshotBegins(String id, long offset, @Nullable String mark) {
    state = State.IN_SNAPSHOT;
    catchingUp = true;
    hasLoaded = false;
    cursor = offset + 1;
    endMark = mark;
    lastSignMillis = replicas.nowMillis();
    if (acknowledges) {
      send("+FULLRESYNC " + id + " " + offset + "\r\n");
    }
    if (mark != null) {
      send(new String(TransferFraming.markedHeader(mark), US_ASCII));
    }
  }

  @Override
  public boolean isReady() {
    // The snapshot shows what the stream has brought until then.
    boolean takes = snapshotSpill.isEmpty() && mayQueue() && replicas.rate().allows();
    return cursor <= replicas.shownEnd() && (takes || replicas.snapshotHoldsWrites());
  }

  private boolean mayQueue() {
    return client.connection().queuedBytes() < WINDOW_BYTES;
  }

  @Override
  public void bytes(MemorySegment memory, long offset, long length) {
    if (!snapshotSpill.isEmpty() || !mayQueue()) {
      spill(snapshotSpill, memory, offset, length);
      return;
    }
    Connection connection = client.connection();
    long done = 0;
    while (done < length) {
      Chunk chunk = connection.newChunk(CHUNK_BYTES);
      long now = Math.min(length - done, chunk.limit() - chunk.start());
      MemorySegment.copy(memory, offset + done, chunk.memory(), chunk.start(), now);
      connection.send(chunk, chunk.start() + now);
      done += now;
    }
    replicas.rate().spend(length);
    lastSignMillis = replicas.nowMillis();
    connection.flush();
  }

  @Override
  public void complete() {
    snapshotMade = true;
    pumpSnapshot();
  }

  /** Sends of the snapshot what had to wait. */
  private void pumpSnapshot() {
    if (lost) {
      return;
    }
    while (!snapshotSpill.isEmpty() && mayQueue() && replicas.rate().allows()) {
      replicas.rate().spend(sendFrom(snapshotSpill));
      lastSignMillis = replicas.nowMillis();
    }
    client.connection().flush();
    if (!snapshotSpill.isEmpty()) {
      return;
    }
    if (!snapshotMade) {
      replicas.snapshotSinkReady();
    } else if (endMark != null) {
      send(endMark);
      replicas
          .log()
          .notice(
              "Streamed RDB transfer with replica %s succeeded (socket). Waiting for REPLCONF ACK"
                  + " from replica to enable streaming",
              name());
      online(true);
    }
  }

  private void spill(Spill spill, MemorySegment memory, long offset, long length) {
    try {
      spill.append(memory, offset, length);
    } catch (IOException e) {
      spillFailed(e);
    }
  }

  private void spillFailed(IOException e) {
    replicas
        .log()
        .warning(
            "Replica %s is dropped: what it can't take yet can't be kept for it: %s",
            name(), e.getMessage());
    client.closeSoon();
  }

  /** Has the next bytes of a spill sent; returns how many. */
  private int sendFrom(Spill spill) {
    Connection connection = client.connection();
    Chunk chunk = connection.newChunk(CHUNK_BYTES);
    try {
      int read = spill.read(chunk.memory(), chunk.start(), (int) (chunk.limit() - chunk.start()));
      connection.send(chunk, chunk.start() + read);
      if (!mayQueue()) {
        connection.flush();
      }
      return read;
    } catch (IOException e) {
      chunk.release();
      spill.close();
      spillFailed(e);
      return 0;
    }
  }

  @Override
  public void failed() {
    if (!lost) {
      client.closeSoon();
    }
  }

  /** The snapshot is in a file, which is sent now. */
  void sendFile(SnapshotFile snapshot) {
    state = State.SEND_FILE;
    file = snapshot;
    send(new String(TransferFraming.sizedHeader(snapshot.sizeBytes()), US_ASCII));
    pump();
  }

  private void online(boolean afterAck) {
    if (options.isSnapshotOnly()) {
      replicas
          .log()
          .notice(
              "RDB transfer completed, rdb only replica (%s) should be disconnected asap", name());
      client.connection().closeAfterFlush();
      return;
    }
    state = State.ONLINE;
    waitsForAck = afterAck;
    lastSignMillis = replicas.nowMillis();
    replicas.log().notice("Synchronization with replica %s succeeded", name());
    replicas.goodReplicasChanged();
    pump();
  }

  // The stream.

  /** Sends as much as the socket's queue takes. */
  void pump() {
    if (lost) {
      return;
    }
    if (state == State.SEND_FILE) {
      pumpFile();
    }
    if (state != State.ONLINE || waitsForAck) {
      return;
    }
    while (!streamSpill.isEmpty() && mayQueue()) {
      sendFrom(streamSpill);
    }
    Backlog backlog = replicas.backlog();
    Connection connection = client.connection();
    long end = replicas.shownEnd();
    while (streamSpill.isEmpty() && cursor < end && mayQueue()) {
      if (connection.queuedBytes() > 0 && end - cursor < CHUNK_BYTES) {
        connection.flush();
        if (connection.queuedBytes() > 0) {
          return; // the socket is full: a little more would take a chunk of its own
        }
      }
      Chunk chunk = connection.newChunk(CHUNK_BYTES);
      long room = Math.min(chunk.limit() - chunk.start(), end - cursor);
      long read = backlog.read(cursor, chunk.memory(), chunk.start(), room);
      connection.send(chunk, chunk.start() + read);
      cursor += read;
      if (connection.queuedBytes() >= WINDOW_BYTES) {
        connection.flush();
      }
    }
    connection.flush();
    boolean hasAll = streamSpill.isEmpty() && cursor == backlog.nextOffset();
    catchingUp &= !(hasAll && (!acknowledges || hasLoaded));
  }

  /**
   * While the replica is being synchronised the stream must not pile up in memory: what is more
   * than the backlog holds anyway, or a client may have waiting, goes to a file. Without a limit it
   * stays in memory: that is what such a configuration asks for.
   */
  void spillStream() {
    if (!catchingUp || lost) {
      return;
    }
    Backlog backlog = replicas.backlog();
    if (backlog.nextOffset() - cursor <= mostInMemory(backlog)) {
      return;
    }
    MemorySegment piece = replicas.piece();
    long end = replicas.shownEnd();
    while (cursor < end) {
      long read = backlog.read(cursor, piece, 0, Math.min(piece.byteSize(), end - cursor));
      spill(streamSpill, piece, 0, read);
      cursor += read;
    }
  }

  private long mostInMemory(Backlog backlog) {
    OutputLimit limit = outputLimit();
    long hardBytes = limit.hardBytes() == 0 ? Long.MAX_VALUE : limit.hardBytes();
    long softBytes = limit.softBytes() == 0 ? Long.MAX_VALUE : limit.softBytes();
    long least = Math.min(hardBytes, softBytes);
    return least == Long.MAX_VALUE
        ? least
        : Math.max(Math.min(least, IN_MEMORY_BYTES), backlog.sizeBytes() + WINDOW_BYTES);
  }

  private OutputLimit outputLimit() {
    return client.registry().settings().outputLimit(ClientType.REPLICA);
  }

  private void pumpFile() {
    SnapshotFile source = file;
    Connection connection = client.connection();
    while (source != null && mayQueue() && replicas.rate().allows()) {
      Chunk chunk = connection.newChunk(CHUNK_BYTES);
      int read;
      try {
        read =
            source.read(this, chunk.memory(), chunk.start(), (int) (chunk.limit() - chunk.start()));
      } catch (IOException e) {
        chunk.release();
        replicas.log().warning("Read error sending DB to replica: %s", e.getMessage());
        client.closeSoon();
        return;
      }
      if (read < 0) {
        chunk.release();
        file = null;
        source.release(this);
        online(false);
        return;
      }
      connection.send(chunk, chunk.start() + read);
      replicas.rate().spend(read);
      lastSignMillis = replicas.nowMillis();
      if (connection.queuedBytes() >= WINDOW_BYTES) {
        connection.flush();
      }
    }
    connection.flush();
  }

  /** The lowest offset that must stay in the backlog for this replica. */
  long neededFrom() {
    return cursor == 0 ? Backlog.NOBODY : cursor;
  }

  /** Bytes that the replica has still to get. */
  long pendingBytes() {
    long behind = cursor == 0 ? 0 : replicas.backlog().nextOffset() - cursor;
    return behind + streamSpill.waitingBytes() + client.connection().queuedBytes();
  }

  /** Memory that this replica alone takes: what is on its way to the socket, in whole chunks. */
  long memoryBytes() {
    long queued = client.connection().queuedBytes();
    // The first chunk may have gone in part, and the last may not be full.
    long chunks = queued == 0 ? 0 : queued / CHUNK_BYTES + 2;
    return client.memoryBytes() - queued + chunks * CHUNK_BYTES;
  }

  /**
   * Whether it lags so far behind that it is given up. While it is being synchronised it may: what
   * it can't take yet takes no memory.
   */
  boolean isOverLimit() {
    if (catchingUp) {
      return false;
    }
    OutputLimit limit = outputLimit();
    long pending = pendingBytes();
    long hardBytes = limit.hardBytes() == 0 ? 0 : Math.max(limit.hardBytes(), backlogSize());
    long softBytes = limit.softBytes() == 0 ? 0 : Math.max(limit.softBytes(), backlogSize());
    if (hardBytes > 0 && pending >= hardBytes) {
      return true;
    }
    if (softBytes == 0 || pending < softBytes) {
      softLimitSinceMillis = -1;
      return false;
    }
    long now = replicas.nowMillis();
    if (softLimitSinceMillis < 0) {
      softLimitSinceMillis = now;
    }
    return now - softLimitSinceMillis > limit.softSeconds() * 1000L;
  }

  private long backlogSize() {
    return replicas.backlog().sizeBytes();
  }

  // Signs of life.

  /**
   * REPLCONF ACK.
   *
   * @param durable up to where the stream is on the replica's disk, -1 when it does not tell
   */
  void acknowledged(long offset, long durable) {
    hasLoaded |= state == State.ONLINE;
    ackOffset = Math.max(ackOffset, offset);
    durableOffset = Math.max(durableOffset, durable);
    lastSignMillis = replicas.nowMillis();
    if (waitsForAck) {
      waitsForAck = false;
      pump();
    }
  }

  /** The offset acknowledged last. */
  long ackOffset() {
    return ackOffset;
  }

  /** Whether it has acknowledged, and so has, the stream up to an offset. */
  boolean has(long offset) {
    return state == State.ONLINE && ackOffset >= offset;
  }

  /** Whether it has told that the stream up to an offset is on its disk. */
  boolean hasDurably(long offset) {
    return state == State.ONLINE && durableOffset >= offset;
  }

  /** Whole seconds since the last acknowledgement, 0 before it is online. */
  long lagSeconds() {
    return state == State.ONLINE ? (replicas.nowMillis() - lastSignMillis) / 1000 : 0;
  }

  /** Whether it has been silent, or has not taken a byte of its snapshot, for too long. */
  boolean isTimedOut(long timeoutMillis) {
    boolean watched =
        state == State.ONLINE ? acknowledges : state == State.SEND_FILE || endMark != null;
    return watched && replicas.nowMillis() - lastSignMillis > timeoutMillis;
  }

  /** While it waits for the snapshot it sees by an empty line that the master lives. */
  void showLife() {
    if (state == State.WAIT_SNAPSHOT || (state == State.IN_SNAPSHOT && endMark == null)) {
      send("\n");
    }
  }

  private void send(String text) {
    Connection connection = client.connection();
    Chunk chunk = connection.newChunk(text.length());
    MemorySegment.copy(
        MemorySegment.ofArray(text.getBytes(US_ASCII)),
        0,
        chunk.memory(),
        chunk.start(),
        text.length());
    connection.send(chunk, chunk.start() + text.length());
    connection.flush();
  }

  @Override
  public void onWritable() {
    if (state == State.IN_SNAPSHOT) {
      lastSignMillis = replicas.nowMillis();
    }
    goOn();
  }

  /** Sends what can be sent now, of the snapshot or of the stream. */
  void goOn() {
    if (state == State.IN_SNAPSHOT) {
      pumpSnapshot();
    } else {
      pump();
    }
  }

  @Override
  public void onReleased() {
    lost = true;
    snapshotSpill.close();
    streamSpill.close();
    if (file != null) {
      file.release(this);
      file = null;
    }
    replicas.lost(this);
  }
}
