package io.redoubt.server.value.set;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ListpackBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The members of a new set. They are collected outside of the value as long as they fit into a
 * listpack, since the value would be resized for each. The result has the encoding to which adding
 * them one by one would lead.
 */
final class SetBuilder implements AutoCloseable {
  private final Sets sets;
  private final ListpackBuilder listpack;
  private @Nullable Database database;
  private long set = Entry.NONE;

  /** True if the members are in the listpack, false if they are in the set. */
  private boolean packing;

  SetBuilder(Sets sets, Slabs slabs) {
    this.sets = sets;
    listpack = new ListpackBuilder(slabs);
  }

  /** Starts with an empty intset, which {@link #finish} returns with the members. */
  void begin(Database into, long empty) {
    database = into;
    set = empty;
    packing = false;
  }

  /** Adds a member of another set that is known to be absent. */
  void add(SetMembers member) {
    if (packing && !fits(member)) {
      unpack();
    }
    if (packing) {
      member.appendTo(listpack);
    } else {
      sets.addNew(database(), set, member);
      onAdded();
    }
  }

  /** Adds all members of a set to none. */
  void addAll(long other, SetMembers member) {
    member.iterate(other);
    while (member.next()) {
      add(member);
    }
  }

  /** Adds a member of another set unless it is present. */
  void addIfAbsent(SetMembers member) {
    if (!packing) {
      sets.add(database(), set, member);
      onAdded();
    } else if (!Sets.isIn(completeListpack(), member)) {
      add(member);
    }
  }

  /** Continues outside of the value once it is a listpack. */
  private void onAdded() {
    set = sets.entry();
    if (PackedValue.isPacked(set) && !PackedValue.isIntset(set)) {
      listpack.beginWith(PackedValue.address(set));
      packing = true;
    }
  }

  private boolean fits(SetMembers member) {
    long entries = listpack.count() + 1L;
    long bytes = listpack.sizeBytes() + member.maxLength() + ListpackBuilder.MAX_OVERHEAD_BYTES;
    return sets.mayBeListpack(entries, member.maxLength(), bytes);
  }

  private void unpack() {
    set = sets.replace(database(), set, listpack.address(), listpack.finish());
    packing = false;
  }

  private Database database() {
    if (database == null) {
      throw new IllegalStateException("not started");
    }
    return database;
  }

  /** Returns true if an index finds members faster than a search. */
  boolean isIndexable() {
    return packing
        && listpack.count() >= ListpackIndex.MIN_ENTRIES
        && listpack.count() <= ListpackIndex.MAX_ENTRIES;
  }

  /** Returns the listpack of the members, if there is one: valid until the next one is added. */
  long completeListpack() {
    listpack.finish();
    return listpack.address();
  }

  /** Returns the listpack of the members, which may lack its end and its count. */
  long listpack() {
    return listpack.address();
  }

  /** Returns the offset at which the next entry of the listpack starts. */
  int endOffset() {
    return (int) listpack.sizeBytes() - 1;
  }

  /** Returns the entry of the set with all members; they may be none. */
  long finish() {
    if (packing) {
      unpack();
    }
    return set;
  }

  @Override
  public void close() {
    listpack.close();
  }
}
