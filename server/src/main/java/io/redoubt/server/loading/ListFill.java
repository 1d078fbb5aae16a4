package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.Values;

/** Creates a list from its elements. */
final class ListFill {

  private final Lists lists;
  private final Place place;
  private final Keyspace keyspace;
  private boolean single; // only one part follows
  private long entry; // of a list made from a single listpack
  private long root; // of another list

  ListFill(Values values, Place place) {
    lists = values.lists();
    this.place = place;
    keyspace = values.keyspace();
  }

  /** Starts a list of the given number of listpacks and single elements. */
  void begin(long parts) {
    single = parts == 1;
    entry = 0;
    root = single ? 0 : lists.newQuicklist();
  }

  /** Adds the elements of a listpack; those of a small list remain packed. */
  void addAll(long listpack) {
    if (single) {
      entry = lists.createFromListpack(place.database(), place.key(), place.keyLength(), listpack);
      if (entry != 0) {
        return;
      }
      root = lists.newQuicklist();
    }
    lists.quicklists().addPacked(root, listpack);
  }

  void add(RdbBytes element) {
    if (root == 0) {
      root = lists.newQuicklist();
    }
    lists.quicklists().pushTail(root, element.offset(), element.length());
  }

  /** Finishes the list; returns its entry. */
  long end() {
    long packed = entry;
    long made = root;
    entry = 0;
    root = 0;
    return packed != 0 ? packed : lists.put(place.database(), place.key(), place.keyLength(), made);
  }

  /** Drops an unfinished list, which is freed later if it is large. */
  void abandon() {
    if (entry != 0) {
      place.removeKey();
      entry = 0;
    }
    if (root != 0) {
      keyspace.freeStructure(Type.LIST, root);
      root = 0;
    }
  }
}
