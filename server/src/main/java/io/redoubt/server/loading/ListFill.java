package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.Values;

/** Makes a list of what a reader tells of it. */
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

  /** Adds the elements of a listpack, as a node of the list. */
  void addAll(long listpack) {
    lists.quicklists().addPacked(root, listpack);
  }

  void add(RdbBytes element) {
    lists.quicklists().pushTail(root, element.offset(), element.length());
  }

  /** Ends the list; returns its entry. */
  long end() {
    long made = lists.put(place.database(), place.key(), place.keyLength(), root);
    root = 0;
    return made;
  }

  /** Drops what there is of a list that has not been ended. */
  void abandon() {
    if (root != 0) {
      while (lists.dismantle(root)) {
        continue;
      }
      root = 0;
    }
  }
}
