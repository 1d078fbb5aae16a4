package io.redoubt.server.replication.state;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.ReplyAcks;
import io.redoubt.server.execution.StreamEncoder;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Handshake;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.replication.stream.NewerCommand;
import io.redoubt.server.replication.stream.PsyncDecision;
import io.redoubt.server.replication.stream.ReplicationHistory;
import io.redoubt.server.replication.stream.TurnAcks;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The replication stream of a server's history: the effects of its commands while it is a master,
 * the applied bytes of its master while it is a replica. Maintains the offset, the backlog and the
 * selected database.
 *
 * <p>The only writer of the history. The selected database of the stream is the encoder's last one,
 * except while a master link is up: then it is that of the link's client.
 */
public final class ReplicationStream implements Propagation.Sink {
  /** No database is selected, so that SELECT must precede the next command of the stream. */
  public static final int NO_DATABASE = -1;

  /** The maximum number of bytes of the backlog's end saved in a file. */
  private static final long TAIL_BYTES = 1 << 20;

  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(US_ASCII);
  private static final byte[] GETACK = getAck("*");
  private static final byte[] GETACK_START = getAck(TurnAcks.START);
  private static final byte[] GETACK_STOP = getAck(TurnAcks.STOP);

  private final BufferMemory buffers;
  private final LongSupplier backlogBytes;
  private final Propagation propagation;
  private final Role role;
  private final Runnable grown;
  private final Runnable onLost;
  private final RandomGenerator random;
  private final ReplicationHistory history;
  private @Nullable Backlog backlog;
  private final StreamEncoder encoder = new StreamEncoder(this::append);
  private boolean propagates;

  /** The offset after the last effect of a command. */
  private long effectOffset;

  /**
   * True if the data set is at the end of the stream, from which another server can continue it.
   */
  private boolean resumable;

  /**
   * The bytes before the backlog that a file has saved, for replicas that resume after a restart.
   */
  private ByteString restored = ByteString.EMPTY;

  /** The offset after the last of these bytes. */
  private long restoredEnd;

  /**
   * Creates the stream of a new history.
   *
   * @param backlogBytes the configured size of the backlog
   * @param grown called after bytes were appended
   * @param onLost called if effects could not be appended
   */
  public ReplicationStream(
      BufferMemory buffers,
      RandomGenerator random,
      LongSupplier backlogBytes,
      Propagation propagation,
      Role role,
      Runnable grown,
      Runnable onLost) {
    this.buffers = buffers;
    this.backlogBytes = backlogBytes;
    this.propagation = propagation;
    this.role = role;
    this.grown = grown;
    this.onLost = onLost;
    this.random = random;
    history = new ReplicationHistory(random);
  }

  /** Delays replies until replicas have acknowledged the stream; null sends them at once. */
  public void delayReplies(@Nullable ReplyAcks acks) {
    propagation.setAcks(acks);
  }

  /** Returns the history, for reading only. */
  public ReplicationHistory history() {
    return history;
  }

  /** Starts a new id: no replica can resume from before. */
  public void startNewHistory() {
    history.restart(random);
  }

  /**
   * Starts the history of a promoted replica after the end of its master's stream.
   *
   * @param database the database selected in that stream, -1 if unknown
   */
  public void promote(int database) {
    history.promote(random);
    encoder.continueAfter(Math.max(database, 0));
  }

  /** Returns to the id before a promotion after which nothing was written. */
  public void takeBackPromotion() {
    history.takeBackPromotion();
  }

  /** Adopts a master's history after a full sync, or starts a new one if the master has none. */
  public void adopt(@Nullable String masterId, long masterOffset) {
    if (masterId == null) {
      startNewHistory();
    } else {
      history.adopt(masterId, masterOffset);
    }
  }

  /** Follows the master to a new id. */
  public void branch(String newId) {
    history.branch(newId);
  }

  /** Records that a replica has received the id. */
  public void markShown() {
    history.markShown();
  }

  // Resuming.

  /** Makes the end of this stream the point at which a new master's stream continues. */
  public void keepResumePoint() {
    resumable = true;
  }

