package io.redoubt.persistence.rdb.report;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Hash;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes with the most data among any number of prefixes, by a weighted SpaceSaving (Metwally
 * et al., 2005): of a fixed number of counters, the smallest one is given to a prefix that has
 * none. Every prefix that has more than twice the total divided by the number of counters is found,
 * and the counts of a prefix are a lower bound, with a known limit of what is missing. With fewer
 * prefixes than counters, all counts are exact.
 */
final class PrefixSketch {

  private static final class Counter {
    final long hash;
    final ByteString prefix;
    final KeyTotals totals = new KeyTotals();
    final long missedBytes;
    int place; // in the heap
    @Nullable Counter next; // in the bucket

    Counter(long hash, ByteString prefix, long missedBytes) {
      this.hash = hash;
      this.prefix = prefix;
      this.missedBytes = missedBytes;
    }

    long weight() {
      return totals.dataBytes() + missedBytes;
    }
  }

  private final Hash hash;
  private final @Nullable Counter[] buckets;
  private final Counter[] heap; // the lightest counter first
  private final long nowMillis;
  private int size;
  private boolean exact = true;

  /** Creates a sketch with a number of counters; names in a file can't know the key of the hash. */
  PrefixSketch(int counters, Hash hash, long nowMillis) {
    this.hash = hash;
    this.buckets = new Counter[Integer.highestOneBit(counters) * 4];
    this.heap = new Counter[counters];
    this.nowMillis = nowMillis;
  }

  /**
   * Counts a key.
   *
   * @param prefix has the prefix in its first {@code prefixBytes} bytes
   */
  void add(KeyFigures key, MemorySegment prefix, int prefixBytes) {
    long wanted = hash.of(prefix, 0, prefixBytes);
    Counter counter = find(wanted, prefix, prefixBytes);
    if (counter == null) {
      counter = put(wanted, ByteString.copyOf(prefix, 0, prefixBytes));
    }
    counter.totals.add(key, nowMillis);
    sink(counter.place);
  }

  private @Nullable Counter find(long wanted, MemorySegment name, int prefixBytes) {
    for (Counter at = buckets[bucket(wanted)]; at != null; at = at.next) {
      if (at.hash == wanted && at.prefix.equals(name, 0, prefixBytes)) {
        return at;
      }
    }
    return null;
  }

  private int bucket(long wanted) {
    return (int) wanted & (buckets.length - 1);
  }

  private Counter put(long wanted, ByteString prefix) {
    Counter counter;
    if (size < heap.length) {
      counter = new Counter(wanted, prefix, 0);
      counter.place = size++;
      heap[counter.place] = counter;
      rise(counter.place);
    } else {
      Counter least = heap[0];
      exact = false;
      unlink(least);
      counter = new Counter(wanted, prefix, least.weight());
      heap[0] = counter;
    }
    int bucket = bucket(wanted);
    counter.next = buckets[bucket];
    buckets[bucket] = counter;
    return counter;
  }

  private void unlink(Counter counter) {
    int bucket = bucket(counter.hash);
    Counter at = buckets[bucket];
    if (at == counter) {
      buckets[bucket] = counter.next;
      return;
    }
    while (at != null && at.next != counter) {
      at = at.next;
    }
    if (at != null) {
      at.next = counter.next;
    }
  }

  private void rise(int from) {
    for (int at = from; at > 0; at = (at - 1) / 2) {
      if (heap[(at - 1) / 2].weight() <= heap[at].weight()) {
        return;
      }
      swap(at, (at - 1) / 2);
    }
  }

  private void sink(int from) {
    for (int at = from; ; ) {
      int least = 2 * at + 1;
      if (least >= size) {
        return;
      }
      if (least + 1 < size && heap[least + 1].weight() < heap[least].weight()) {
        least++;
      }
      if (heap[least].weight() >= heap[at].weight()) {
        return;
      }
      swap(at, least);
      at = least;
    }
  }

  private void swap(int one, int other) {
    Counter moved = heap[one];
    heap[one] = heap[other];
    heap[other] = moved;
    heap[one].place = one;
    heap[other].place = other;
  }

  /** Returns true if there was a counter for each prefix. */
  boolean isExact() {
    return exact;
  }

  /**
   * Returns the prefixes with the most counted data, the largest one first. A prefix of which more
   * data may be missing than was counted is left out: any other one could be in its place.
   */
  List<PrefixTotals> largest(int most) {
    List<PrefixTotals> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Counter counter = heap[i];
      if (counter.totals.dataBytes() >= counter.missedBytes) {
        all.add(new PrefixTotals(counter.prefix, counter.totals, counter.missedBytes));
      }
    }
    all.sort(
        Comparator.comparingLong((PrefixTotals prefix) -> prefix.totals().dataBytes())
            .reversed()
            .thenComparing(PrefixTotals::prefix));
    return List.copyOf(all.subList(0, Math.min(most, all.size())));
  }
}
