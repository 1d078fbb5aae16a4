package io.redoubt.persistence.rdb;

/**
 * What a stream says of itself beside its entries. One object is reused for all streams; ids are
 * pairs of milliseconds and sequence, both unsigned.
 */
public final class RdbStream {

  /** Stands for "not told", by a form of the stream that does not hold the figure. */
  public static final long UNKNOWN = -1;

  private long length;
  private long lastMillis;
  private long lastSequence;
  private long firstMillis;
  private long firstSequence;
  private long deletedMillis;
  private long deletedSequence;
  private long entriesAdded;
  private long groups;

  /** Sets the number of entries. */
  public RdbStream length(long entries) {
    length = entries;
    return this;
  }

  /** Sets the last id given out. */
  public RdbStream last(long millis, long sequence) {
    lastMillis = millis;
    lastSequence = sequence;
    return this;
  }

  /** Sets the id of the first entry that is there. */
  public RdbStream first(long millis, long sequence) {
    firstMillis = millis;
    firstSequence = sequence;
    return this;
  }

  /** Sets the greatest id of an entry deleted. */
  public RdbStream deleted(long millis, long sequence) {
    deletedMillis = millis;
    deletedSequence = sequence;
    return this;
  }

  /**
   * Sets how many entries were ever added, {@link #UNKNOWN} when only the entries there are known;
   * first and deleted id are not known either then.
   */
  public RdbStream entriesAdded(long entries) {
    entriesAdded = entries;
    return this;
  }

  /** Sets the number of consumer groups, which follow. */
  public RdbStream groups(long count) {
    groups = count;
    return this;
  }

  /** The number of entries. */
  public long length() {
    return length;
  }

  /** The milliseconds of the last id given out. */
  public long lastMillis() {
    return lastMillis;
  }

  /** The sequence of the last id given out. */
  public long lastSequence() {
    return lastSequence;
  }

  /** The milliseconds of the first entry's id. */
  public long firstMillis() {
    return firstMillis;
  }

  /** The sequence of the first entry's id. */
  public long firstSequence() {
    return firstSequence;
  }

  /** The milliseconds of the greatest id deleted. */
  public long deletedMillis() {
    return deletedMillis;
  }

  /** The sequence of the greatest id deleted. */
  public long deletedSequence() {
    return deletedSequence;
  }

  /** The number of entries ever added, or {@link #UNKNOWN}. */
  public long entriesAdded() {
    return entriesAdded;
  }

  /** The number of consumer groups. */
  public long groups() {
    return groups;
  }
}