  /**
   * Makes the end of a master's stream the point at which it continues.
   *
   * @param database the database selected in that stream
   */
  public void keepResumePoint(int database) {
    encoder.continueAfter(database);
    resumable = true;
  }

  /** Discards the resume point; returns true if there was one. */
  public boolean discardResumePoint() {
    boolean had = resumable;
    resumable = false;
    return had;
  }

  /** Returns the database to select when the stream is resumed, -1 without a resume point. */
  public int resumeDatabase() {
    return resumable ? encoder.lastDatabase() : NO_DATABASE;
  }

  /**
   * Returns the point at which this server could resume a master's stream, null if there is none.
   */
  public Handshake.@Nullable ResumePoint resumePoint() {
    return resumeDatabase() == NO_DATABASE
        ? null
        : new Handshake.ResumePoint(history.id(), offset() + 1);
  }

  /** Returns true if an id is the current or the previous one of this history. */
  public boolean isOwnHistory(@Nullable String id) {
    return history.id().equals(id) || history.secondId().equals(id);
  }

  /** Returns the answer to {@code PSYNC id offset} of a replica. */
  public PsyncDecision decide(String askedId, long askedOffset, String replica) {
    reachBackTo(askedOffset);
    return PsyncDecision.of(askedId, askedOffset, history, backlog, replica);
  }

  @Override
  public long offset() {
    return history.offset();
  }

  /**
   * Returns the offset of the data set; 1, as in Redis, if there is none, so that a sentinel does
   * not choose this server for its former data.
   */
  public long dataOffset() {
    return role.isDataDropped() ? 1 : offset();
  }

  public @Nullable Backlog backlog() {
    return backlog;
  }

  public Backlog requireBacklog() {
    Backlog current = backlog;
    if (current == null) {
      throw new IllegalStateException("there is no backlog");
    }
    return current;
  }

  // Growing.

  @Override
  public int target() {
    return Propagation.TO_REPLICAS;
  }

  @Override
  public void beginTransaction() {
    encoder.beginTransaction();
  }

  @Override
  public void endTransaction() {
    encoder.endTransaction();
    effectOffset = history.offset();
  }

  @Override
  public void propagate(int database, MemorySegment memory, long start, long end) {
    encoder.command(database, memory, start, end);
    effectOffset = history.offset();
  }

  @Override
  public void propagateNewer(int database, MemorySegment memory, long start, long end) {
    encoder.select(database);
    MemorySegment head = NewerCommand.head(memory, start);
    append(head, 0, head.byteSize());
    long words = NewerCommand.firstWord(memory, start);
    append(memory, words, end - words);
    effectOffset = history.offset();
  }

  @Override
  public void onLost() {
    onLost.run();
  }

  /**
   * Returns the offset after the last effect of a command. Pings, requests for acknowledgements and
   * announcements of the group are not effects.
   */
  public long effectOffset() {
    return effectOffset;
  }

  /** Appends a PING, the master's sign of life. */
  public void ping() {
    append(PING);
  }

  /** Requests the offsets of the replicas. */
  public void askForAcks() {
    append(GETACK);
  }

  /** Requests the offsets of the replicas, now and after each of their turns. */
  void askForTurnAcks() {
    append(GETACK_START);
  }

  /** Stops the acknowledgements after each turn. */
  void endTurnAcks() {
    append(GETACK_STOP);
  }

  /**
   * Announces the configurations of the group. A real replica ignores the content of an
   * acknowledgement from its master, and counts its bytes.
   */
  void announceGroup(String chain, String tokens) {
    append(RequestEncoder.encode("REPLCONF", "ACK", MemberState.OPTION, chain, tokens));
  }

  private static byte[] getAck(String word) {
    String length = Integer.toString(word.length());
    return ("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$" + length + "\r\n" + word + "\r\n")
        .getBytes(US_ASCII);
  }

