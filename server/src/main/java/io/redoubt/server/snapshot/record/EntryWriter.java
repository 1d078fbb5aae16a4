package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbVisitor;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.context.SnapshotSettings;
import io.redoubt.server.snapshot.export.IdempotencyExport;
import io.redoubt.server.snapshot.export.ValueExport;

/** Writes entries of the keyspace to a visitor, and selects the database when it changes. */
public final class EntryWriter {

  /** The sizes of databases by {@link Keyspace#positionOf}, for the sizing hint. */
  public interface Sizes {
    long keys(int position);

    long expiring(int position);
  }

  private final RdbVisitor writer;
  private final Keyspace keyspace;
  private final ValueExport values;
  private final IdempotencyExport idempotency;
  private final SnapshotSettings.Accesses accesses;
  private final Sizes sizes;
  private final boolean[] begun;
  private final RdbKey key = new RdbKey();
  private int selected = -1;
  private long written;

  /**
   * Creates a writer.
   *
   * @param version the RDB version to use even if an older one would do
   */
  public EntryWriter(RdbVisitor writer, SnapshotContext context, int version, Sizes sizes) {
    this.writer = writer;
    this.keyspace = context.keyspace();
    this.values = new ValueExport(context.values(), version);
    this.idempotency = new IdempotencyExport(keyspace.slabs());
    this.accesses = context.settings().accesses();
    this.sizes = sizes;
    this.begun = new boolean[keyspace.countWithStaged()];
  }

  public long written() {
    return written;
  }

  /** Writes a whole entry. */
  public void write(int database, long entry) {
    select(database);
    try {
      values.export(entry, key(database, entry), writer);
      long table = IdempotencyExport.table(entry);
      if (table != 0) {
        idempotency.export(table, writer);
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts every value
    }
    written++;
  }

  /** Counts an entry that was written elsewhere. */
  void countWritten() {
    written++;
  }

  /** Selects the database of the following entries. */
  void select(int database) {
    if (database == selected) {
      return;
    }
    try {
      writer.selectDb(database);
      int position = keyspace.positionOf(database);
      if (!begun[position]) {
        writer.resizeDb(sizes.keys(position), sizes.expiring(position));
        begun[position] = true;
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts every database
    }
    selected = database;
  }

  /** Returns the key and the metadata of an entry, valid until the next call. */
  public RdbKey key(int database, long entry) {
    key.at(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    key.expireAtMillis(Entry.expireAt(entry));
    switch (accesses) {
      case IDLE -> key.idleSeconds(keyspace.accessClock().idleSeconds(entry, keyspace.nowMillis()));
      case FREQUENCY ->
          key.frequency(keyspace.accessClock().frequency(entry, keyspace.nowMillis()));
      case NOT_TOLD -> key.idleSeconds(RdbKey.NONE);
    }
    return key;
  }
}
