package io.redoubt.server.replication.replica;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Dispatcher;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.replication.replica.MasterLink.State;
import io.redoubt.server.replication.state.ReplicatedDataSet;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.LogLine;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One connection to the master, from the attempt to its end. */
final class LinkAttempt implements Connection.Handler {
  /** The maximum duration of a slice in which the buffered stream is applied. */
  private static final long SLICE_NANOS = 2_000_000;

  private final LinkParts parts;
  private final StreamContext following;
  private final Clock clock;
  private final Log log;
  private final Loop loop;
  private final Pauses pauses;
  private final Dispatcher dispatcher;
  private final MasterLink link;
  private final ReplyLine line = new ReplyLine();
  private final Acknowledgements acks;
  private @Nullable Connection connection;
  private @Nullable Handshake handshake;
  private @Nullable Transfer transfer;
  private final AppliedStream applied;

  /** The stream received while the data set before it was not loaded. */
  private final StreamAhead ahead;

  /** True if interleaving the stream with a snapshot was offered to the master. */
  private boolean interleaves;

  /** True while the stream is paused. */
  private boolean held;

  /** True if the connection was lost before all received bytes were applied. */
  private boolean cut;

  private boolean over;

  LinkAttempt(LinkParts parts, MasterLink link) {
    this.parts = parts;
    this.following = parts.following();
    this.link = link;
    Environment environment = parts.environment();
    clock = environment.clock();
    log = environment.log();
    ServerClients connected = parts.clients();
    ClientRegistry clients = connected.registry();
    loop = connected.loop();
    pauses = clients.pauses();
    dispatcher = clients.dispatcher();
    ReplicatedDataSet dataSet = parts.dataSet();
    acks =
        new Acknowledgements(
            following.stream(), following.file(), following.membership(), this::send);
    applied =
        new AppliedStream(
            clients, dataSet.keyspace(), parts.settings().encodings, following.stream());
    ahead = new StreamAhead(clients.memory(), following.spillSpace());
  }

  /** Returns the current transfer, null if there is none. */
  @Nullable Transfer transfer() {
    return transfer;
  }

  /** Returns the bytes received but not applied, including an open transaction. */
  long unappliedBytes() {
    return applied.isAttached() ? applied.unappliedBytes() + ahead.waitingBytes() : 0;
  }

  /** Returns the database selected by the stream, -1 before there is a stream. */
  int selectedDatabase() {
    return applied.database();
  }

  /** Returns the bytes of the stream that are buffered until the data set is loaded. */
  long aheadBytes() {
    return ahead.waitingBytes();
  }

  /** Pauses or resumes reading from the master; unread bytes remain in the socket. */
  void hold(boolean on) {
    held = on;
    if (on) {
      reading(false);
    } else {
      applyAhead();
    }
  }

  /** Applies bytes received during a pause that may have ended. */
  void onPausesChange() {
    if (!ahead.isEmpty()) {
      loop.schedule(this::applyAhead, 0); // not within CLIENT UNPAUSE
    }
  }

  /** Returns true while clients are paused: the stream must not change the data set either. */
  private boolean isPaused() {
    return pauses.current() != Pauses.Scope.NOTHING;
  }

  private void reading(boolean on) {
    if (connection != null && connection.isOpen()) {
      connection.reading(on);
    }
  }

  Acknowledgements acks() {
    return acks;
  }

  // Connection.

