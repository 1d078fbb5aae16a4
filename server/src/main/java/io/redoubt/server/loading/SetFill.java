package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.set.Sets;

/** Creates a set from its members. */
final class SetFill {

  private final Sets sets;
  private final Place place;
  private long expected;
  private long entry;

  SetFill(Values values, Place place) {
    this.sets = values.sets();
    this.place = place;
  }

  /** Creates a set from an intset; returns its entry. */
  long intset(long intset, int bytes) {
    return sets.createFromIntset(place.database(), place.key(), place.keyLength(), intset, bytes);
  }

  /** Creates a set from a listpack of distinct members; returns its entry. */
  long packed(long listpack, int bytes) {
    return sets.createFromListpack(
        place.database(), place.key(), place.keyLength(), listpack, bytes);
  }

  void begin(long members) {
    expected = Math.min(members, Place.MAX_EXPECTED);
    entry = 0;
  }

  /** Adds a member; returns false if the set has it already. */
  boolean add(RdbBytes member) {
    Database database = place.database();
    if (entry == 0) {
      entry =
          sets.create(
              database, place.key(), place.keyLength(), member.offset(), member.length(), expected);
      return true;
    }
    boolean added = sets.add(database, entry, member.offset(), member.length());
    entry = sets.entry();
    return added;
  }

  /** Finishes the set; returns its entry. */
  long end() {
    long made = entry;
    entry = 0;
    return made;
  }

  /** Removes an unfinished set. */
  void abandon() {
    if (entry != 0) {
      place.removeKey(); // the entry may have moved
      entry = 0;
    }
  }
}
