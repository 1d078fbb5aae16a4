package io.redoubt.server.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.StreamEncoder;
import io.redoubt.server.replication.stream.NewerCommand;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Encodes the effects of commands for the append-only file: adds SELECT, optional timestamps and
 * marks of the replication position.
 */
final class AppendStream implements Propagation.Sink {
  private static final int NO_DATABASE = -1;

  /** The prefix of a replication position mark. */
  static final String PLACE = "#REPL:";

  private final AofAppender appender;
  private final LongSupplier nowMillis;
  private final BooleanSupplier tellsTime;
  private final Runnable onLost;
  private final StreamEncoder encoder;
  private long toldSeconds;

  /**
   * True if the end of a transaction was lost, so that it must be closed before the next effect.
   */
  private boolean torn;

  // The last replication position mark in the file, and whether effects have followed it.
  private String toldId = "";
  private int toldDatabase = NO_DATABASE;
  private long toldOffset = -1;
  private boolean changed;

  /**
   * Creates a stream at its start.
   *
   * @param tellsTime {@code aof-timestamp-enabled}
   * @param onLost called when effects could not be appended
   */
  AppendStream(
      AofAppender appender, LongSupplier nowMillis, BooleanSupplier tellsTime, Runnable onLost) {
    this.appender = appender;
    this.nowMillis = nowMillis;
    this.tellsTime = tellsTime;
    this.onLost = onLost;
    this.encoder = new StreamEncoder(appender::append);
  }

  /** Starts a new file, which needs SELECT and a timestamp again. */
  void newFile() {
    encoder.restart();
    torn = false;
    toldSeconds = 0;
    toldId = "";
    toldOffset = -1;
  }

  /** Returns true if the file ends with a position mark of this replication offset. */
  boolean tellsOffset(long offset) {
    return !changed && offset == toldOffset;
  }

  /**
   * Appends a mark of the replication position that the end of the file represents: {@code
   * #REPL:offset}, or {@code #REPL:offset id database} if the id or the database has changed. A
   * mark is valid only until the next command, because the file omits parts of the stream, such as
   * PINGs, and their lengths are unknown.
   */
  void appendPosition(ReplicationPoint place) {
    if (encoder.isInTransaction()) {
      return;
    }
    boolean whole = !place.id().equals(toldId) || place.database() != toldDatabase;
    toldId = place.id();
    toldDatabase = place.database();
    toldOffset = place.offset();
    changed = false;
    String line = PLACE + place.offset();
    put(
        (whole ? line + " " + place.id() + " " + place.database() + "\r\n" : line + "\r\n")
            .getBytes(US_ASCII));
  }

  @Override
  public int target() {
    return Propagation.TO_APPEND_ONLY_FILE;
  }

  @Override
  public void beginTransaction() {
    prepare();
    encoder.beginTransaction();
  }

  @Override
  public void endTransaction() {
    encoder.endTransaction();
  }

  @Override
  public void propagate(int database, MemorySegment memory, long start, long end) {
    prepare();
    encoder.command(database, memory, start, end);
  }

  /** Appends a command in a form that a real Redis executes without an effect. */
  @Override
  public void propagateOptional(int database, MemorySegment memory, long start, long end) {
    prepare();
    encoder.select(database);
    MemorySegment head = NewerCommand.head(memory, start);
    appender.append(head, 0, head.byteSize());
    long words = NewerCommand.firstWord(memory, start);
    appender.append(memory, words, end - words);
  }

  private void prepare() {
    changed = true;
    closeTorn();
    if (!encoder.isInTransaction() && tellsTime.getAsBoolean()) {
      appendTimestamp();
    }
  }

  @Override
  public void onLost() {
    torn = encoder.isInTransaction();
    onLost.run();
  }

  /** Closes a transaction whose end was lost. Must be called before a switch to another file. */
  void closeTorn() {
    if (torn) {
      encoder.endTransaction();
      torn = false;
    }
  }

  @Override
  public long offset() {
    return appender.appended();
  }

  /**
   * Writes a timestamp if the second has changed. Never within a transaction, because a file may be
   * truncated at any timestamp.
   */
  private void appendTimestamp() {
    long seconds = nowMillis.getAsLong() / 1000;
    if (seconds > toldSeconds) {
      toldSeconds = seconds;
      put(("#TS:" + seconds + "\r\n").getBytes(US_ASCII));
    }
  }

  private void put(byte[] bytes) {
    appender.append(MemorySegment.ofArray(bytes), 0, bytes.length);
  }
}
