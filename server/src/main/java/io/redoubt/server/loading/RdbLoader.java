package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.ReplicationPoint;
import io.redoubt.server.snapshot.SnapshotContext;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Fills a keyspace from the bytes of an RDB, given piece by piece on the loop: from a file ({@link
 * RdbFileLoad}) or straight from a master's stream. After an exception the keyspace holds a part of
 * the data and must not be served.
 */
public final class RdbLoader implements AutoCloseable {

  /** Hears of keys that are left out because their time is over. */
  @FunctionalInterface
  public interface ExpiredKey {
    /** A key in the region; it is lent. */
    void expired(int database, long key, int length);
  }

  private final KeyspaceFiller filler;
  private final RdbReader reader;

  /** A loader at the start of a stream; the time of now decides which keys are over. */
  public RdbLoader(SnapshotContext context, LoadRule rule) {
    Slabs slabs = context.keyspace().slabs();
    filler = new KeyspaceFiller(context, rule);
    reader = new RdbReader(new SlabBuffers(slabs), filler).checksum(rule.comparesChecksum());
  }

  /** The bytes of the stream, when they are known: finds corruption sooner. */
  public RdbLoader totalBytes(long bytes) {
    reader.totalBytes(bytes);
    return this;
  }

  /** Sets who hears of keys that are left out. */
  public void whenExpired(ExpiredKey listener) {
    filler.whenExpired(listener);
  }

  /** Loads what these bytes bring. */
  public void feed(MemorySegment memory, long offset, long length) throws RdbException {
    reader.feed(memory, offset, length);
  }

  /** The reader, for those who put bytes straight into its memory. */
  public RdbReader reader() {
    return reader;
  }

  /** Whether the end has come and its checksum is right. */
  public boolean isComplete() {
    return reader.complete();
  }

  /** Tells that no more bytes come: an exception when the end has not come. */
  public void finish() throws RdbException {
    reader.finish();
  }

  /** The bytes loaded. */
  public long loadedBytes() {
    return reader.offset();
  }

  /** The offset at which reading is, for messages about errors. */
  public long offset() {
    return reader.offset();
  }

  /** The keys loaded. */
  public long keysLoaded() {
    return filler.keysLoaded();
  }

  /** The keys left out because their time was over. */
  public long keysExpired() {
    return filler.keysExpired();
  }

  /** The keys left out because their collection had no elements. */
  public long emptyKeysSkipped() {
    return filler.emptyKeysSkipped();
  }

  /** The memory that the maker used, in bytes, as the file says; 0 when it does not. */
  public long usedMemoryOfMaker() {
    return filler.usedMemory();
  }

  /** The place in a replication history that the data stands for; null when the file has none. */
  public @Nullable ReplicationPoint replication() {
    return filler.replication();
  }

  @Override
  public void close() {
    reader.close();
    filler.close();
  }
}
