package io.redoubt.server.loading;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.ListpackBuilder;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.hash.Hashes;
import java.lang.foreign.MemorySegment;

/** Creates a hash from its fields; a small one is built as a listpack. */
final class HashFill implements AutoCloseable {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Hashes hashes;
  private final EncodingDirectives limits;
  private final Place place;
  private final ListpackBuilder scratch;
  private final RdbBytes field = new RdbBytes();
  private final RdbBytes value = new RdbBytes();
  private final Slabs slabs;
  private boolean small;
  private long dropped;
  private long entry;

  HashFill(Values values, Place place) {
    this.hashes = values.hashes();
    this.limits = values.limits();
    this.place = place;
    slabs = values.keyspace().slabs();
    scratch = new ListpackBuilder(slabs);
  }

  /** Creates a hash from a listpack of distinct fields and values; returns its entry. */
  long packed(long listpack) throws RdbException {
    long made = hashes.fromDistinct(place.database(), place.key(), place.keyLength(), listpack);
    if (made == 0) {
      throw Place.twice("field");
    }
    return made;
  }

  /**
   * Creates a hash from the collected fields. The first of several fields of the same name counts.
   */
  private long collected() {
    scratch.finish();
    long listpack = scratch.address();
    long made = hashes.fromListpack(place.database(), place.key(), place.keyLength(), listpack);
    if (made != 0) {
      return made;
    }
    create(Listpack.count(MEMORY, listpack) / 2L);
    long text = slabs.allocateFar(2L * TEXT_BYTES);
    try {
      for (long at = Listpack.first(MEMORY, listpack); at != Listpack.NONE; ) {
        bytes(field, at, text);
        long valueAt = Listpack.next(MEMORY, at);
        bytes(value, valueAt, text + TEXT_BYTES);
        store(field, value, RdbKey.NONE);
        at = Listpack.next(MEMORY, valueAt);
      }
    } finally {
      slabs.free(text, 2L * TEXT_BYTES);
    }
    return hashes.settle(place.database(), entry);
  }

  /** Creates a hash from a listpack of fields, values and expiry times; returns its entry. */
  long packedWithExpiry(long listpack) throws RdbException {
    begin(Listpack.count(MEMORY, listpack) / 3L, 0);
    long text = slabs.allocateFar(2L * TEXT_BYTES);
    try {
      for (long at = Listpack.first(MEMORY, listpack); at != Listpack.NONE; ) {
        bytes(field, at, text);
        long valueAt = Listpack.next(MEMORY, at);
        bytes(value, valueAt, text + TEXT_BYTES);
        long expiryAt = Listpack.next(MEMORY, valueAt);
        long expireAt = Listpack.integer(MEMORY, expiryAt);
        add(field, value, expireAt == 0 ? RdbKey.NONE : expireAt);
        at = Listpack.next(MEMORY, expiryAt);
      }
    } finally {
      slabs.free(text, 2L * TEXT_BYTES);
    }
    return end();
  }

  private static final int TEXT_BYTES = 32;

  private static void bytes(RdbBytes target, long at, long text) {
    if (Listpack.isInteger(MEMORY, at)) {
      target.at(MEMORY, text, Listpack.copyText(MEMORY, at, MEMORY, text));
    } else {
      target.at(MEMORY, Listpack.bytesAt(MEMORY, at), Listpack.bytesLength(MEMORY, at));
    }
  }

  void begin(long fields, long nextExpiryMillis) {
    entry = 0;
    dropped = 0;
    small = fields <= limits.hashMaxListpackEntries.value() && nextExpiryMillis == RdbKey.NONE;
    if (small) {
      scratch.begin();
    } else {
      create(fields);
    }
  }

  private void create(long fields) {
    long expected = Math.min(fields, Place.MAX_EXPECTED);
    entry = hashes.create(place.database(), place.key(), place.keyLength(), expected, 0);
  }

  /** Adds a field, unless the hash has one of the same name. */
  void add(RdbBytes newField, RdbBytes newValue, long expireAtMillis) {
    if (small
        && Math.max(newField.length(), newValue.length()) > limits.hashMaxListpackValue.value()) {
      small = false;
      if (scratch.count() == 0) {
        create(1);
      } else {
        entry = collected();
      }
    }
    if (small) {
      scratch.append(newField.memory(), newField.offset(), newField.length());
      scratch.append(newValue.memory(), newValue.offset(), newValue.length());
      return;
    }
    store(newField, newValue, expireAtMillis);
  }

  private void store(RdbBytes newField, RdbBytes newValue, long expireAtMillis) {
    Database database = place.database();
    if (hashes.findForWrite(database, entry, newField.offset(), newField.length())) {
      dropped++;
      return;
    }
    entry =
        hashes.store(
            database,
            entry,
            newField.offset(),
            newField.length(),
            newValue.offset(),
            newValue.length(),
            false);
    if (expireAtMillis != RdbKey.NONE) {
      entry =
          hashes.expireAt(database, entry, newField.offset(), newField.length(), expireAtMillis);
    }
  }

  /** Returns the number of fields that were dropped because their name came again. */
  long dropped() {
    return dropped;
  }

  /** Finishes the hash; returns its entry. */
  long end() {
    long made = small ? collected() : hashes.settle(place.database(), entry);
    entry = 0;
    return made;
  }

  /** Removes an unfinished hash. */
  void abandon() {
    if (entry != 0) {
      place.removeKey(); // the entry may have moved
      entry = 0;
    }
  }

  @Override
  public void close() {
    abandon();
    scratch.close();
  }
}
