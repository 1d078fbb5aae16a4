package io.redoubt.persistence.rdb.report;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.protocol.bytes.Hash;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The figures of the keys of a file. Each whole key counts once in the totals, in its type, its
 * encoding and its database. Memory is bounded, whatever the file holds.
 */
public final class RdbReport {

  /** The number of databases with figures of their own; the keys of further ones are merged. */
  static final int MAX_DATABASES = 256;

  private static final int PREFIX_COUNTERS = 2048;
  private static final int MAX_AUX_FIELDS = 32;
  private static final int MAX_AUX_CHARACTERS = 200;

  private final ReportSettings settings;
  private final long nowMillis;

  private final KeyTotals totals = new KeyTotals();
  private final Map<ValueType, TypeFigures> types = new EnumMap<>(ValueType.class);
  private final Map<ValueEncoding, KeyTotals> encodings = new EnumMap<>(ValueEncoding.class);
  private final NavigableMap<Integer, DatabaseFigures> databases = new TreeMap<>();
  private final DatabaseFigures furtherDatabases = new DatabaseFigures();
  private final List<PrefixSketch> prefixes = new ArrayList<>();
  private final boolean[] delimiters = new boolean[1 << Byte.SIZE];
  private final byte[] prefixBytes = new byte[KeyFigures.KEPT_BYTES];
  private final MemorySegment prefix = MemorySegment.ofArray(prefixBytes);
  private final LargestKeys largest;
  private final Map<ValueType, LargestKeys> largestOfTypes = new EnumMap<>(ValueType.class);
  private final SizeHistogram keyBytes = new SizeHistogram();
  private final Map<RemainingTime, Long> remainingTimes = new EnumMap<>(RemainingTime.class);
  private final Map<String, String> auxFields = new LinkedHashMap<>();

  private DatabaseFigures database = furtherDatabases; // the current one
  private long emptyKeys;
  private long hashesWithExpiringFields;
  private long expiringFields;
  private long functions;
  private long modules;

  /** Creates an empty report; keys that expire before the given time count as expired. */
  RdbReport(ReportSettings settings, Hash hash, long nowMillis) {
    this.settings = settings;
    this.nowMillis = nowMillis;
    this.largest = new LargestKeys(settings.largest());
    for (int i = 0; i < settings.prefixDepth(); i++) {
      prefixes.add(new PrefixSketch(PREFIX_COUNTERS, hash, nowMillis));
    }
    for (ValueType type : ValueType.values()) {
      types.put(type, new TypeFigures());
      largestOfTypes.put(type, new LargestKeys(settings.largest()));
    }
    for (byte b : settings.delimiters().toByteArray()) {
      delimiters[b & 0xff] = true;
    }
    for (RemainingTime range : RemainingTime.values()) {
      remainingTimes.put(range, 0L);
    }
  }

  void selectDatabase(int index) {
    DatabaseFigures known = databases.get(index);
    if (known == null) {
      known = databases.size() < MAX_DATABASES ? new DatabaseFigures() : furtherDatabases;
      if (known != furtherDatabases) {
        databases.put(index, known);
      }
    }
    database = known;
  }

  /** Adds an element of the key that is being read. */
  void addElement(ValueType type, long bytes) {
    database.of(type).addElement(bytes);
  }

  /** Adds a key that has been read whole. */
  void add(KeyFigures key) {
    totals.add(key, nowMillis);
    figures(key.type()).add(key, nowMillis);
    encodings.computeIfAbsent(key.encoding(), absent -> new KeyTotals()).add(key, nowMillis);
    database.of(key.type()).add(key, nowMillis);
    addPrefixes(key);
    largest.add(key);
    largestOf(key.type()).add(key);
    keyBytes.add(key.keyBytes());
    if (key.isExpiring()) {
      remainingTimes.merge(
          RemainingTime.of(Math.max(-1, key.expireAtMillis() - nowMillis)), 1L, Long::sum);
    }
    if (key.expiringFields() > 0) {
      hashesWithExpiringFields++;
      expiringFields += key.expiringFields();
    }
  }

