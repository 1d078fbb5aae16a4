package io.redoubt.server.memory;

import java.util.Map;
import java.util.TreeMap;

/**
 * The free ranges of an address space, ordered by address, with adjacent ones merged. Sizes and
 * addresses are in a unit of the caller's choice.
 */
final class AddressRanges {

  static final long NONE = -1;

  private final TreeMap<Long, Long> sizeByStart = new TreeMap<>();

  AddressRanges(long start, long size) {
    give(start, size);
  }

  /** Takes {@code size} from the lowest range that is large enough, or returns {@link #NONE}. */
  long take(long size) {
    for (Map.Entry<Long, Long> range : sizeByStart.entrySet()) {
      long start = range.getKey();
      long available = range.getValue();
      if (available >= size) {
        sizeByStart.remove(start);
        if (available > size) {
          sizeByStart.put(start + size, available - size);
        }
        return start;
      }
    }
    return NONE;
  }

  /** Frees a range that was taken, whole or in parts. */
  void give(long start, long size) {
    if (size == 0) {
      return;
    }
    long from = start;
    long to = start + size;
    Map.Entry<Long, Long> before = sizeByStart.floorEntry(start);
    if (before != null && before.getKey() + before.getValue() == start) {
      from = before.getKey();
    }
    Long after = sizeByStart.remove(to);
    if (after != null) {
      to += after;
    }
    sizeByStart.put(from, to - from);
  }
}
