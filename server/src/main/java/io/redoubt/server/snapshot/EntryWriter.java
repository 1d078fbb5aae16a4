package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.StringValue;

/**
 * Writes entries of the keyspace as RDB, selecting the database of each when it differs from the
 * one before.
 */
final class EntryWriter {

  /** How many keys a database holds, for the sizing hint. */
  interface Sizes {
    long keys(int database);

    long expiring(int database);
  }

  private final RdbWriter writer;
  private final Sizes sizes;
  private final boolean[] begun;
  private final RdbKey key = new RdbKey();
  private int selected = -1;
  private long written;

  EntryWriter(RdbWriter writer, int databases, Sizes sizes) {
    this.writer = writer;
    this.sizes = sizes;
    this.begun = new boolean[databases];
  }

  /** The number of entries written. */
  long written() {
    return written;
  }

  void write(int database, long entry) {
    if (database != selected) {
      writer.selectDb(database);
      if (!begun[database]) {
        writer.resizeDb(sizes.keys(database), sizes.expiring(database));
        begun[database] = true;
      }
      selected = database;
    }
    key.at(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    key.expireAtMillis(Entry.expireAt(entry));
    if (StringValue.isInteger(entry)) {
      writer.integer(key, StringValue.integer(entry));
    } else {
      long value = StringValue.bytesAddress(entry);
      writer.string(key, Region.MEMORY, value, StringValue.length(entry));
    }
    written++;
  }
}
