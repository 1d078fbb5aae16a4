package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.ByteTable;
import java.util.Arrays;

/**
 * A prefetcher that reads the memory of several key lookups ahead, so that the latencies overlap.
 */
public final class Prefetch {
  /** The maximum number of keys prefetched. */
  private static final int MOST = 64;

  private final Garbage garbage;
  private final long[] hashes = new long[MOST];

  /** Buckets; after the prefetch the entries or elements that will probably be looked up. */
  private final long[] lookedAt = new long[MOST];

  /** Creates a prefetcher for keys of any database of a keyspace. */
  public Prefetch(Keyspace keyspace) {
    garbage = keyspace.garbage();
  }

  /**
   * Prefetches the lookups of the given keys.
   *
   * @return true if values of some of them find their elements by a table, so that {@link
   *     #elements} has something to prefetch
   */
  public boolean keys(Database database, long[] keyAddresses, int[] keyLengths, int count) {
    Contents contents = database.contents();
    int keys = Math.min(count, MOST);
    touch(contents.entries, keyAddresses, keyLengths, keys);
    int different = areSame(keyAddresses, keyLengths, keys) ? 1 : keys;
    for (int i = 0; i < different; i++) {
      hashes[i] = contents.hash(keyAddresses[i], keyLengths[i]);
    }
    for (int i = 0; i < different; i++) { // close together, as tables by slot read memory here
      lookedAt[i] = contents.table(hashes[i]).bucket(hashes[i]);
    }
    contents.entries.prefetch(hashes, lookedAt, different);
    boolean tables = false;
    for (int i = 0; i < different; i++) {
      tables |= lookedAt[i] != 0 && elementTable(lookedAt[i]) != 0;
    }
    if (tables) {
      Arrays.fill(lookedAt, different, keys, lookedAt[0]);
    }
    return tables;
  }

  /** Reads the keys themselves, which are in another processor's cache if it has received them. */
  private static void touch(ByteTable sink, long[] addresses, int[] lengths, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += lengths[i] == 0 ? 0 : Region.getByte(addresses[i]);
    }
    sink.keepSum(sum);
  }

  /** Returns true if all keys are the same, as when clients fill a large value. */
  private static boolean areSame(long[] addresses, int[] lengths, int count) {
    for (int i = 1; i < count; i++) {
      if (lengths[i] != lengths[0] || !Region.equal(addresses[i], addresses[0], lengths[0])) {
        return false;
      }
    }
    return count > 0;
  }

  /**
   * Prefetches the lookup of one element in the value of each key. Must be called just after {@link
   * #keys} of the same database.
   *
   * @param lengths the lengths of the elements, negative for none
   */
  public void elements(Database database, long[] addresses, int[] lengths, int count) {
    ByteTable entries = database.contents().entries; // tables of elements use the same hash
    int elements = Math.min(count, MOST);
    for (int i = 0; i < elements; i++) {
      long table = lengths[i] < 0 || lookedAt[i] == 0 ? 0 : elementTable(lookedAt[i]);
      lookedAt[i] = 0;
      if (table != 0) {
        hashes[i] = entries.hash(addresses[i], lengths[i]);
        lookedAt[i] = ByteTable.bucket(table, hashes[i]);
      }
    }
    entries.prefetch(hashes, lookedAt, elements);
  }

  private long elementTable(long entry) {
    if (!Encoding.isStructure(Entry.encoding(entry))) {
      return 0;
    }
    return garbage.kind(Entry.type(entry)).table(Entry.root(entry));
  }
}
