package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.set.MemberCollector;
import io.redoubt.server.value.set.Sets;

/** Creates a set from its members; a small one is built as a listpack. */
final class SetFill implements AutoCloseable {

  private final Sets sets;
  private final Place place;
  private final MemberCollector collector;
  private boolean collecting;
  private long expected;
  private long entry;

  SetFill(Values values, Place place) {
    this.sets = values.sets();
    this.place = place;
    collector = sets.newCollector();
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
    collecting = false;
  }

  /** Adds a member; returns false if the set has it already. */
  boolean add(RdbBytes member) {
    Database database = place.database();
    if (collecting) {
      if (collector.fits(member.length())) {
        return collector.add(member.offset(), member.length());
      }
      store();
    } else if (entry == 0) {
      start(member);
      return true;
    }
    boolean added = sets.add(database, entry, member.offset(), member.length());
    entry = sets.entry();
    return added;
  }

  private void start(RdbBytes first) {
    collecting = sets.collects(expected, first.offset(), first.length());
    if (collecting) {
      collector.begin();
      collector.add(first.offset(), first.length());
    } else {
      entry =
          sets.create(
              place.database(),
              place.key(),
              place.keyLength(),
              first.offset(),
              first.length(),
              expected);
    }
  }

  private void store() {
    entry = collector.store(place.database(), place.key(), place.keyLength());
    collecting = false;
  }

  /** Finishes the set; returns its entry. */
  long end() {
    if (collecting) {
      store();
    }
    long made = entry;
    entry = 0;
    return made;
  }

  /** Removes an unfinished set. */
  @Override
  public void close() {
    collecting = false;
    collector.close();
    if (entry != 0) {
      place.removeKey(); // the entry may have moved
      entry = 0;
    }
  }
}
