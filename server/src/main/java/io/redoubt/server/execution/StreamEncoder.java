package io.redoubt.server.execution;

import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;

/**
 * Encodes effects as a stream of commands, in the same way for replicas and for the append-only
 * file: SELECT where the database changes, MULTI and EXEC around a transaction. The effects
 * themselves are encoded once, by {@link Propagation}.
 *
 * <p>Its state changes only after the target has accepted the bytes, so that it remains correct if
 * the target runs out of memory.
 */
public final class StreamEncoder {
  /** No database is selected: SELECT precedes the next command. */
  private static final int NO_DATABASE = -1;

  /** Receives the bytes of the stream. */
  @FunctionalInterface
  public interface Target {
    /** Appends {@code length} bytes from {@code start} on; they are valid during the call only. */
    void append(MemorySegment memory, long start, long length);
  }

  private final MemorySegment multi = MemorySegment.ofArray(RequestEncoder.encode("MULTI"));
  private final MemorySegment exec = MemorySegment.ofArray(RequestEncoder.encode("EXEC"));
  private final Target target;
  private int selectedDatabase = NO_DATABASE;
  private int lastDatabase;
  private boolean inTransaction;

  /** Creates an encoder of a stream that starts with database 0, which has to be selected. */
  public StreamEncoder(Target target) {
    this.target = target;
  }

  /** Writes an effect for a database: the command in {@code [start, end)} of {@code memory}. */
  public void command(int database, MemorySegment memory, long start, long end) {
    select(database);
    target.append(memory, start, end - start);
  }

  /** Writes MULTI; as in Redis 7.2, SELECT follows it. */
  public void beginTransaction() {
    target.append(multi, 0, multi.byteSize());
    inTransaction = true;
  }

  /** Writes EXEC. */
  public void endTransaction() {
    target.append(exec, 0, exec.byteSize());
    inTransaction = false;
  }

  public boolean isInTransaction() {
    return inTransaction;
  }

  /** Writes SELECT unless the database is selected. */
  public void select(int database) {
    if (database != selectedDatabase) {
      byte[] select = RequestEncoder.encode("SELECT", Integer.toString(database));
      target.append(MemorySegment.ofArray(select), 0, select.length);
      selectedDatabase = database;
      lastDatabase = database;
    }
  }

  /** Returns the database selected by the stream so far. */
  public int lastDatabase() {
    return lastDatabase;
  }

  /** Continues after another stream that had selected this database last. */
  public void continueAfter(int database) {
    lastDatabase = database;
    restart();
  }

  /** Restarts the stream for a new reader: SELECT precedes the next command. */
  public void restart() {
    selectedDatabase = NO_DATABASE;
    inTransaction = false;
  }
}
