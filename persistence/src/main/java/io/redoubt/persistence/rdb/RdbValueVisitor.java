package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * What is said of keys and their values, call by call. Every call may refuse what it gets with an
 * {@link RdbException}. Bytes are given as a place in memory and are valid until the call returns,
 * as is the key.
 */
public interface RdbValueVisitor {

  /** A key with a string. */
  void string(RdbKey key, MemorySegment memory, long offset, int length) throws RdbException;

  /** A key with a string that is the decimal text of a number. */
  void integer(RdbKey key, long value) throws RdbException;

  /**
   * A key with a collection in one packed block, of which every byte has been checked; it is not
   * empty and holds nothing twice.
   *
   * @param type {@link RdbType#SET_INTSET}: an intset; {@link RdbType#SET_LISTPACK}: a listpack of
   *     members; {@link RdbType#ZSET_LISTPACK}: of members and scores in turn, in ascending order;
   *     {@link RdbType#HASH_LISTPACK}: of fields and values in turn; {@link
   *     RdbType#HASH_LISTPACK_EX}: of fields, values and expiries (milliseconds of Unix time, 0 for
   *     none) in turn
   */
  void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length)
      throws RdbException;

  /**
   * A key with a list: its elements follow in order, and {@link #endValue}.
   *
   * @param type {@link RdbType#LIST}: {@link #listElement} for each; {@link
   *     RdbType#LIST_QUICKLIST_2}: {@link #listNode} for several at once, {@link #listElement} for
   *     one that is large
   * @param parts how many such calls follow, at least one
   */
  void beginList(RdbKey key, RdbType type, long parts) throws RdbException;

  /** The next elements of the list begun: a listpack, checked and not empty. */
  void listNode(MemorySegment memory, long offset, int length) throws RdbException;

  /** The next element of the list begun. */
  void listElement(RdbBytes element) throws RdbException;

  /** A key with a set of so many members, at least one: they follow, and {@link #endValue}. */
  void beginSet(RdbKey key, long members) throws RdbException;

  /** A member of the set begun; whether it was there already is the visitor's to find out. */
  void setMember(RdbBytes member) throws RdbException;

  /**
   * A key with a sorted set of so many members: they follow in any order, and {@link #endValue}.
   */
  void beginSortedSet(RdbKey key, long members) throws RdbException;

  /**
   * A member of the sorted set begun; whether it was there already is the visitor's to find out.
   *
   * @param score not NaN
   */
  void sortedSetMember(RdbBytes member, double score) throws RdbException;

  /**
   * A key with a hash of so many fields, at least one: they follow, and {@link #endValue}.
   *
   * @param nextExpiryMillis the least expiry of a field, {@link RdbKey#NONE} when none expires
   */
  void beginHash(RdbKey key, long fields, long nextExpiryMillis) throws RdbException;

  /**
   * A field of the hash begun; whether it was there already is the visitor's to find out.
   *
   * @param expireAtMillis Unix time, {@link RdbKey#NONE} for none
   */
  void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) throws RdbException;

  /**
   * A key with a stream: so many {@link #streamNode} follow, {@link #stream}, so many groups as
   * that says, and {@link #endValue}.
   *
   * @param type which form it has: what it can't hold is told as unknown
   */
  void beginStream(RdbKey key, RdbType type, long nodes) throws RdbException;

  /**
   * Entries of the stream begun, above those before.
   *
   * @param memory the listpack, checked, of at least one entry that is not deleted
   * @param millis of the id that those in the listpack are relative to
   * @param sequence of that id
   */
  void streamNode(long millis, long sequence, MemorySegment memory, long offset, int length)
      throws RdbException;

  /** What is known of the stream begun, all entries of which have been told. */
  void stream(RdbStream stream) throws RdbException;

  /**
   * A consumer group: so many {@link #pendingEntry} follow, one {@link #streamConsumers}, and so
   * many consumers as that says.
   *
   * @param millis of the last id delivered
   * @param sequence of the last id delivered
   * @param entriesRead the logical count of entries read; {@link RdbStream#UNKNOWN}
   * @param pending how many entries are delivered and not acknowledged
   */
  void streamGroup(RdbBytes name, long millis, long sequence, long entriesRead, long pending)
      throws RdbException;

  /** An entry delivered to a consumer of the group and not acknowledged. */
  void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries)
      throws RdbException;

  /** How many consumers the group has. */
  void streamConsumers(long consumers) throws RdbException;

  /**
   * A consumer of the group: so many {@link #consumerEntry} follow.
   *
   * @param seenAtMillis when it last tried to read
   * @param activeAtMillis when it last got something, -1 for never
   */
  void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending)
      throws RdbException;

  /** One of the group's pending entries is this consumer's. */
  void consumerEntry(long millis, long sequence) throws RdbException;

  /** All of the collection begun has been told. */
  void endValue() throws RdbException;

  /** A key with a collection of no elements: no server is to keep such a key. */
  void empty(RdbKey key) throws RdbException;
}
