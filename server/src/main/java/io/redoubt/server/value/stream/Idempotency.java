package io.redoubt.server.value.stream;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;

/**
 * The idempotent ids of streams (XADD with IDMP): for each producer, which of its latest messages
 * have become which entries. A stream has a table as soon as it is used or configured, and the
 * table at most {@code maxsize} ids of each producer, none older than {@code duration}.
 *
 * <p>The ids of a stream are linked in the order of their entries, and so are those of a producer,
 * because the oldest are forgotten first. Tables that hold ids are linked, too, so that {@link
 * #expireSome} finds ids of streams to which nothing is added any more.
 *
 * <pre>
 *   table     0  the previous and the next table with ids
 *            16  duration in seconds, maxsize (4 bytes each)
 *            24  the number of ids ever added
 *            32  the number of duplicates detected
 *            40  the oldest and the newest id
 *            56  the producers by hash
 *            72  the ids by hash
 *            88  the bytes of all producers and ids
 *   producer  0  hash of its name
 *             8  the number of its ids
 *            16  its oldest and its newest id
 *            32  length of the name (4 bytes), the name
 *   id        0  the previous and the next id of the stream
 *            16  the next id of the producer
 *            24  the producer
 *            32  hash
 *            40  the id of the entry
 *            56  when it was recorded, in Unix milliseconds
 *            64  length (4 bytes), the bytes
 * </pre>
 *
 * <p>A hash may be shared: its elements in a tree differ in the low half of their keys.
 */
public final class Idempotency {
  private static final int DURATION_AT = 16;
  private static final int MAXSIZE_AT = 20;
  private static final int ADDED_AT = 24;
  private static final int DUPLICATES_AT = 32;
  private static final int FIRST_AT = 40;
  private static final int LAST_AT = 48;
  private static final int PRODUCERS_AT = 56;
  private static final int IDS_AT = PRODUCERS_AT + IdTree.HEADER_BYTES;
  private static final int BYTES_AT = IDS_AT + IdTree.HEADER_BYTES;
  private static final int TABLE_BYTES = BYTES_AT + 8;

  private static final int PRODUCER_COUNT_AT = 8;
  private static final int PRODUCER_FIRST_AT = 16;
  private static final int PRODUCER_LAST_AT = 24;
  private static final int PRODUCER_NAME_AT = 32;

  private static final int NEXT_AT = 8;
  private static final int NEXT_OF_PRODUCER_AT = 16;
  private static final int PRODUCER_AT = 24;
  private static final int HASH_AT = 32;
  private static final int ENTRY_AT = 40;
  private static final int RECORDED_AT = 56;
  private static final int TEXT_AT = 64;

  private static final int VALUE_BYTES = 8;
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private static final int TABLES_A_TICK = 256;
  private static final int IDS_A_TICK = 1024;

  private final Slabs slabs;
  private final Hash hash;
  private final IdTree producers;
  private final IdTree ids;
  private final IdTables tables = new IdTables();

  Idempotency(Keyspace keyspace) {
    slabs = keyspace.slabs();
    hash = keyspace.hash();
    producers = new IdTree(slabs, VALUE_BYTES);
    ids = new IdTree(slabs, VALUE_BYTES);
  }

  private long hash(long address, int length) {
    return hash.of(Region.MEMORY, address, length);
  }

  // Tables.

  /** Returns the table of a stream, 0 for none. */
  public static long table(long root) {
    return Region.getLong(root + StreamRoot.IDEMPOTENCY_AT);
  }

  /** Creates the table of a stream that has none. */
  public long create(long root, int durationSeconds, int maxsize) {
    long table = slabs.allocateFar(TABLE_BYTES);
    Region.zero(table, TABLE_BYTES);
    Region.putInt(table + DURATION_AT, durationSeconds);
    Region.putInt(table + MAXSIZE_AT, maxsize);
    Region.putLong(root + StreamRoot.IDEMPOTENCY_AT, table);
    return table;
  }

  /** Configures a table; other values than the current ones make it forget all ids. */
  public void configure(long table, int durationSeconds, int maxsize) {
    if (durationSeconds != durationSeconds(table) || maxsize != maxsize(table)) {
      while (first(table) != 0) {
        forgetOldest(table);
      }
    }
    Region.putInt(table + DURATION_AT, durationSeconds);
    Region.putInt(table + MAXSIZE_AT, maxsize);
  }

  public static int durationSeconds(long table) {
    return Region.getInt(table + DURATION_AT);
  }

  /** Returns the most ids kept of each producer. */
  public static int maxsize(long table) {
    return Region.getInt(table + MAXSIZE_AT);
  }

