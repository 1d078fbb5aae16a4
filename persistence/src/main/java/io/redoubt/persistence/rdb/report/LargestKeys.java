package io.redoubt.persistence.rdb.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The keys with the most data. Of equal ones, those that come first in the file are kept. */
final class LargestKeys {

  private final int most;
  private final PriorityQueue<LargeKey> keys =
      new PriorityQueue<>(Comparator.comparingLong(LargeKey::dataBytes));

  LargestKeys(int most) {
    this.most = most;
  }

  void add(KeyFigures key) {
    if (keys.size() == most) {
      LargeKey least = keys.peek();
      if (least == null || key.dataBytes() <= least.dataBytes()) {
        return;
      }
      keys.remove();
    }
    keys.add(new LargeKey(key));
  }

  /** Returns the keys, the largest one first. */
  List<LargeKey> sorted() {
    List<LargeKey> sorted = new ArrayList<>(keys);
    sorted.sort(
        Comparator.comparingLong(LargeKey::dataBytes).reversed().thenComparing(LargeKey::name));
    return sorted;
  }
}
