package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * The distribution of the sizes of keys, the section Keysizes of INFO as in Redis 8: lengths of
 * strings and numbers of elements, counted by powers of two for each database.
 *
 * <p>Keys are counted on request, because counters would slow down every change of every value. In
 * a larger database, {@link #MOST_KEYS} keys from a random position of the scan order stand for
 * all, which is representative because the order is that of hashes. This took 9 ms for a million
 * keys in a server just started. The field {@code distrib_samples} then has their number.
 */
public final class KeySizes {
  /** The number of keys of a database that are counted, but for the rest of a bucket. */
  static final int MOST_KEYS = 1 << 14;

  /** Bin 0 is for empty strings; bin n for sizes from 2^(n-1) on. */
  private static final int BINS = Long.SIZE + 1;

  private static final Type[] TYPES = {Type.STRING, Type.LIST, Type.SET, Type.ZSET, Type.HASH};
  private static final String[] NAMES = {
    "strings_sizes", "lists_items", "sets_items", "zsets_items", "hashes_items"
  };
  private static final String UNITS = "KMGTPE";

  private final Values values;
  private final long[][] counts = new long[TYPES.length][BINS];
  private long counted;

  /** Creates the distributions of a keyspace. */
  public KeySizes(Values values) {
    this.values = values;
  }

  /** Passes the names and values of the section's fields. */
  public void forEach(BiConsumer<String, String> fields) {
    Keyspace keyspace = values.keyspace();
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      if (database.size() > 0) {
        add(fields, "db" + i + "_distrib_", database);
      }
    }
  }

  private void add(BiConsumer<String, String> fields, String prefix, Database database) {
    for (long[] each : counts) {
      Arrays.fill(each, 0);
    }
    counted = 0;
    boolean isSampled = database.size() > MOST_KEYS;
    if (isSampled) {
      long cursor = database.context().random().nextLong();
      while (counted < MOST_KEYS) {
        cursor = database.scan(cursor, this::count); // wraps around at the end
      }
    } else {
      database.forEach(this::count);
    }
    double keysEach = isSampled ? (double) database.size() / counted : 1;
    for (int type = 0; type < TYPES.length; type++) {
      String bins = bins(counts[type], keysEach);
      if (!bins.isEmpty()) {
        fields.accept(prefix + NAMES[type], bins);
      }
    }
    if (isSampled) {
      fields.accept(prefix + "samples", Long.toString(counted));
    }
  }

  private void count(long entry) {
    counted++;
    Type type = Entry.type(entry);
    for (int i = 0; i < TYPES.length; i++) {
      if (TYPES[i] == type) {
        counts[i][Long.SIZE - Long.numberOfLeadingZeros(size(type, entry))]++;
      }
    }
  }

  private long size(Type type, long entry) {
    return switch (type) {
      case STRING -> StringValue.length(entry);
      case LIST -> Lists.length(entry);
      case SET -> values.sets().size(entry);
      case ZSET -> values.sortedSets().size(entry);
      case HASH -> values.hashes().size(entry);
      case STREAM -> 0;
    };
  }

  private static String bins(long[] counts, double keysEach) {
    StringBuilder bins = new StringBuilder();
    for (int bin = 0; bin < counts.length; bin++) {
      if (counts[bin] > 0) {
        bins.append(bins.isEmpty() ? "" : ",").append(label(bin)).append('=');
        bins.append(Math.round(counts[bin] * keysEach));
      }
    }
    return bins.toString();
  }

  /** Returns the lowest size of a bin, with a unit from 1K on. */
  static String label(int bin) {
    if (bin == 0) {
      return "0";
    }
    int power = bin - 1;
    String number = Long.toString(1L << power % 10);
    return power < 10 ? number : number + UNITS.charAt(power / 10 - 1);
  }
}
