package io.redoubt.persistence.rdb.report;

/** The sums over a set of keys. */
public final class KeyTotals {

  private long keys;
  private long expiring;
  private long expired;
  private long fileBytes;
  private long keyBytes;
  private long valueBytes;
  private long elements;

  void add(KeyFigures key, long nowMillis) {
    keys++;
    if (key.isExpiring()) {
      expiring++;
      expired += key.expireAtMillis() < nowMillis ? 1 : 0;
    }
    fileBytes += key.fileBytes();
    keyBytes += key.keyBytes();
    valueBytes += key.valueBytes();
    elements += key.elements();
  }

  void clear() {
    keys = 0;
    expiring = 0;
    expired = 0;
    fileBytes = 0;
    keyBytes = 0;
    valueBytes = 0;
    elements = 0;
  }

  /** Adds the sums of other keys. */
  public void add(KeyTotals other) {
    keys += other.keys;
    expiring += other.expiring;
    expired += other.expired;
    fileBytes += other.fileBytes;
    keyBytes += other.keyBytes;
    valueBytes += other.valueBytes;
    elements += other.elements;
  }

  /** Returns the sums over the keys that are in this set and not in a subset of it. */
  public KeyTotals without(KeyTotals subset) {
    KeyTotals rest = new KeyTotals();
    rest.keys = keys - subset.keys;
    rest.expiring = expiring - subset.expiring;
    rest.expired = expired - subset.expired;
    rest.fileBytes = fileBytes - subset.fileBytes;
    rest.keyBytes = keyBytes - subset.keyBytes;
    rest.valueBytes = valueBytes - subset.valueBytes;
    rest.elements = elements - subset.elements;
    return rest;
  }

  public long keys() {
    return keys;
  }

  /** Returns the number of keys with an expiry, including the expired ones. */
  public long expiring() {
    return expiring;
  }

  /** Returns the number of keys that were due at the time of the report. */
  public long expired() {
    return expired;
  }

  /** Returns the bytes in the file. */
  public long fileBytes() {
    return fileBytes;
  }

  /** Returns the lengths of the keys. */
  public long keyBytes() {
    return keyBytes;
  }

  /** Returns the lengths of strings and elements, neither compressed nor packed. */
  public long valueBytes() {
    return valueBytes;
  }

  /** Returns the lengths of keys, strings and elements. */
  public long dataBytes() {
    return keyBytes + valueBytes;
  }

  /** Returns the number of elements; a string counts as one. */
  public long elements() {
    return elements;
  }
}
