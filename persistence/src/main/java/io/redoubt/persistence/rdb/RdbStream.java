package io.redoubt.persistence.rdb;

/**
 * The attributes of a stream, without its entries. Reusable; ids are pairs of milliseconds and
 * sequence, both unsigned.
 */
public final class RdbStream {

  /** Stands for a figure that the stream's format does not hold. */
  public static final long UNKNOWN = -1;

  /** The consumer that receives pending entries without a consumer, in a damaged stream. */
  public static final String ADOPTING_CONSUMER = "unassigned";

  private long length;
  private long lastMillis;
  private long lastSequence;
  private long firstMillis;
  private long firstSequence;
  private long deletedMillis;
  private long deletedSequence;
  private long entriesAdded;
  private long groups;

  public RdbStream length(long entries) {
    length = entries;
    return this;
  }

  /** Sets the last id that was generated. */
  public RdbStream last(long millis, long sequence) {
    lastMillis = millis;
    lastSequence = sequence;
    return this;
  }

  /** Sets the id of the first existing entry. */
  public RdbStream first(long millis, long sequence) {
    firstMillis = millis;
    firstSequence = sequence;
    return this;
  }

  /** Sets the greatest id of a deleted entry. */
  public RdbStream deleted(long millis, long sequence) {
    deletedMillis = millis;
    deletedSequence = sequence;
    return this;
  }

  /**
   * Sets the number of entries ever added; if it is {@link #UNKNOWN}, the first and the deleted id
   * are unknown too.
   */
  public RdbStream entriesAdded(long entries) {
    entriesAdded = entries;
    return this;
  }

  /** Sets the number of consumer groups that follow. */
  public RdbStream groups(long count) {
    groups = count;
    return this;
  }

  public long length() {
    return length;
  }

  /** Returns the milliseconds of the last generated id. */
  public long lastMillis() {
    return lastMillis;
  }

  /** Returns the sequence of the last generated id. */
  public long lastSequence() {
    return lastSequence;
  }

  /** Returns the milliseconds of the first entry's id. */
  public long firstMillis() {
    return firstMillis;
  }

  /** Returns the sequence of the first entry's id. */
  public long firstSequence() {
    return firstSequence;
  }

  /** Returns the milliseconds of the greatest deleted id. */
  public long deletedMillis() {
    return deletedMillis;
  }

  /** Returns the sequence of the greatest deleted id. */
  public long deletedSequence() {
    return deletedSequence;
  }

  /** Returns the number of entries ever added, or {@link #UNKNOWN}. */
  public long entriesAdded() {
    return entriesAdded;
  }

  public long groups() {
    return groups;
  }
}
