package io.redoubt.persistence.packed;

import java.lang.foreign.MemorySegment;

/**
 * The listpack of consecutive entries of a stream. Their ids are relative to a base id stored next
 * to the listpack, the id of its original first entry.
 *
 * <pre>
 * head    number of entries, number of deleted ones, number n of fields, n field names, 0
 * entries
 *
 * entry   flags: 1 deleted, 2 has the fields of the head
 *         milliseconds and sequence, as differences to the base id
 *         n values, if it has the head's fields; else a number m and m fields and values in turn
 *         the number of elements of the entry before this one
 * </pre>
 *
 * <p>This class validates untrusted listpacks. An instance is reusable and keeps the figures of the
 * last one.
 */
public final class StreamListpack {

  /** The flag of a deleted entry. */
  public static final int DELETED = 1;

  /** The flag of an entry that has the head's fields. */
  public static final int SAME_FIELDS = 2;

  /** The number of elements that start an entry: its flags and the two halves of its id. */
  public static final int FIXED_ELEMENTS = 3;

  /** The maximum growth in bytes when the counts of a listpack are corrected. */
  public static final int MAX_GROWTH_BYTES = 20;

  private MemorySegment memory = MemorySegment.NULL;
  private long start;
  private long end;
  private long at; // the next element, which is not validated yet,
  private long elements; // and the number of those before it
  private long entries;
  private long firstMillis;
  private long firstSequence;
  private long lastMillis;
  private long lastSequence;
  private long deletedEntries;
  private boolean wrongCounts;

  /** Returns the number of live entries of the listpack checked last. */
  public long entries() {
    return entries;
  }

  /** Returns the milliseconds of its first entry, deleted or not. */
  public long firstMillis() {
    return firstMillis;
  }

  /** Returns the sequence of its first entry, deleted or not. */
  public long firstSequence() {
    return firstSequence;
  }

  /** Returns the milliseconds of its last entry, deleted or not. */
  public long lastMillis() {
    return lastMillis;
  }

  /** Returns the sequence of its last entry, deleted or not. */
  public long lastSequence() {
    return lastSequence;
  }

  /**
   * Validates every byte of an untrusted listpack against the format above: ids ascend. All entries
   * may be deleted, because trimming by id can leave such a node in Redis. The counts in the head
   * may be wrong, as Redis loads such nodes: {@link #correctCounts}.
   *
   * @param length the number of bytes available
   * @param millis the milliseconds of the base id
   * @param sequence the sequence of the base id
   * @throws PackedException if it is not valid
   */
  public void check(
      MemorySegment nodeMemory, long nodeStart, long length, long millis, long sequence)
      throws PackedException {
    end = ListpackCheck.validateEnds(nodeMemory, nodeStart, length);
    memory = nodeMemory;
    start = nodeStart;
    at = Listpack.firstPosition(start);
    elements = 0;
    final long alive = size();
    final long deleted = size();
    long fields = size();
    skip(fields);
    if (integer() != 0) {
      throw wrong("head of a stream's listpack has no end");
    }
    entries = 0;
    long total = 0;
    while (at < end) {
      if (entry(millis, sequence, fields, total == 0)) {
        entries++;
      }
      total++;
    }
    ListpackCheck.validateCount(memory, start, elements);
    deletedEntries = total - entries;
    wrongCounts = entries != alive || deletedEntries != deleted;
  }

  /** Returns true if the listpack checked last has no entries, not even deleted ones. */
  public boolean isEmpty() {
    return entries == 0 && deletedEntries == 0;
  }

  /** Returns true if the head of the listpack checked last has wrong counts of entries. */
  public boolean hasWrongCounts() {
    return wrongCounts;
  }

  /**
   * Writes the listpack checked last with the right counts.
   *
   * @param target has {@link #MAX_GROWTH_BYTES} bytes more than the listpack from {@code to} on
   * @return its size in bytes
   */
  public long correctCounts(MemorySegment target, long to) {
    long alive = Listpack.first(memory, start);
    long written = Listpack.replace(memory, start, alive, entries, target, to);
    long deleted = Listpack.next(target, written);
    Listpack.replace(target, to, deleted, deletedEntries, target, to);
    return Listpack.sizeBytes(target, to);
  }

  private boolean entry(long millis, long sequence, long headFields, boolean first)
      throws PackedException {
    long flags = integer();
    if (flags < 0 || flags > (DELETED | SAME_FIELDS)) {
      throw wrong("flags of a stream's entry are unknown");
    }
    long entryMillis = millis + integer();
    long entrySequence = sequence + integer();
    if (!first && compare(entryMillis, entrySequence, lastMillis, lastSequence) <= 0) {
      throw wrong("ids of a stream's entries are not in ascending order");
    }
    if (first) {
      firstMillis = entryMillis;
      firstSequence = entrySequence;
    }
    lastMillis = entryMillis;
    lastSequence = entrySequence;
    long expected = FIXED_ELEMENTS;
    if ((flags & SAME_FIELDS) != 0) {
      skip(headFields);
      expected += headFields;
    } else {
      long fields = size();
      skip(fields * 2);
      expected += 1 + fields * 2;
    }
    if (integer() != expected) {
      throw wrong("number of elements of a stream's entry is wrong");
    }
    return (flags & DELETED) == 0;
  }

  /** Compares two ids. */
  public static int compare(long millis, long sequence, long otherMillis, long otherSequence) {
    int byMillis = Long.compareUnsigned(millis, otherMillis);
    return byMillis != 0 ? byMillis : Long.compareUnsigned(sequence, otherSequence);
  }

  private long integer() throws PackedException {
    long entry = at;
    next();
    if (!Listpack.isInteger(memory, entry)) {
      throw wrong(entry, "text instead of a number in a stream's listpack");
    }
    return Listpack.integer(memory, entry);
  }

  /** Validates an element and passes it by. */
  private void next() throws PackedException {
    if (at == end) {
      throw new PackedException(0, "stream's listpack ends early");
    }
    at = ListpackCheck.validateEntry(memory, start, at, end);
    elements++;
  }

  /** Reads a count, which can't exceed the size of a listpack. */
  private long size() throws PackedException {
    long value = integer();
    if (value < 0 || value > Listpack.MAX_BYTES) {
      throw wrong("count in a stream's listpack is out of range");
    }
    return value;
  }

  private void skip(long count) throws PackedException {
    for (long i = 0; i < count; i++) {
      next();
    }
  }

  private PackedException wrong(String reason) {
    return wrong(at, reason);
  }

  private PackedException wrong(long entry, String reason) {
    return new PackedException(entry == end ? 0 : entry - start, reason);
  }
}