  private void append(byte[] bytes) {
    append(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  public void append(MemorySegment memory, long from, long length) {
    requireBacklog().append(memory, from, length);
    history.advance(length);
    grown.run();
  }

  /**
   * Collects the effects of this server's own commands while it is a master with a backlog to
   * receive them, and stops otherwise.
   */
  public void updateEffects() {
    boolean wanted = !role.isReplica() && backlog != null;
    if (wanted && !propagates) {
      effectOffset = history.offset(); // earlier bytes are the effects of another server
      propagation.add(this);
    } else if (!wanted && propagates) {
      propagation.remove(this);
    }
    propagates = wanted;
  }

  /** Returns the encoder of this server's own effects. */
  public StreamEncoder encoder() {
    return encoder;
  }

  // The backlog.

  /** Creates the backlog unless it exists. */
  public void openBacklog() {
    if (makeBacklog()) {
      updateEffects();
    }
  }

  private boolean makeBacklog() {
    if (backlog != null) {
      return false;
    }
    backlog = new Backlog(buffers, backlogBytes.getAsLong(), history.offset() + 1);
    return true;
  }

  /** Creates the backlog, and starts a new history, unless it exists. */
  public void keep() {
    if (backlog == null) {
      startNewHistory();
      openBacklog();
    }
  }

  /** Frees the backlog: no replica can resume. */
  public void freeBacklog() {
    dropBacklog();
    updateEffects();
  }

  private void dropBacklog() {
    restored = ByteString.EMPTY;
    if (backlog != null) {
      backlog.close();
      backlog = null;
    }
  }

  public void resizeBacklog(long sizeBytes) {
    if (backlog != null) {
      backlog.resize(sizeBytes);
    }
  }

  public void retainFrom(long offset) {
    if (backlog != null) {
      backlog.retainFrom(offset);
    }
  }

  /** Adopts the position in a history recorded in a file, and the bytes before it. */
  public void restore(ReplicationPoint point) {
    history.adopt(point.id(), point.offset());
    dropBacklog();
    makeBacklog(); // without effects: the role is unknown yet
    restored = point.tail();
    restoredEnd = point.offset() + 1;
  }

  /** Extends the backlog by the bytes saved in a file if it then reaches back to an offset. */
  private void reachBackTo(long offset) {
    Backlog current = backlog;
    if (current == null || restored.isEmpty() || offset >= current.firstOffset()) {
      return;
    }
    ByteString kept = restored;
    restored = ByteString.EMPTY;
    long first = restoredEnd - kept.length();
    boolean joins = current.firstOffset() == restoredEnd;
    if (!joins || offset < first || current.nextOffset() - offset > current.sizeBytes()) {
      return; // no later request can use the saved bytes either
    }
    Backlog longer = new Backlog(buffers, current.sizeBytes(), first);
    longer.retainFrom(first);
    longer.append(kept.asSegment(), 0, kept.length());
    byte[] piece = new byte[Backlog.BLOCK_BYTES];
    MemorySegment memory = MemorySegment.ofArray(piece);
    for (long at = restoredEnd; at < current.nextOffset(); ) {
      long read = current.read(at, memory, 0, piece.length);
      longer.append(memory, 0, read);
      at += read;
    }
    current.close();
    backlog = longer;
  }

  /** Returns the end of the backlog, to be saved in a file. */
  public ByteString tail() {
    Backlog current = backlog;
    if (current == null || current.historyBytes() == 0) {
      return restored;
    }
    int length = (int) Math.min(current.historyBytes(), Math.min(TAIL_BYTES, current.sizeBytes()));
    byte[] bytes = new byte[length];
    current.read(current.nextOffset() - length, MemorySegment.ofArray(bytes), 0, length);
    return ByteString.of(bytes);
  }

  // Memory.

  /** Returns the size of the backlog without bytes retained for replicas. */
  public long backlogBytes() {
    return backlog == null ? 0 : backlog.reservedForSizeBytes();
  }

  /** Returns the bytes of the stream kept in memory. */
  public long bufferBytes() {
    return backlog == null ? 0 : backlog.reservedBytes();
  }

  /** Returns the bytes kept beyond the configured size of the backlog. */
  public long bytesBeyondBacklog() {
    return backlog == null ? 0 : Math.max(0, backlog.reservedBytes() - backlog.sizeBytes());
  }
}
