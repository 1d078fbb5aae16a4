package io.redoubt.bench.load;

/**
 * The data that servers are filled with, written as the requests that create it. Keys, fields,
 * members and short values are 16 bytes long.
 */
public final class DataSets {
  /** A multiple of the number of elements that any data set puts into one request. */
  public static final int BATCH = 100;

  /** The number of elements that {@link #manyStrings} puts into one request. */
  public static final int STRINGS_AT_ONCE = 10;

  private static final int HASH_FIELDS = 4;
  private static final int LIST_ELEMENTS = 10;
  private static final int LONG_VALUE_BYTES = 64;
  private static final long SPREAD = 0x9E37_79B9_7F4A_7C15L;
  private static final long HOUR_MILLIS = 3_600_000;

  private DataSets() {}

  /** Returns a 31-bit number derived from {@code i}; successive numbers are scattered. */
  static long scattered(int i) {
    return (i * SPREAD) >>> 33;
  }

  /** Writes strings of 64 bytes. */
  public static void strings(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i++) {
      requests.request(3).word("SET").numbered("key:", i, 12).numbered("", i, LONG_VALUE_BYTES);
    }
  }

  /** Writes the strings of {@link #strings}, several per request. */
  public static void manyStrings(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i += STRINGS_AT_ONCE) {
      int end = Math.min(i + STRINGS_AT_ONCE, to);
      requests.request(1 + 2 * (end - i)).word("MSET");
      for (int key = i; key < end; key++) {
        requests.numbered("key:", key, 12).numbered("", key, LONG_VALUE_BYTES);
      }
    }
  }

  /** Writes strings of 64 bytes for the keys of {@link #strings}, with other values. */
  public static void otherStrings(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i++) {
      requests.request(3).word("SET").numbered("key:", i, 12).numbered("x", i, 63);
    }
  }

  /** Writes strings of 64 bytes that expire in an hour to a month. */
  public static void expiringStrings(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i++) {
      requests.request(5).word("SET").numbered("key:", i, 12).numbered("", i, LONG_VALUE_BYTES);
      requests.word("PX").number(HOUR_MILLIS + scattered(i));
    }
  }

  /** Writes strings that are integers. */
  public static void integers(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i++) {
      requests.request(3).word("SET").numbered("key:", i, 12).number(1_000_000L + i);
    }
  }

  /** Writes hashes of four fields. */
  public static void smallHashes(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i += HASH_FIELDS) {
      requests.request(2 + 2 * HASH_FIELDS).word("HSET").numbered("hash:", i, 11);
      for (int field = 0; field < HASH_FIELDS; field++) {
        requests.numbered("field:", field, 2).numbered("value:", i + field, 10);
      }
    }
  }

  /** Writes lists of ten elements. */
  public static void smallLists(RequestBuffer requests, int from, int to) {
    for (int i = from; i < to; i += LIST_ELEMENTS) {
      requests.request(2 + LIST_ELEMENTS).word("RPUSH").numbered("list:", i, 11);
      for (int element = i; element < i + LIST_ELEMENTS; element++) {
        requests.numbered("value:", element, 10);
      }
    }
  }

  /** Returns a source of one large list. */
  public static Loader.Source list(String key) {
    return (requests, from, to) -> {
      for (int i = from; i < to; i += BATCH) {
        int end = Math.min(i + BATCH, to);
        requests.request(2 + end - i).word("RPUSH").word(key);
        for (int element = i; element < end; element++) {
          requests.numbered("value:", element, 10);
        }
      }
    };
  }

  /** Returns a source of one large hash. */
  public static Loader.Source hash(String key) {
    return (requests, from, to) -> {
      for (int i = from; i < to; i += BATCH) {
        int end = Math.min(i + BATCH, to);
        requests.request(2 + 2 * (end - i)).word("HSET").word(key);
        for (int field = i; field < end; field++) {
          requests.numbered("field:", field, 10).numbered("value:", field, 10);
        }
      }
    };
  }

  /** Returns a source of one large set. */
  public static Loader.Source set(String key) {
    return (requests, from, to) -> {
      for (int i = from; i < to; i += BATCH) {
        int end = Math.min(i + BATCH, to);
        requests.request(2 + end - i).word("SADD").word(key);
        for (int member = i; member < end; member++) {
          requests.numbered("member:", member, 9);
        }
      }
    };
  }

  /** Returns a source of one large sorted set whose scores arrive in scattered order. */
  public static Loader.Source sortedSet(String key) {
    return (requests, from, to) -> {
      for (int i = from; i < to; i += BATCH) {
        int end = Math.min(i + BATCH, to);
        requests.request(2 + 2 * (end - i)).word("ZADD").word(key);
        for (int member = i; member < end; member++) {
          requests.number(scattered(member)).numbered("member:", member, 9);
        }
      }
    };
  }
}
