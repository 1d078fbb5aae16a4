package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * Receives keys and values, call by call. Every call may refuse its arguments with an {@link
 * RdbException}. References to bytes and the key are valid until the call returns.
 */
public interface RdbValueVisitor {

  /** The repair of a score that is not a number, which Redis up to 6.0 saved and loaded. */
  String NOT_A_NUMBER = "a score that is not a number became 0";

  void string(RdbKey key, MemorySegment memory, long offset, int length) throws RdbException;

  /** Visits a key with a string that is the decimal text of an integer. */
  void integer(RdbKey key, long value) throws RdbException;

  /**
   * Visits a key with a collection in one packed block, which is validated, not empty and free of
   * duplicates.
   *
   * @param type {@link RdbType#SET_INTSET}: an intset; {@link RdbType#SET_LISTPACK}: a listpack of
   *     members; {@link RdbType#ZSET_LISTPACK}: alternating members and scores, in ascending order;
   *     {@link RdbType#HASH_LISTPACK}: alternating fields and values; {@link
   *     RdbType#HASH_LISTPACK_EX}: triples of field, value and expiry (milliseconds of Unix time, 0
   *     for none)
   */
  void packed(RdbKey key, RdbType type, MemorySegment memory, long offset, int length)
      throws RdbException;

  /**
   * Reports a repair of the value that is being passed, after its start: the value contradicted
   * itself in a way that some released Redis writes, or writes after loading an older file.
   *
   * @param what a clause that describes the defect
   */
  default void onRepair(RdbType type, String what) throws RdbException {
    // most visitors don't need repairs
  }

  /**
   * Starts a list: its elements follow in order, then {@link #endValue}.
   *
   * @param type {@link RdbType#LIST}: one {@link #listElement} for each element; {@link
   *     RdbType#LIST_QUICKLIST_2}: {@link #listNode} for several elements, {@link #listElement} for
   *     a large one
   * @param parts the number of these calls, at least one; fewer if there are empty nodes
   */
  void beginList(RdbKey key, RdbType type, long parts) throws RdbException;

  /** Visits the next elements of the current list: a valid listpack that is not empty. */
  void listNode(MemorySegment memory, long offset, int length) throws RdbException;

  /** Visits the next element of the current list. */
  void listElement(RdbBytes element) throws RdbException;

  /** Starts a set of at least one member: its members follow, then {@link #endValue}. */
  void beginSet(RdbKey key, long members) throws RdbException;

  /** Visits a member of the current set; duplicates are possible. */
  void setMember(RdbBytes member) throws RdbException;

  /** Starts a sorted set: its members follow in any order, then {@link #endValue}. */
  void beginSortedSet(RdbKey key, long members) throws RdbException;

  /**
   * Visits a member of the current sorted set; duplicates are possible.
   *
   * @param score not NaN
   */
  void sortedSetMember(RdbBytes member, double score) throws RdbException;

  /**
   * Starts a hash of at least one field: its fields follow, then {@link #endValue}.
   *
   * @param nextExpiryMillis the earliest expiry of a field, {@link RdbKey#NONE} if none expires
   */
  void beginHash(RdbKey key, long fields, long nextExpiryMillis) throws RdbException;

  /**
   * Visits a field of the current hash; duplicates are possible.
   *
   * @param expireAtMillis Unix time, {@link RdbKey#NONE} for none
   */
  void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) throws RdbException;

  /**
   * Starts a stream: at most {@code nodes} {@link #streamNode} calls follow, then {@link #stream},
   * its groups and {@link #endValue}.
   *
   * @param type the stream's format, which determines the figures that are unknown
   */
  void beginStream(RdbKey key, RdbType type, long nodes) throws RdbException;

  /**
   * Visits entries of the current stream, above the previous ones.
   *
   * @param memory the valid listpack, with at least one entry, which may be deleted
   * @param millis the milliseconds of the listpack's base id
   * @param sequence the sequence of the listpack's base id
   */
  void streamNode(long millis, long sequence, MemorySegment memory, long offset, int length)
      throws RdbException;

  /**
   * Visits the attributes of the current stream, after its entries. Ignored by default, as are the
   * groups and consumers.
   */
  default void stream(RdbStream stream) throws RdbException {}

  /**
   * Starts a consumer group: {@link #pendingEntry} calls follow, one {@link #streamConsumers}, and
   * its consumers.
   *
   * @param millis the milliseconds of the last delivered id
   * @param sequence the sequence of the last delivered id
   * @param entriesRead the logical number of entries read, or {@link RdbStream#UNKNOWN}
   * @param pending the number of entries delivered and not acknowledged
   */
  default void streamGroup(
      RdbBytes name, long millis, long sequence, long entriesRead, long pending)
      throws RdbException {}

  /** Visits a pending entry of the group: delivered and not acknowledged. */
  default void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries)
      throws RdbException {}

  /** Visits the number of the group's consumers. */
  default void streamConsumers(long consumers) throws RdbException {}

  /**
   * Starts a consumer of the group: {@link #consumerEntry} calls follow.
   *
   * @param seenAtMillis the time of its last attempt to read
   * @param activeAtMillis the time of its last received entry, -1 for never
   */
  default void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending)
      throws RdbException {}

  /** Visits a pending entry of the current consumer. */
  default void consumerEntry(long millis, long sequence) throws RdbException {}

  void endValue() throws RdbException;

  /** Visits a key with an empty collection; a server must not keep such a key. */
  void empty(RdbKey key) throws RdbException;
}
