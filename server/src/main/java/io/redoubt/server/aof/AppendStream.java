package io.redoubt.server.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.persistence.aof.AofAppender;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.snapshot.ReplicationPoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The effects of commands as the append-only file has them: with SELECT, and the time if wished.
 */
final class AppendStream implements Propagation.Sink {
  private static final int NO_DATABASE = -1;

  /** Begins the annotation that tells a place in the replication stream. */
  static final String PLACE = "#REPL:";

  private static final byte[] MULTI = RequestEncoder.encode("MULTI");
  private static final byte[] EXEC = RequestEncoder.encode("EXEC");

  private final AofAppender appender;
  private final LongSupplier nowMillis;
  private final BooleanSupplier tellsTime;
  private final Runnable onLost;
  private int selected = NO_DATABASE;
  private long toldSeconds;
  private boolean inTransaction;

  /** True if an open transaction must be closed before anything follows: its end was lost. */
  private boolean torn;

  // The place in the replication stream that the file tells, and whether anything has come since.
  private String toldId = "";
  private int toldDatabase = NO_DATABASE;
  private long toldOffset = -1;
  private boolean changed;

  /**
   * A stream at its beginning.
   *
   * @param tellsTime {@code aof-timestamp-enabled}
   * @param onLost runs when effects are missing in the file
   */
  AppendStream(
      AofAppender appender, LongSupplier nowMillis, BooleanSupplier tellsTime, Runnable onLost) {
    this.appender = appender;
    this.nowMillis = nowMillis;
    this.tellsTime = tellsTime;
    this.onLost = onLost;
  }

  /** A new file begins: it has to say again what is selected, and the time. */
  void newFile() {
    selected = NO_DATABASE;
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
    if (inTransaction) {
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
  public void propagate(int database, MemorySegment memory, long start, long end) {
    long length = end - start;
    changed = true;
    if (torn) {
      put(EXEC);
      torn = false;
      inTransaction = false;
    }
    if (!inTransaction && tellsTime.getAsBoolean()) {
      tellTime();
    }
    if (database != selected) {
      select(database);
    }
    appender.append(memory, start, length);
    if (length == MULTI.length && matches(memory, start, MULTI)) {
      inTransaction = true;
    } else if (length == EXEC.length && matches(memory, start, EXEC)) {
      inTransaction = false;
    }
  }

  @Override
  public void lost() {
    torn = inTransaction;
    onLost.run();
  }

  private static boolean matches(MemorySegment memory, long start, byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, start + i) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  /** Not within a transaction: a file cut at a time is not to be cut amidst one. */
  private void tellTime() {
    long seconds = nowMillis.getAsLong() / 1000;
    if (seconds > toldSeconds) {
      toldSeconds = seconds;
      put(("#TS:" + seconds + "\r\n").getBytes(US_ASCII));
    }
  }

  private void select(int database) {
    put(RequestEncoder.encode("SELECT", Integer.toString(database)));
    selected = database;
  }

  private void put(byte[] bytes) {
    appender.append(MemorySegment.ofArray(bytes), 0, bytes.length);
  }
}
