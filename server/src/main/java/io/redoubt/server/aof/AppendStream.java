package io.redoubt.server.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.aof.append.AofAppender;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.execution.StreamEncoder;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The effects of commands in the form of the append-only file: with SELECT and optional timestamps.
 */
final class AppendStream implements Propagation.Sink {
  private static final int NO_DATABASE = -1;

  /** Begins the annotation that tells a place in the replication stream. */
  static final String PLACE = "#REPL:";

  private final AofAppender appender;
  private final LongSupplier nowMillis;
  private final BooleanSupplier tellsTime;
  private final Runnable onLost;
  private final StreamEncoder encoder;
  private long toldSeconds;

  /** True if an open transaction must be closed before anything follows: its end was lost. */
  private boolean torn;

  // The place in the replication stream that the file tells, and whether anything has come since.
  private String toldId = "";
  private int toldDatabase = NO_DATABASE;
  private long toldOffset = -1;
  private boolean changed;

  /**
   * Creates a stream at its start.
   *
   * @param tellsTime {@code aof-timestamp-enabled}
   * @param onLost called if the file lacks effects
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

  /** Returns true if the file's last position mark names this replication offset. */
  boolean tellsOffset(long offset) {
    return !changed && offset == toldOffset;
  }

  /**
   * Appends the replication point that the end of the file represents: {@code #REPL:} offset, or if
   * the id or database changed {@code #REPL:} offset id database. It is valid only if no command
   * follows, so the lengths of stream parts missing here need not be known.
   */
  void tellPlace(ReplicationPoint place) {
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

  private void prepare() {
    changed = true;
    closeTorn();
    if (!encoder.isInTransaction() && tellsTime.getAsBoolean()) {
      tellTime();
    }
  }

  @Override
  public void lost() {
    torn = encoder.isInTransaction();
    onLost.run();
  }

  /** Closes a transaction whose end was lost; to be called before another file follows. */
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

  /** Writes a timestamp, never within a transaction, as the file can be truncated at timestamps. */
  private void tellTime() {
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