  /** Returns the number of ids ever added to a table. */
  public static long added(long table) {
    return Region.getLong(table + ADDED_AT);
  }

  /** Returns the number of messages that were not added because their id was known. */
  public static long duplicates(long table) {
    return Region.getLong(table + DUPLICATES_AT);
  }

  public static void setCounts(long table, long added, long duplicates) {
    Region.putLong(table + ADDED_AT, added);
    Region.putLong(table + DUPLICATES_AT, duplicates);
  }

  public static void countDuplicate(long table) {
    Region.putLong(table + DUPLICATES_AT, StreamRoot.next(duplicates(table)));
  }

  /** Returns the number of producers with ids. */
  public static long producers(long table) {
    return IdTree.size(table + PRODUCERS_AT);
  }

  /** Returns the number of ids of all producers. */
  public static long ids(long table) {
    return IdTree.size(table + IDS_AT);
  }

  // Ids.

  /** Returns the oldest id of a table, 0 for none. */
  public static long first(long table) {
    return Region.getLong(table + FIRST_AT);
  }

  /** Returns the newest id of a table, 0 for none. */
  public static long last(long table) {
    return Region.getLong(table + LAST_AT);
  }

  /** Returns the id after another one, 0 for none. */
  public static long next(long each) {
    return Region.getLong(each + NEXT_AT);
  }

  /** Returns the address of the id of an idempotent id's entry. */
  public static long entryId(long each) {
    return each + ENTRY_AT;
  }

  /** Returns the address of the bytes of an id. */
  public static long text(long each) {
    return each + TEXT_AT + Integer.BYTES;
  }

  /** Returns the length of an id in bytes. */
  public static int textLength(long each) {
    return Region.getInt(each + TEXT_AT);
  }

  public static long producer(long each) {
    return Region.getLong(each + PRODUCER_AT);
  }

  /** Returns the address of the name of a producer. */
  public static long name(long producer) {
    return producer + PRODUCER_NAME_AT + Integer.BYTES;
  }

  /** Returns the length of the name of a producer in bytes. */
  public static int nameLength(long producer) {
    return Region.getInt(producer + PRODUCER_NAME_AT);
  }

  /** Returns the id of a producer, 0 if it is unknown. The oldest due ones are forgotten first. */
  public long find(
      long table, long name, int nameLength, long text, int textLength, long nowMillis) {
    expire(table, IDS_A_TICK, nowMillis);
    long producer = findProducer(table, hash(name, nameLength), name, nameLength);
    if (producer == 0) {
      return 0;
    }
    long found = find(table, producer, idHash(producer, text, textLength), text, textLength);
    return found == 0 || isDue(table, found, nowMillis) ? 0 : found;
  }

  private long idHash(long producer, long text, int length) {
    return hash(text, length) ^ producer * MIX;
  }

  private long findProducer(long table, long hashed, long name, int length) {
    producers.pointTo(table + PRODUCERS_AT);
    long element = producers.ceiling(hashed, 0);
    while (element != 0 && IdTree.high(element) == hashed) {
      long producer = Region.getLong(IdTree.value(element));
      if (equal(name(producer), nameLength(producer), name, length)) {
        return producer;
      }
      element = producers.next();
    }
    return 0;
  }

  private long find(long table, long producer, long hashed, long text, int length) {
    ids.pointTo(table + IDS_AT);
    long element = ids.ceiling(hashed, 0);
    while (element != 0 && IdTree.high(element) == hashed) {
      long each = Region.getLong(IdTree.value(element));
      if (producer(each) == producer && equal(text(each), textLength(each), text, length)) {
        return each;
      }
      element = ids.next();
    }
    return 0;
  }

  private static boolean equal(long a, int aLength, long b, int bLength) {
    return aLength == bLength && Region.compare(a, aLength, b, bLength) == 0;
  }

  /**
   * Records the entry of a message whose id is unknown. The oldest id of the producer is forgotten
   * if it has too many.
   */
  public void record(
      long table,
      long name,
      int nameLength,
      long text,
      int textLength,
      StreamId entry,
      long nowMillis) {
    long nameHash = hash(name, nameLength);
    long producer = findProducer(table, nameHash, name, nameLength);
    if (producer != 0 && Region.getLong(producer + PRODUCER_COUNT_AT) >= maxsize(table)) {
      forget(table, Region.getLong(producer + PRODUCER_FIRST_AT));
      producer = findProducer(table, nameHash, name, nameLength);
    }
    boolean isNew = producer == 0;
    if (isNew) {
      producer = newProducer(table, nameHash, name, nameLength);
    }
    try {
      long old = find(table, producer, idHash(producer, text, textLength), text, textLength);
      if (old != 0 && !isNew) {
        forget(table, old); // it is due
        record(table, name, nameLength, text, textLength, entry, nowMillis);
        return;
      }
      add(table, producer, text, textLength, entry, nowMillis);
    } catch (OutOfMemoryError full) {
      if (isNew) {
        freeProducer(table, producer);
      }
      throw full;
    }
  }

