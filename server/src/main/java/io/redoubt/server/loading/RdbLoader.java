package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.context.ReplicationPoint;
import io.redoubt.server.snapshot.context.SnapshotContext;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Fills a keyspace from the bytes of an RDB, fed piece by piece on the loop: from a file ({@link
 * RdbFileLoad}) or directly from a master's stream. After an exception the keyspace holds a part of
 * the data and must not be served.
 */
public final class RdbLoader implements AutoCloseable {

  /** A listener for skipped expired keys. */
  @FunctionalInterface
  public interface ExpiredKey {
    /**
     * Receives a key in the region, valid during the call.
     *
     * @param point the point of the replication history that the data represents, null if unknown
     */
    void onExpired(@Nullable ReplicationPoint point, int database, long key, int length);
  }

  private final KeyspaceFiller filler;
  private final RdbReader reader;

  /** Creates a loader at the start of a stream; the current time decides which keys are expired. */
  public RdbLoader(SnapshotContext context, LoadRule rule) {
    this(context, rule, (point, database, key, length) -> {});
  }

  /**
   * Creates a loader at the start of a stream.
   *
   * @param whenExpired receives the expired keys that are skipped
   */
  RdbLoader(SnapshotContext context, LoadRule rule, ExpiredKey whenExpired) {
    Slabs slabs = context.keyspace().slabs();
    filler = new KeyspaceFiller(context, rule, whenExpired);
    reader = new RdbReader(new SlabBuffers(slabs), filler).checksum(rule.comparesChecksum());
  }

  /** Sets the length of the stream, if it is known, so that corruption is detected sooner. */
  public RdbLoader totalBytes(long bytes) {
    reader.totalBytes(bytes);
    return this;
  }

  /** Loads the given bytes. */
  public void feed(MemorySegment memory, long offset, long length) throws RdbException {
    reader.feed(memory, offset, length);
  }

  /** Returns the reader, for callers that fill its memory themselves. */
  public RdbReader reader() {
    return reader;
  }

  /** Returns true if the end was reached and its checksum is correct. */
  public boolean isComplete() {
    return reader.complete();
  }

  /**
   * Signals the end of the input.
   *
   * @throws RdbException if the end of the RDB was not reached
   */
  public void finish() throws RdbException {
    reader.finish();
  }

  /** Returns the number of bytes loaded. */
  public long loadedBytes() {
    return reader.offset();
  }

  /** Returns the offset of the reader, for error messages. */
  public long offset() {
    return reader.offset();
  }

  /** Returns the number of keys loaded. */
  public long keysLoaded() {
    return filler.keysLoaded();
  }

  /** Returns the number of skipped expired keys. */
  public long keysExpired() {
    return filler.keysExpired();
  }

  /** Returns the number of keys skipped because their collection had no elements. */
  public long emptyKeysSkipped() {
    return filler.emptyKeysSkipped();
  }

  /** Returns the number of repairs of values that contradicted themselves. */
  public long repairs() {
    return filler.repairs();
  }

  /** Returns the memory use in bytes recorded by the file's writer; 0 if it is not recorded. */
  public long usedMemoryOfMaker() {
    return filler.usedMemory();
  }

  /**
   * Returns the point of the replication history that the data represents; null if the file has
   * none.
   */
  public @Nullable ReplicationPoint replication() {
    return filler.replication();
  }

  @Override
  public void close() {
    reader.close();
    filler.close();
  }
}
