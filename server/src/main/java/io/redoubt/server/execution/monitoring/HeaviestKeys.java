package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.bytes.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The keys with the largest sums of costs, in a fixed amount of memory. Sums are estimated by a
 * count-min sketch with conservative update (Estan, Varghese, 2002), so they are never too small;
 * the names are kept for the keys with the largest ones only.
 */
final class HeaviestKeys {
  /** The number of bytes of a name that are kept. */
  static final int MAX_NAME_BYTES = 1024;

  private static final int ROWS = 4;
  private static final int COLUMNS = 4096;
  private static final int COLUMN_BITS = 12;

  private final long[] sums = new long[ROWS * COLUMNS];
  private final long[] hashes;
  private final long[] costs;
  private final byte[][] names;
  private final int[] lengths;
  private int count;

  /** Creates an empty set of at most the given number of keys. */
  HeaviestKeys(int keys) {
    hashes = new long[keys];
    costs = new long[keys];
    names = new byte[keys][];
    lengths = new int[keys];
  }

  /** Adds a cost to the sum of a key. */
  void add(MemorySegment memory, long offset, int length, long cost) {
    long hash = Xxh3.of(memory, offset, length);
    long sum = Long.MAX_VALUE;
    for (int row = 0; row < ROWS; row++) {
      sum = Math.min(sum, sums[cell(row, hash)]);
    }
    sum += cost;
    for (int row = 0; row < ROWS; row++) {
      int cell = cell(row, hash);
      sums[cell] = Math.max(sums[cell], sum);
    }
    int slot = slotOf(hash);
    if (slot < 0 && count < hashes.length) {
      slot = count++;
      keep(slot, hash, memory, offset, length);
    } else if (slot < 0) {
      slot = lightest();
      if (costs[slot] >= sum) {
        return;
      }
      keep(slot, hash, memory, offset, length);
    }
    costs[slot] = sum;
  }

  /** Returns a cell of a row; each row uses other bits of the hash. */
  private static int cell(int row, long hash) {
    return row * COLUMNS + ((int) (hash >>> (row * COLUMN_BITS)) & (COLUMNS - 1));
  }

  private int slotOf(long hash) {
    for (int i = 0; i < count; i++) {
      if (hashes[i] == hash) {
        return i;
      }
    }
    return -1;
  }

  private int lightest() {
    int lightest = 0;
    for (int i = 1; i < count; i++) {
      if (costs[i] < costs[lightest]) {
        lightest = i;
      }
    }
    return lightest;
  }

  private void keep(int slot, long hash, MemorySegment memory, long offset, int length) {
    int kept = Math.min(length, MAX_NAME_BYTES);
    byte[] name = names[slot];
    if (name == null || name.length < kept) {
      name = new byte[kept <= 64 ? 64 : MAX_NAME_BYTES]; // reused by later keys of this slot
      names[slot] = name;
    }
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, offset, name, 0, kept);
    lengths[slot] = kept;
    hashes[slot] = hash;
  }

  /** Returns the slots of the keys, the largest sum first. */
  int[] order() {
    return IntStream.range(0, count)
        .boxed()
        .sorted((a, b) -> Long.compare(costs[b], costs[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** Returns the name of the key in a slot, or the start of it. */
  byte[] name(int slot) {
    return Arrays.copyOf(names[slot], lengths[slot]);
  }

  /** Returns the sum of costs of the key in a slot. */
  long cost(int slot) {
    return costs[slot];
  }
}
