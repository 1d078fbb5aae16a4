package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.RankedTree;

/**
 * Which entries of a database expire, in the order of their times; and which have elements that
 * expire, in the order of the next one's time. Times are milliseconds since 1970.
 *
 * <p>An entry is known by its address and its time: what changes one of them takes the entry out
 * first, or says where it was.
 */
public final class Expiries {
  private static final int TTL_SAMPLES = 16;

  private final RankedTree entries;
  private final RankedTree withElements;

  Expiries(Slabs slabs) {
    entries = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    entries.create();
    withElements = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    withElements.create();
  }

  /** How many entries have an expiry time. */
  public long size() {
    return entries.size();
  }

  /** Returns true if there are entries with elements that expire. */
  boolean hasElements() {
    return withElements.size() > 0;
  }

  /** What the order takes, in bytes. */
  public long sizeBytes() {
    return entries.sizeBytes();
  }

  /**
   * The entry that expires after {@code rank} others; 0 when there are no more than these that
   * expire at all.
   */
  public long entry(long rank) {
    long element = entries.select(rank);
    return element == 0 ? 0 : RankedTree.block(element);
  }

  /** How many entries are due and still there. */
  public long due(long nowMillis) {
    return entries.size() == 0 ? 0 : entries.rank(nowMillis, 0);
  }

  /**
   * The average of the times that entries have still to live, in milliseconds, from a sample evenly
   * spread over the order; 0 when there are none.
   */
  public long averageTtlMillis(long nowMillis) {
    long size = entries.size();
    long samples = Math.min(size, TTL_SAMPLES);
    double sum = 0;
    for (long i = 0; i < samples; i++) {
      long element = entries.select((2 * i + 1) * size / (2 * samples));
      sum += Math.max(0, RankedTree.key(element) - nowMillis);
    }
    return samples == 0 ? 0 : (long) (sum / samples);
  }

  /** The time of the first entry or element to expire, {@link Long#MAX_VALUE} when none does. */
  long firstMillis() {
    return Math.min(firstKey(entries), firstKey(withElements));
  }

  private static long firstKey(RankedTree tree) {
    long first = tree.first();
    return first == 0 ? Long.MAX_VALUE : RankedTree.key(first);
  }

  /** The entry that expired first, 0 when none has. */
  long firstDue(long nowMillis) {
    return firstDue(entries, nowMillis);
  }

  /** The entry of which an element expired first, 0 when none has. */
  long firstDueElements(long nowMillis) {
    return firstDue(withElements, nowMillis);
  }

  private static long firstDue(RankedTree tree, long nowMillis) {
    long first = tree.first();
    return first == 0 || RankedTree.key(first) >= nowMillis ? 0 : RankedTree.block(first);
  }

  /** Writes the time of an entry that has room for it, and enters it. */
  void add(long entry, long millis) {
    Entry.putExpireAt(entry, millis);
    entries.insert(millis, entry);
  }

  /** Takes out an entry that expires at a time; it is at another place by now, perhaps. */
  void remove(long millis, long wasAt) {
    entries.remove(millis, wasAt);
  }

  /** Enters an entry if it has elements that expire. */
  void addElements(long entry) {
    long next = Entry.nextElementExpiry(entry);
    if (next != Entry.NO_EXPIRY) {
      withElements.insert(next, entry);
    }
  }

  /** Takes out an entry that has elements that expire, and was or is at an address. */
  void removeElements(long entry, long wasAt) {
    long next = Entry.nextElementExpiry(entry);
    if (next != Entry.NO_EXPIRY) {
      withElements.remove(next, wasAt);
    }
  }

  /** Takes itself apart by a small step; whether something is left. */
  boolean dismantle() {
    if (entries.header() != 0) {
      entries.dismantle();
      return true;
    }
    if (withElements.header() != 0) {
      withElements.dismantle();
      return true;
    }
    return false;
  }
}
