package io.redoubt.server.value.set;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ListpackBuilder;

/**
 * Collects the members of a new set that may repeat, in a listpack outside of the value, which
 * would be resized for each.
 */
public final class MemberCollector implements AutoCloseable {
  private final Sets sets;
  private final ListpackBuilder listpack;
  private final ListpackIndex index = new ListpackIndex();
  private boolean indexed;

  MemberCollector(Sets sets, Slabs slabs) {
    this.sets = sets;
    listpack = new ListpackBuilder(slabs);
  }

  /** Starts with no members. */
  public void begin() {
    listpack.begin();
    indexed = false;
  }

  /** Returns true if the members and one of the given length may be a listpack. */
  public boolean fits(int length) {
    long bytes = listpack.sizeBytes() + length + ListpackBuilder.MAX_OVERHEAD_BYTES;
    return sets.mayBeListpack(listpack.count() + 1L, length, bytes);
  }

  /** Adds a member that {@link #fits}; returns false if it is present. */
  public boolean add(long address, int length) {
    if (contains(address, length)) {
      return false;
    }
    int offset = (int) listpack.sizeBytes() - 1;
    listpack.append(address, length);
    if (indexed) {
      indexed = index.add(complete(), offset);
    }
    return true;
  }

  private boolean contains(long address, int length) {
    if (!indexed && listpack.count() >= ListpackIndex.MIN_ENTRIES) {
      indexed = listpack.count() < ListpackIndex.MAX_ENTRIES;
      if (indexed) {
        index.build(complete());
      }
    }
    return indexed
        ? index.contains(listpack.address(), address, length)
        : Sets.isIn(complete(), address, length);
  }

  private long complete() {
    listpack.finish();
    return listpack.address();
  }

  /** Creates a set of the members for a key without a value; returns its entry. */
  public long store(Database database, long key, int keyLength) {
    int bytes = listpack.finish();
    return sets.createFromListpack(database, key, keyLength, listpack.address(), bytes);
  }

  /** Frees the listpack. */
  @Override
  public void close() {
    listpack.close();
  }
}