  private long newProducer(long table, long hashed, long name, int length) {
    long bytes = PRODUCER_NAME_AT + Integer.BYTES + (long) length;
    long producer = slabs.allocateFar(bytes);
    try {
      producers.pointTo(table + PRODUCERS_AT);
      put(producers, hashed, producer);
    } catch (OutOfMemoryError full) {
      slabs.free(producer, bytes);
      throw full;
    }
    Region.zero(producer, PRODUCER_NAME_AT);
    Region.putLong(producer, hashed);
    Region.putInt(producer + PRODUCER_NAME_AT, length);
    Region.copy(name, name(producer), length);
    addBytes(table, slabs.blockBytes(bytes));
    return producer;
  }

  private static void put(IdTree tree, long hashed, long block) {
    long low = 0;
    long element = tree.put(hashed, low);
    while (!tree.added()) {
      low++;
      element = tree.put(hashed, low);
    }
    Region.putLong(IdTree.value(element), block);
  }

  private static void remove(IdTree tree, long hashed, long block) {
    long element = tree.ceiling(hashed, 0);
    while (Region.getLong(IdTree.value(element)) != block) {
      element = tree.next();
    }
    boolean unused = tree.remove(hashed, IdTree.low(element));
  }

  private void add(
      long table, long producer, long text, int length, StreamId entry, long nowMillis) {
    long hashed = idHash(producer, text, length);
    long bytes = TEXT_AT + Integer.BYTES + (long) length;
    long added = slabs.allocateFar(bytes);
    try {
      ids.pointTo(table + IDS_AT);
      put(ids, hashed, added);
    } catch (OutOfMemoryError full) {
      slabs.free(added, bytes);
      throw full;
    }
    Region.putLong(added + PRODUCER_AT, producer);
    Region.putLong(added + HASH_AT, hashed);
    entry.store(added + ENTRY_AT);
    // The entry's own time, so that a restart does not prolong the duration, unless it is not one.
    boolean isPast = Long.compareUnsigned(entry.millis(), nowMillis) <= 0;
    Region.putLong(added + RECORDED_AT, isPast ? entry.millis() : nowMillis);
    Region.putInt(added + TEXT_AT, length);
    Region.copy(text, text(added), length);
    link(table, producer, added);
    addBytes(table, slabs.blockBytes(bytes));
    Region.putLong(table + ADDED_AT, StreamRoot.next(added(table)));
    Region.putLong(producer + PRODUCER_COUNT_AT, Region.getLong(producer + PRODUCER_COUNT_AT) + 1);
  }

  private void link(long table, long producer, long added) {
    long last = last(table);
    if (last == 0) {
      tables.add(table);
      Region.putLong(table + FIRST_AT, added);
    } else {
      Region.putLong(last + NEXT_AT, added);
    }
    Region.putLong(added, last);
    Region.putLong(added + NEXT_AT, 0);
    Region.putLong(added + NEXT_OF_PRODUCER_AT, 0);
    Region.putLong(table + LAST_AT, added);
    long lastOfProducer = Region.getLong(producer + PRODUCER_LAST_AT);
    Region.putLong(
        lastOfProducer == 0 ? producer + PRODUCER_FIRST_AT : lastOfProducer + NEXT_OF_PRODUCER_AT,
        added);
    Region.putLong(producer + PRODUCER_LAST_AT, added);
  }

  private static void addBytes(long table, long bytes) {
    Region.putLong(table + BYTES_AT, Region.getLong(table + BYTES_AT) + bytes);
  }

  /** Removes the id recorded last, whose entry could not be added. */
  public void forgetNewest(long table) {
    forget(table, last(table));
    Region.putLong(table + ADDED_AT, added(table) - 1);
  }

  private void forgetOldest(long table) {
    forget(table, first(table));
  }

