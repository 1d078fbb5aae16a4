package io.redoubt.server.loading;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.Values;

/** Creates a list from its elements. */
final class ListFill {

  private final Lists lists;
  private final Place place;
  private final Keyspace keyspace;
  private boolean single; // only one part follows
  private long listpack; // the only part, which becomes the value as it is
  private long root; // of another list

  ListFill(Values values, Place place) {
    lists = values.lists();
    this.place = place;
    keyspace = values.keyspace();
  }

  /** Starts a list of the given number of listpacks and single elements. */
  void begin(long parts) {
    single = parts == 1;
    listpack = 0;
    root = single ? 0 : lists.newQuicklist();
  }

  /**
   * Adds the elements of a listpack. Those of a small list remain packed, in the given listpack
   * until {@link #end}.
   */
  void addAll(long part) {
    if (single && lists.canBePacked(part)) {
      listpack = part;
      return;
    }
    if (root == 0) {
      root = lists.newQuicklist();
    }
    lists.quicklists().addPacked(root, part);
  }

  void add(RdbBytes element) {
    if (root == 0) {
      root = lists.newQuicklist();
    }
    lists.quicklists().pushTail(root, element.offset(), element.length());
  }

  /** Returns the size of a list that remains packed, or {@link Long#MAX_VALUE}. */
  long packedBytes() {
    return listpack == 0 ? Long.MAX_VALUE : Listpack.sizeBytes(Region.MEMORY, listpack);
  }

  /** Finishes the list, which is put to its place not before; returns its entry. */
  long end() {
    long packed = listpack;
    long made = root;
    listpack = 0;
    root = 0;
    return packed != 0
        ? lists.createFromListpack(place.database(), place.key(), place.keyLength(), packed)
        : lists.put(place.database(), place.key(), place.keyLength(), made);
  }

  /** Drops an unfinished list, which is freed later if it is large. */
  void abandon() {
    listpack = 0;
    if (root != 0) {
      keyspace.freeStructure(Type.LIST, root);
      root = 0;
    }
  }
}
