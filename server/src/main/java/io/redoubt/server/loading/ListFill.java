package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.Values;

/** Creates a list from its elements. */
final class ListFill {

  private final Lists lists;
  private final Place place;
  private long root;

  ListFill(Values values, Place place) {
    lists = values.lists();
    this.place = place;
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

  /** Drops an unfinished list. */
  void abandon() {
    if (root != 0) {
      while (lists.dismantle(root)) {
        continue;
      }
      root = 0;
    }
  }
}
