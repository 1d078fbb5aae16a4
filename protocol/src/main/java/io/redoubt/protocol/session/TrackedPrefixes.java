package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteString;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The prefixes of all clients with BCAST. Each prefix of a key is found by one binary search, so
 * that the cost of a write hardly depends on the number of prefixes.
 */
final class TrackedPrefixes {
  private final Map<ByteString, TrackedPrefix> byName = new TreeMap<>();

  /** The prefixes in order, rebuilt after changes. */
  private TrackedPrefix[] sorted = {};

  private boolean isSorted = true;

  int count() {
    return byName.size();
  }

  void add(ByteString name, Client client) {
    TrackedPrefix prefix = byName.get(name);
    if (prefix == null) {
      prefix = new TrackedPrefix(name);
      byName.put(name, prefix);
      isSorted = false;
    }
    prefix.clients().add(client);
  }

  void remove(ByteString name, Client client) {
    TrackedPrefix prefix = byName.get(name);
    if (prefix != null && prefix.clients().remove(client) && prefix.clients().isEmpty()) {
      byName.remove(name);
      isSorted = false;
    }
  }

  /** Passes the prefixes of a key to a consumer, the longest first. */
  void forEach(MemorySegment memory, long key, int length, Consumer<TrackedPrefix> consumer) {
    if (!isSorted) {
      sorted = byName.values().toArray(TrackedPrefix[]::new);
      isSorted = true;
    }
    int left = length;
    int below = sorted.length;
    while (true) {
      below = countUpTo(below, memory, key, left) - 1;
      if (below < 0) {
        return;
      }
      // No prefix of the key longer than the common part precedes this one.
      ByteString name = sorted[below].name();
      int common = common(name, memory, key, left);
      if (common < name.length()) {
        left = common;
      } else {
        consumer.accept(sorted[below]);
        if (common == 0) {
          return;
        }
        left = common - 1;
      }
    }
  }

  /**
   * Returns the number of prefixes, among the first {@code below}, that are not greater than a key.
   */
  private int countUpTo(int below, MemorySegment memory, long key, int length) {
    int low = 0;
    int high = below;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (isAfter(sorted[middle].name(), memory, key, length)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private static boolean isAfter(ByteString name, MemorySegment memory, long key, int length) {
    int common = common(name, memory, key, length);
    if (common == name.length()) {
      return false;
    }
    return common == length
        || Byte.toUnsignedInt(name.byteAt(common)) > Byte.toUnsignedInt(at(memory, key + common));
  }

  private static int common(ByteString name, MemorySegment memory, long key, int length) {
    int most = Math.min(name.length(), length);
    int common = 0;
    while (common < most && name.byteAt(common) == at(memory, key + common)) {
      common++;
    }
    return common;
  }

  private static byte at(MemorySegment memory, long offset) {
    return memory.get(ValueLayout.JAVA_BYTE, offset);
  }
}
