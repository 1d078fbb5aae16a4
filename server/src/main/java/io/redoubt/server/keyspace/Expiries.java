package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.RankedTree;

/**
 * The entries of a database that expire, ordered by expiry time; and the entries with expiring
 * elements, ordered by the next element's expiry time. Times are in milliseconds since 1970.
 *
 * <p>An entry is identified by its address and time. A caller that changes either removes the entry
 * first, or passes its old address.
 */
public final class Expiries {
  private static final int TTL_SAMPLES = 16;

  private final Slabs slabs;
  private final RankedTree entries;
  private final RankedTree withElements;

  Expiries(Slabs slabs) {
    this.slabs = slabs;
    entries = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    entries.create();
    withElements = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
    withElements.create();
  }

  /** Returns the number of entries with an expiry time. */
  public long size() {
    return entries.size();
  }

  /** Returns true if there are entries with elements that expire. */
  boolean hasElements() {
    return withElements.size() > 0;
  }

  /** Returns the bytes that the order of entries takes. */
  public long sizeBytes() {
    return entries.sizeBytes();
  }

  /** Returns the entry of a rank in expiry order, counted from 0; 0 if no more entries expire. */
  public long entry(long rank) {
    long element = entries.select(rank);
    return element == 0 ? 0 : RankedTree.block(element);
  }

  /** Returns the number of entries that are due but not yet removed. */
  public long due(long nowMillis) {
    return entries.size() == 0 ? 0 : entries.rank(nowMillis, 0);
  }

  /**
   * Returns the average time to live of the entries, in milliseconds, from a sample evenly spread
   * over the order; 0 if there are none.
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

  /**
   * Returns the first expiry time of an entry or element, {@link Long#MAX_VALUE} if none expires.
   */
  long firstMillis() {
    return Math.min(firstKey(entries), firstKey(withElements));
  }

  private static long firstKey(RankedTree tree) {
    long first = tree.first();
    return first == 0 ? Long.MAX_VALUE : RankedTree.key(first);
  }

  /** Returns the entry that expired first, 0 if none is due. */
  long firstDue(long nowMillis) {
    return firstDue(entries, nowMillis);
  }

  /** Returns the entry whose element expired first, 0 if none is due. */
  long firstDueElements(long nowMillis) {
    return firstDue(withElements, nowMillis);
  }

  private static long firstDue(RankedTree tree, long nowMillis) {
    long first = tree.first();
    return first == 0 || RankedTree.key(first) >= nowMillis ? 0 : RankedTree.block(first);
  }

  /**
   * Ensures, if memory is short, that an entry can be added to both orders and that another block
   * can be allocated in between, so that a change of an entry can't fail half-way.
   */
  void ensureAdd() {
    if (slabs.isShort()) {
      int blocks = entries.maxNewNodes() + withElements.maxNewNodes() + 1;
      slabs.ensure(blocks, RankedTree.MAX_NODE_BYTES, true);
    }
  }

  /** Sets the expiry time of an entry that has room for it, and adds it to the order. */
  void add(long entry, long millis) {
    Entry.putExpireAt(entry, millis);
    entries.insert(millis, entry);
  }

  /** Removes an entry from the order by its expiry time and old address. */
  void remove(long millis, long wasAt) {
    entries.remove(millis, wasAt);
  }

  /** Adds an entry with expiring elements to the order of their next expiry; ignores others. */
  void addElements(long entry) {
    long next = Entry.nextElementExpiry(entry);
    if (next != Entry.NO_EXPIRY) {
      withElements.insert(next, entry);
    }
  }

  /**
   * Removes an entry from the order of expiring elements, given the next element's expiry time, or
   * {@link Entry#NO_EXPIRY}, and the entry's old address.
   */
  void removeElements(long millis, long wasAt) {
    if (millis != Entry.NO_EXPIRY) {
      withElements.remove(millis, wasAt);
    }
  }

  /** Adds an entry to the orders that it belongs to, by the times that it has. */
  void addWhole(long entry) {
    if (Entry.expires(entry)) {
      entries.insert(Entry.expireAt(entry), entry);
    }
    addElements(entry);
  }

  /** Removes an entry from the orders that it belongs to. */
  void removeWhole(long entry) {
    if (Entry.expires(entry)) {
      entries.remove(Entry.expireAt(entry), entry);
    }
    removeElements(Entry.nextElementExpiry(entry), entry);
  }

  /** Frees part of the order; returns true if some is left. */
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