  @Override
  public void onOpen(Connection opened) {
    if (over) {
      opened.close();
      return;
    }
    connection = opened;
    opened.setKeepAlive(parts.settings().common.tcpKeepalive.value());
    link.setAttemptState(State.HANDSHAKE);
    Handshake.Identity identity = link.identity();
    interleaves = identity.streamAheadBytes() > 0;
    Handshake begun =
        new Handshake(
            identity, following.stream().resumePoint(), following.takeover().isHandingOver());
    handshake = begun;
    follow(begun.connected());
  }

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (over) {
      return;
    }
    link.onHeard();
    following.counts().receivedBytes.add(end - start);
    try {
      long position = start;
      while (position < end && handshake != null && !handshake.isOver() && !over) {
        position = handshakeBytes(handshake, memory, position, end);
      }
      if (over || position == end) {
        return;
      }
      if (!applied.isOpen()) {
        if (transfer != null) {
          receive(transfer, memory, position, end);
        }
      } else if (!applied.isAttached() || !ahead.isEmpty() || isPaused()) {
        keep(memory, position, end);
      } else {
        applied.receive(memory, position, end);
      }
    } catch (ProtocolException e) {
      log.warning("Protocol error from the master: %s", e.getMessage());
      close();
    } catch (OutOfMemoryError e) {
      onOutOfMemory(e);
    }
    resynchronize();
  }

  /** Handles a lack of memory for received input, part of which may have been applied. */
  private void onOutOfMemory(OutOfMemoryError failure) {
    dispatcher.onOutOfMemory("while synchronizing with the master", failure);
    if (!applied.isOutOfStep()) {
      log.warning("MASTER <-> REPLICA sync failed: out of memory: %s", failure.getMessage());
    }
    applied.setOutOfStep();
  }

  /**
   * Closes a link whose stream could not be applied; the cron reconnects and requests a full sync.
   */
  private void resynchronize() {
    if (!applied.isOutOfStep() || over) {
      return;
    }
    log.warning("Out of memory while synchronizing with the master: a full sync is needed.");
    if (link.state() == State.CONNECTED) {
      following.changes().startNewHistory();
    }
    abandonAndWait();
  }

  @Override
  public void onReadDone(Connection from) {
    acks.endTurn();
    from.flush();
  }

  @Override
  public void onWritable(Connection to) {}

  @Override
  public void onClose(Connection closed, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    if (isLoading() || (link.state() == State.CONNECTED && !ahead.isEmpty())) {
      cut = true; // the received data is complete, and the master may be gone
      return;
    }
    switch (link.state()) {
      case CONNECTING -> end("Error condition on socket for SYNC: " + reason(cause));
      case HANDSHAKE -> {
        if (handshake != null) {
          follow(handshake.disconnected());
        }
      }
      case TRANSFER -> {
        if (transfer != null) {
          transfer.cut();
        }
        end("I/O error trying to sync with MASTER: connection lost");
      }
      case CONNECTED -> onLost();
      case IDLE, WAITING -> throw new IllegalStateException("a connection while " + link.state());
    }
  }

  /** Handles CLIENT KILL at once: the close event may be delayed by a long command. */
  private void onKilled() {
    if (connection != null) {
      onClose(connection, null);
    }
  }

  private long handshakeBytes(Handshake talk, MemorySegment memory, long from, long to) {
    long position = line.read(memory, from, to);
    if (line.isComplete()) {
      follow(talk.reply(line.take()));
    }
    return position;
  }

  private void follow(List<Handshake.Output> outputs) {
    for (Handshake.Output output : outputs) {
      switch (output) {
        case Handshake.Send request -> send(request.words());
        case Handshake.SendLine request -> write(request.line().getBytes(ISO_8859_1));
        case Handshake.Say say -> log(say.line());
        case Handshake.FullResync full -> {
          following.takeover().onSuccess();
          startTransfer(full.id(), full.offset());
        }
        case Handshake.FullResyncWithoutHistory none -> {
          acks.masterKnowsNoOffsets();
          startTransfer(null, 0);
        }
        case Handshake.Resume resume -> {
          following.takeover().onSuccess();
          resume(resume.newId());
        }
        case Handshake.TakeoverRefused refused -> {
          following.takeover().abort("Failover target rejected psync request");
          return;
        }
        case Handshake.Abandon failed -> abandonAndWait();
      }
    }
  }

  // Transfer.

  private void startTransfer(@Nullable String id, long offset) {
    link.setAttemptState(State.TRANSFER);
    following.membership().dataGoes();
    transfer =
        new Transfer(
            parts.environment(),
            parts.settings(),
            parts.connector(),
            parts.dataSet(),
            parts.state(),
            following.changes(),
            new Transfer.Origin(id, offset, following.stream().isOwnHistory(id)),
            interleaves ? ahead : null);
  }

  private void receive(Transfer current, MemorySegment memory, long from, long to) {
    long rest = current.receive(memory, from, to);
    if (current.failure() != null) {
      if (current.hasLostStream()) {
        link.onStreamAheadLost();
      }
      log(current.failure());
      endAndReconnect();
    } else if (current.isReceived()) {
      applied.open();
      reading(current.isInterleaved());
      keep(memory, rest, to);
      if (!over) {
        load(current);
      }
    }
  }

  /**
   * Buffers bytes of the stream. At the limit the rest waits in the socket, and then at the master.
   */
  private void keep(MemorySegment memory, long from, long to) {
    try {
      ahead.add(memory, from, to - from);
    } catch (IOException e) {
      log.warning("Can't buffer the master's stream during the load: %s", SystemErrors.text(e));
      link.onStreamAheadLost();
      close();
      return;
    }
    if (ahead.waitingBytes() >= link.streamAheadBytes()) {
      reading(false);
    }
  }

  /** Applies the buffered stream in slices, and then resumes reading from the connection. */
  private void applyAhead() {
    if (over || held || isPaused() || !applied.isAttached()) {
      return;
    }
    long start = clock.monotonicNanos();
    try {
      while (!over && !applied.isOutOfStep() && !ahead.isEmpty()) {
        if (clock.monotonicNanos() - start > SLICE_NANOS) {
          loop.schedule(this::applyAhead, 0); // connections go first
          link.onHeard(); // the master is alive, though its socket is not read
          acks.endTurn();
          return;
        }
        applied.applyPiece(ahead);
      }
    } catch (ProtocolException e) {
      log.warning("Protocol error from the master: %s", e.getMessage());
      ahead.close();
      close();
    } catch (IOException e) {
      log.warning("Can't read the buffered stream of the master: %s", SystemErrors.text(e));
      ahead.close();
      close();
    } catch (OutOfMemoryError e) {
      onOutOfMemory(e);
    }
    resynchronize();
    if (over) {
      return;
    }
    acks.endTurn();
    if (cut) {
      onLost();
    } else {
      reading(true);
    }
  }

  boolean isLoading() {
    return transfer != null && transfer.isReceived();
  }

  /** Loads in slices, one per turn of the loop. */
  private void load(Transfer current) {
    if (over) {
      return;
    }
    boolean more;
    try {
      more = current.loadSlice();
    } catch (OutOfMemoryError e) {
      onOutOfMemory(e);
      resynchronize();
      return;
    }
    if (more) {
      loop.schedule(() -> load(current), 0); // connections go first
    } else if (current.isRefused() && current.failure() != null) {
      log(current.failure());
      abandonAndWait();
      link.setRefusal("empty-master");
    } else if (current.failure() != null) {
      log(current.failure());
      endAndReconnect();
    } else {
      onLoaded(current);
    }
  }

  private void onLoaded(Transfer current) {
    ReplicationPoint point = current.point();
    transfer = null;
    following.changes().onLoaded(current.id(), current.offset());
    log.notice("MASTER <-> REPLICA sync: Finished with success");
    current.endEvent(true);
    attach(point == null ? 0 : Math.max(point.database(), 0));
    if (current.isMadeAsSent()) {
      acks.send();
    }
    applyAhead();
  }

  private void resume(@Nullable String newId) {
    int database = following.changes().resume(newId);
    applied.open();
    attach(database);
    acks.send(); // replies delayed by the master may wait for it
  }

  private void attach(int database) {
    ServerClient master = parts.clients().master(database);
    applied.attach(master);
    master.setCompanion(this::onKilled);
    if (connection != null) {
      master.attach(connection);
    }
    following.stream().discardResumePoint();
    link.setAttemptState(State.CONNECTED);
  }

  // Output.

  private void send(List<String> words) {
    write(RequestEncoder.encode(words.toArray(String[]::new)));
  }

  void write(byte[] bytes) {
    if (connection == null || !connection.isOpen()) {
      return;
    }
    Chunk chunk = connection.newChunk(bytes.length);
    MemorySegment.copy(
        MemorySegment.ofArray(bytes), 0, chunk.memory(), chunk.start(), bytes.length);
    connection.send(chunk, chunk.start() + bytes.length);
    connection.flush();
  }

  private void log(LogLine said) {
    if (said.warning()) {
      log.warning("%s", said.text());
    } else {
      log.notice("%s", said.text());
    }
  }

  // End.

  /** Closes the connection as if the master had. */
  void close() {
    if (connection != null) {
      connection.close();
    }
  }

  /**
   * Ends a failed attempt with a warning. After a transfer it reconnects at once, otherwise at the
   * next cron.
   */
  void end(String warning) {
    log.warning("%s", warning);
    if (link.state() == State.TRANSFER) {
      endAndReconnect();
    } else {
      abandonAndWait();
    }
  }

  private void abandonAndWait() {
    release();
    link.setAttemptState(State.WAITING);
  }

  private void endAndReconnect() {
    abandonAndWait();
    link.reconnectIfLasted("Reconnecting to MASTER %s:%d after failure");
  }

  /** Ends a connected link that broke. */
  private void onLost() {
    keepPlace();
    abandonAndWait();
    link.reconnectIfLasted("Reconnecting to MASTER %s:%d");
  }

  /** Keeps the position in the stream for a partial sync. */
  private void keepPlace() {
    log.warning("Connection with master lost.");
    log.notice("Caching the disconnected master state.");
    if (acks.masterKnowsOffsets() && applied.isAttached()) {
      following.stream().keepResumePoint(applied.database());
    }
  }

  /** Closes the link from this side. */
  void abandon() {
    if (link.state() == State.CONNECTED) {
      keepPlace();
    }
    release();
  }

  private void release() {
    over = true;
    link.over(this);
    if (transfer != null) {
      transfer.abandon();
      transfer = null;
    }
    ahead.close();
    applied.close();
    if (connection != null && connection.isOpen()) {
      connection.close();
    }
  }

  private String reason(@Nullable Throwable cause) {
    if (cause instanceof UnknownHostException) {
      return "Name or service not known";
    }
    String message = cause == null ? null : cause.getMessage();
    if (message == null) {
      return "connection lost";
    }
    for (String known : List.of("Connection refused", "Connection timed out", "No route to host")) {
      if (message.contains(known)) {
        return known;
      }
    }
    return message.contains("timed out") ? "Connection timed out" : message;
  }
}
