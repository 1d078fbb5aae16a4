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
  private long root;

  ListFill(Values values, Place place) {
    lists = values.lists();
    this.place = place;
    keyspace = values.keyspace();
  }

  void begin() {
    root = lists.newQuicklist();
  }

  /** Adds the elements of a listpack as a node of the list. */
  void addAll(long listpack) {
    lists.quicklists().addPacked(root, listpack);
  }

  void add(RdbBytes element) {
    lists.quicklists().pushTail(root, element.offset(), element.length());
  }

  /** Finishes the list; returns its entry. */
  long end() {
    long made = root;
    root = 0;
    return lists.put(place.database(), place.key(), place.keyLength(), made);
  }

  /** Drops an unfinished list, which is freed later if it is large. */
  void abandon() {
    if (root != 0) {
      keyspace.freeStructure(Type.LIST, root);
      root = 0;
    }
  }
}