  private void addPrefixes(KeyFigures key) {
    int depth = 0;
    int length = 0;
    int partAt = 0; // the start of the current part
    boolean isNumber = settings.mergesNumbers(); // the current part so far
    for (int at = 0; at < key.keptBytes() && depth < prefixes.size(); at++) {
      byte b = key.byteAt(at);
      if (delimiters[b & 0xff]) {
        if (isNumber && length > partAt) {
          prefixBytes[partAt] = '*';
          length = partAt + 1;
        }
        prefixBytes[length++] = b;
        prefixes.get(depth).add(key, prefix, length);
        depth++;
        partAt = length;
        isNumber = settings.mergesNumbers();
      } else {
        prefixBytes[length++] = b;
        isNumber &= b >= '0' && b <= '9';
      }
    }
    if (depth == 0) {
      prefixes.getFirst().add(key, prefix, 0);
    }
  }

  void addAux(String name, String value) {
    if (auxFields.size() < MAX_AUX_FIELDS) {
      auxFields.put(cut(name), cut(value));
    }
  }

  private static String cut(String text) {
    return text.length() <= MAX_AUX_CHARACTERS ? text : text.substring(0, MAX_AUX_CHARACTERS);
  }

  void countEmptyKey() {
    emptyKeys++;
  }

  void countFunction() {
    functions++;
  }

  void countModule() {
    modules++;
  }

  private TypeFigures figures(ValueType type) {
    return types.computeIfAbsent(type, absent -> new TypeFigures());
  }

  private LargestKeys largestOf(ValueType type) {
    return largestOfTypes.computeIfAbsent(type, absent -> new LargestKeys(settings.largest()));
  }

  public ReportSettings settings() {
    return settings;
  }

  /** Returns the time to which expiries are compared, Unix time. */
  public long nowMillis() {
    return nowMillis;
  }

  /** Returns the sums over all keys. */
  public KeyTotals totals() {
    return totals;
  }

  /** Returns the figures of a type over all databases. */
  public TypeFigures type(ValueType type) {
    return figures(type);
  }

  /** Returns the sums by encoding, of those that occur. */
  public Map<ValueEncoding, KeyTotals> encodings() {
    return encodings;
  }

  /** Returns the figures by database. */
  public NavigableMap<Integer, DatabaseFigures> databases() {
    return databases;
  }

  /** Returns the merged figures of databases beyond the first {@link #MAX_DATABASES}. */
  public DatabaseFigures furtherDatabases() {
    return furtherDatabases;
  }

  /**
   * Returns the prefixes with the most data.
   *
   * @param depth the number of delimiters in the prefix, from 1 on; depth 1 includes the keys
   *     without a delimiter, under an empty prefix
   */
  public List<PrefixTotals> prefixes(int depth) {
    return prefixes.get(depth - 1).largest(settings.largest());
  }

  /** Returns true if no prefix of the depth had to give its counter to another one. */
  public boolean arePrefixesExact(int depth) {
    return prefixes.get(depth - 1).isExact();
  }

  /** Returns the keys with the most data. */
  public List<LargeKey> largest() {
    return largest.sorted();
  }

  /** Returns the keys of a type with the most data. */
  public List<LargeKey> largest(ValueType type) {
    return largestOf(type).sorted();
  }

  /** Returns the lengths of the keys. */
  public SizeHistogram keyBytes() {
    return keyBytes;
  }

  /** Returns the number of expiring keys by the time that they have left. */
  public Map<RemainingTime, Long> remainingTimes() {
    return remainingTimes;
  }

  /** Returns the first auxiliary fields of the file, with the start of their values. */
  public Map<String, String> auxFields() {
    return auxFields;
  }

  /** Returns the number of keys with empty collections, which a server skips. */
  public long emptyKeys() {
    return emptyKeys;
  }

  public long hashesWithExpiringFields() {
    return hashesWithExpiringFields;
  }

  public long expiringFields() {
    return expiringFields;
  }

  /** Returns the number of function libraries. */
  public long functions() {
    return functions;
  }

  /** Returns the number of records of modules outside the keys. */
  public long modules() {
    return modules;
  }

  /** Returns true if the key's expiry is at or after the time of the report. */
  public boolean isAlive(LargeKey key) {
    return key.expireAtMillis() == RdbKey.NONE || key.expireAtMillis() >= nowMillis;
  }
}