  private void forget(long table, long each) {
    long previous = Region.getLong(each);
    long following = next(each);
    Region.putLong(previous == 0 ? table + FIRST_AT : previous + NEXT_AT, following);
    Region.putLong(following == 0 ? table + LAST_AT : following, previous);
    long producer = producer(each);
    unlinkOfProducer(producer, each);
    ids.pointTo(table + IDS_AT);
    remove(ids, Region.getLong(each + HASH_AT), each);
    long bytes = TEXT_AT + Integer.BYTES + (long) textLength(each);
    addBytes(table, -slabs.blockBytes(bytes));
    slabs.free(each, bytes);
    if (Region.getLong(producer + PRODUCER_COUNT_AT) == 0) {
      freeProducer(table, producer);
    }
    if (first(table) == 0) {
      tables.remove(table);
    }
  }

  /** Unlinks an id of a producer: its oldest, as a rule. */
  private static void unlinkOfProducer(long producer, long each) {
    long before = 0;
    for (long at = Region.getLong(producer + PRODUCER_FIRST_AT); at != each; ) {
      before = at;
      at = Region.getLong(at + NEXT_OF_PRODUCER_AT);
    }
    long after = Region.getLong(each + NEXT_OF_PRODUCER_AT);
    Region.putLong(
        before == 0 ? producer + PRODUCER_FIRST_AT : before + NEXT_OF_PRODUCER_AT, after);
    if (after == 0) {
      Region.putLong(producer + PRODUCER_LAST_AT, before);
    }
    Region.putLong(producer + PRODUCER_COUNT_AT, Region.getLong(producer + PRODUCER_COUNT_AT) - 1);
  }

  private void freeProducer(long table, long producer) {
    producers.pointTo(table + PRODUCERS_AT);
    remove(producers, Region.getLong(producer), producer);
    long bytes = PRODUCER_NAME_AT + Integer.BYTES + (long) nameLength(producer);
    addBytes(table, -slabs.blockBytes(bytes));
    slabs.free(producer, bytes);
  }

  // Expiry.

  private static boolean isDue(long table, long each, long nowMillis) {
    return nowMillis - Region.getLong(each + RECORDED_AT) >= durationSeconds(table) * 1000L;
  }

  /** Forgets up to {@code most} due ids of a table, the oldest first; returns their number. */
  private int expire(long table, int most, long nowMillis) {
    int count = 0;
    while (count < most && first(table) != 0 && isDue(table, first(table), nowMillis)) {
      forgetOldest(table);
      count++;
    }
    return count;
  }

  /**
   * Forgets some due ids of some streams. A snapshot in progress need not be told: it may contain
   * them or not.
   */
  public void expireSome(long nowMillis) {
    int most = IDS_A_TICK;
    for (int i = 0; i < TABLES_A_TICK && most > 0 && !tables.isEmpty(); i++) {
      most -= expire(tables.advance(), most, nowMillis);
      if (tables.isAtEnd()) {
        break;
      }
    }
  }

  /** Takes over the tables of a spare keyspace, whose streams move to this one. */
  void takeOver(Idempotency spare) {
    tables.takeOver(spare.tables);
  }

  // Whole tables.

  /** Frees a small part of a stream's table; returns false when there is none. */
  boolean dismantle(long root) {
    long table = table(root);
    if (table == 0) {
      return false;
    }
    for (int i = 0; i < IDS_A_STEP && first(table) != 0; i++) {
      forgetOldest(table);
    }
    if (first(table) == 0) {
      Region.putLong(root + StreamRoot.IDEMPOTENCY_AT, 0);
      slabs.free(table, TABLE_BYTES);
    }
    return true;
  }

  private static final int IDS_A_STEP = 32;

  /** Returns the number of elements that determines the time to free a stream's table. */
  long elements(long root) {
    long table = table(root);
    return table == 0 ? 0 : 1 + ids(table);
  }

  /** Copies the table of a stream, if any, to a stream without one. */
  void copy(long root, long toRoot) {
    long table = table(root);
    if (table == 0) {
      return;
    }
    long copy = create(toRoot, durationSeconds(table), maxsize(table));
    StreamId entry = new StreamId();
    for (long each = first(table); each != 0; each = next(each)) {
      entry.load(entryId(each));
      long producer = producer(each);
      record(
          copy,
          name(producer),
          nameLength(producer),
          text(each),
          textLength(each),
          entry,
          Region.getLong(each + RECORDED_AT));
    }
    setCounts(copy, added(table), duplicates(table));
  }

  /** Returns the bytes of a stream's table. */
  long sizeBytes(long root) {
    long table = table(root);
    if (table == 0) {
      return 0;
    }
    producers.pointTo(table + PRODUCERS_AT);
    ids.pointTo(table + IDS_AT);
    return slabs.blockBytes(TABLE_BYTES)
        + Region.getLong(table + BYTES_AT)
        + producers.sizeBytes()
        + ids.sizeBytes();
  }
}
