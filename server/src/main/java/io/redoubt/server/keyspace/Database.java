package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;

/**
 * One database: entries by key.
 *
 * <p>Keys and values are passed as region addresses and lengths. Methods that change an entry may
 * move it and return its new address. After any change, addresses of other entries stay valid only
 * until those are removed. Reads move nothing.
 *
 * <p>Every change of an entry calls {@link #beforeChange} first, so that a running {@link Walk}
 * sees its old state.
 */
public final class Database {

  /** In place of an expiry time: keeps the current one of the key, if any. */
  public static final long KEEP_EXPIRY = -2;

  /** The index of a database outside of the keyspace. */
  static final int APART = -1;

  private final KeyspaceContext context;
  private final Slabs slabs;
  private final EntryShapes shapes;
  private final int index;
  private Contents contents;
  private Expiries expiries;

  /**
   * Creates an empty database.
   *
   * @param index its index in the keyspace, or {@link #APART}
   */
  Database(KeyspaceContext context, int index) {
    this.context = context;
    this.index = index;
    slabs = context.slabs();
    shapes = new EntryShapes(slabs);
    contents = context.newContents(index);
    expiries = contents.expiries;
  }

  Contents contents() {
    return contents;
  }

  void setContents(Contents exchanged) {
    contents = exchanged;
    expiries = exchanged.expiries;
  }

  /** Returns the index of this database in the context. */
  public int index() {
    return index;
  }

  /** Returns the state that this database shares with the others of its context. */
  public KeyspaceContext context() {
    return context;
  }

  /** Returns the memory of its entries. */
  public Slabs slabs() {
    return slabs;
  }

  /** Returns the number of entries, including due ones that have not been removed. */
  public long size() {
    return contents.size();
  }

  /** Returns the expiry order of the entries; {@link #clear} replaces it. */
  public Expiries expiries() {
    return expiries;
  }

  // Lookups.

  /** Returns the hash of a key, which selects its table and bucket. */
  long hash(long keyAddress, int keyLength) {
    return contents.hash(keyAddress, keyLength);
  }

  /** Returns the entry of a key, or 0; ignores its expiry time. */
  public long find(long keyAddress, int keyLength) {
    long hash = hash(keyAddress, keyLength);
    return contents.table(hash).find(hash, keyAddress, keyLength);
  }

  /**
   * Returns the entry of a key, or 0. If it is due, the keyspace's {@link ExpiredKeys} policy
   * applies.
   */
  public long findLive(long keyAddress, int keyLength) {
    long entry = find(keyAddress, keyLength);
    if (entry == 0 || !isDue(entry)) {
      return entry;
    }
    return switch (context.expiredKeys()) {
      case KEEP -> entry;
      case HIDE -> 0;
      case DELETE -> {
        expire(entry);
        yield 0;
      }
    };
  }

  public boolean isDue(long entry) {
    return Entry.expires(entry) && Entry.expireAt(entry) < context.nowMillis();
  }

  public void touch(long entry) {
    context.accessClock().touch(entry, context.nowMillis());
  }

  /** Returns a uniformly random entry, due or not; 0 if there is none. */
  public long randomEntry() {
    return contents.random(context.random());
  }

  /**
   * Passes the entries at a position of the scan order to a consumer. An entry present from the
   * start of a scan to its end is passed at least once. The consumer may remove the entry that it
   * receives, but change nothing else.
   *
   * @param cursor 0 to start, or the result of the previous call
   * @return the next cursor; 0 at the end
   */
  public long scan(long cursor, BlockConsumer consumer) {
    return contents.scan(cursor, consumer);
  }

  /**
   * Scans as {@link #scan}, but may leave out entries whose keys a glob pattern does not match: on
   * a cluster node it looks only at the slot that the pattern names, if it names one.
   */
  public long scan(long cursor, long pattern, int patternLength, BlockConsumer consumer) {
    SlotTables slots = contents.slots;
    if (slots == null) {
      return scan(cursor, consumer);
    }
    int slot = KeySlot.ofPattern(Region.MEMORY, pattern, patternLength);
    return slot < 0 ? scan(cursor, consumer) : slots.scanOnly(slot, cursor, consumer);
  }

  /**
   * Passes all entries to a consumer, which may remove the entry that it receives, but change
   * nothing else.
   */
  public void forEach(BlockConsumer consumer) {
    contents.forEach(consumer);
  }

  /** Returns the bytes that the tables of entries take. */
  public long tableBytes() {
    return contents.tableBytes();
  }

  /**
   * Returns the bytes of an entry, its value and its share of the tables.
   *
   * @param samples the number of elements from which the size of a large value is estimated, 0 for
   *     all
   */
  public long memoryUsage(long entry, long samples) {
    ByteTable table = contents.table(hashOf(entry));
    long usage = slabs.blockBytes(Entry.sizeBytes(entry)) + table.bucketBytes() / table.size();
    int encoding = Entry.encoding(entry);
    if (Encoding.ownsBlock(encoding)) {
      usage += slabs.blockBytes(OwnBlock.blockBytes(Entry.payloadAddress(entry)));
    } else if (Encoding.isStructure(encoding)) {
      Structures kind = context.garbage().kind(Entry.type(entry));
      usage += kind.sizeBytes(Entry.root(entry), samples);
    }
    return usage;
  }

  // Insertions and replacements.

  /**
   * Sizes an empty database for the given number of entries. Has no effect on tables by slot, since
   * the numbers of entries in each slot are unknown.
   */
  public void expect(long count) {
    if (contents.slots == null) {
      contents.entries.expect(count);
    }
  }

  /**
   * Sets a key to a string, replacing any value. The string is stored as a number if it is the
   * canonical form of a 64-bit one. Key and value must not lie in an entry of this database, unless
   * it is another key's.
   *
   * @param expireAt the expiry time in milliseconds since 1970, {@link Entry#NO_EXPIRY} or {@link
   *     #KEEP_EXPIRY}
   * @return the entry
   */
  public long putString(
      long keyAddress, int keyLength, long valueAddress, int valueLength, long expireAt) {
    if (valueLength <= Numbers.MAX_LONG_LENGTH) {
      long number = Numbers.parseLong(Region.MEMORY, valueAddress, valueLength, 0);
      if (number != 0 || Numbers.isZero(Region.MEMORY, valueAddress, valueLength)) {
        return putInteger(keyAddress, keyLength, number, expireAt);
      }
    }
    return putText(keyAddress, keyLength, valueAddress, valueLength, expireAt);
  }

  /** Sets a key to a string as {@link #putString} does, but never stores it as a number. */
  public long putText(
      long keyAddress, int keyLength, long valueAddress, int valueLength, long expireAt) {
    if (valueLength > Encoding.MAX_INLINE_LENGTH) {
      long block = slabs.allocateFar(valueLength);
      Region.copy(valueAddress, block, valueLength);
      try {
        return putBlock(keyAddress, keyLength, block, valueLength, block, valueLength, expireAt);
      } catch (OutOfMemoryError full) {
        slabs.free(block, valueLength);
        throw full;
      }
    }
    int payloadBytes = BlockLength.size(valueLength) + valueLength;
    long entry = put(keyAddress, keyLength, Type.STRING, Encoding.INLINE, payloadBytes, expireAt);
    Region.copy(
        valueAddress, BlockLength.put(Entry.payloadAddress(entry), valueLength), valueLength);
    return entry;
  }

  /**
   * Sets a key to a string that is too long for an entry and already in a block of its own, which
   * the entry takes over; see {@link #putString}. If this fails, the block stays the caller's.
   *
   * @param block the start of the block, at most {@link OwnBlock#MAX_LEAD_BYTES} before the string
   * @param blockBytes its size, as passed to the slabs
   * @return the entry
   */
  public long putBlock(
      long keyAddress,
      int keyLength,
      long block,
      long blockBytes,
      long valueAddress,
      int valueLength,
      long expireAt) {
    long entry =
        put(
            keyAddress,
            keyLength,
            Type.STRING,
            Encoding.OWN_BLOCK,
            Encoding.OWN_BLOCK_BYTES,
            expireAt);
    long lead = valueAddress - block;
    long payload = Entry.payloadAddress(entry);
    OwnBlock.put(payload, valueAddress, lead, valueLength, (int) (blockBytes - lead));
    return entry;
  }

  /** Sets a key to a number; see {@link #putString}. */
  public long putInteger(long keyAddress, int keyLength, long value, long expireAt) {
    long entry =
        put(keyAddress, keyLength, Type.STRING, Encoding.INTEGER, Encoding.INTEGER_BYTES, expireAt);
    Region.putLong(Entry.payloadAddress(entry), value);
    return entry;
  }

  /**
   * Adds an entry without expiry for a key that is absent. The payload must be written immediately.
   */
  public long create(long keyAddress, int keyLength, Type type, int encoding, int payloadBytes) {
    long hash = contents.hash(keyAddress, keyLength);
    long old = contents.table(hash).find(hash, keyAddress, keyLength);
    if (old != 0) {
      if (!isDue(old)) {
        throw new IllegalStateException("there is such a key");
      }
      expire(old);
    }
    long entry = make(keyAddress, keyLength, type, encoding, false, payloadBytes);
    insert(hash, entry, Entry.NO_EXPIRY);
    return entry;
  }

  /**
   * Adds an entry without expiry for a key that is absent. The structure is freed if there is no
   * memory for the entry.
   */
  public long createStructure(long keyAddress, int keyLength, Type type, long root) {
    long entry;
    try {
      entry = create(keyAddress, keyLength, type, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
    } catch (OutOfMemoryError full) {
      context.freeStructure(type, root);
      throw full;
    }
    Region.putLong(Entry.payloadAddress(entry), root);
    return entry;
  }

  /** Replaces any entry of a key by one without expiry. The payload must be written immediately. */
  public long replace(long keyAddress, int keyLength, Type type, int encoding, int payloadBytes) {
    return put(keyAddress, keyLength, type, encoding, payloadBytes, Entry.NO_EXPIRY);
  }

  /** Adds or reshapes the entry of a key; the caller must write the payload. */
  private long put(
      long keyAddress, int keyLength, Type type, int encoding, int payloadBytes, long expireAt) {
    long hash = contents.hash(keyAddress, keyLength);
    long old = contents.table(hash).find(hash, keyAddress, keyLength);
    if (old != 0 && isDue(old) && context.expiredKeys() == ExpiredKeys.DELETE) {
      expire(old); // not overwritten, because the expiry must be propagated and published
      old = 0;
    }
    if (old == 0) {
      long entry = make(keyAddress, keyLength, type, encoding, expireAt >= 0, payloadBytes);
      insert(hash, entry, Math.max(expireAt, Entry.NO_EXPIRY));
      return entry;
    }
    beforeChange(old);
    context.noteReplaced(old);
    long oldExpireAt = Entry.expireAt(old);
    long newExpireAt = expireAt == KEEP_EXPIRY ? oldExpireAt : expireAt;
    OldValue oldValue = context.oldValue(old);
    long nextElementExpiry = Entry.nextElementExpiry(old);
    // Allocation comes first: if it fails for lack of memory, nothing has changed.
    if (newExpireAt >= 0) {
      expiries.ensureAdd();
    }
    long entry =
        shapes.reshape(contents, hash, old, type, encoding, newExpireAt >= 0, payloadBytes, 0);
    expiries.removeElements(nextElementExpiry, old);
    oldValue.free();
    AccessClock clock = context.accessClock();
    if (!clock.isLfu()) {
      Entry.putAccessClock(entry, clock.fresh(context.nowMillis()));
    }
    if (oldExpireAt != newExpireAt || entry != old) {
      if (oldExpireAt >= 0) {
        expiries.remove(oldExpireAt, old);
      }
      if (newExpireAt >= 0) {
        expiries.add(entry, newExpireAt);
      }
    }
    return entry;
  }

  /** Adds an entry before its payload is written, or frees it if there is no memory. */
  private void insert(long hash, long entry, long expireAt) {
    try {
      link(hash, entry, expireAt);
    } catch (OutOfMemoryError full) {
      slabs.free(entry, Entry.sizeBytes(entry));
      throw full;
    }
    if (index != APART) {
      reportAdded(entry);
    }
  }

  /** Reports that an absent key was added in any way. */
  void reportAdded(long entry) {
    context.listener().onAdded(this, entry);
  }

  /** Adds an entry to the order of expiries and to the table, or to neither. */
  private void link(long hash, long entry, long expireAt) {
    if (expireAt != Entry.NO_EXPIRY) {
      expiries.add(entry, expireAt);
    }
    try {
      context.beforeInsert();
      contents.insert(hash, entry);
    } catch (OutOfMemoryError full) {
      if (expireAt != Entry.NO_EXPIRY) {
        expiries.remove(expireAt, entry);
      }
      throw full;
    }
  }

  /** Adds a complete entry to the orders of expiries and to the table, or to none of them. */
  void linkWhole(long entry, long expireAt) {
    expiries.addElements(entry);
    try {
      link(hashOf(entry), entry, expireAt);
    } catch (OutOfMemoryError full) {
      expiries.removeElements(Entry.nextElementExpiry(entry), entry);
      throw full;
    }
  }

  /** Creates an entry that is in no table yet. */
  long make(
      long keyAddress, int keyLength, Type type, int encoding, boolean expires, int payloadBytes) {
    long entry = slabs.allocate(Entry.sizeBytes(keyLength, expires, payloadBytes));
    int clock = context.accessClock().fresh(context.nowMillis());
    Entry.write(entry, type, encoding, context.walks().epoch(), clock, keyAddress, keyLength);
    Entry.putForm(entry, type, encoding, expires);
    return entry;
  }

  /** Moves an entry to another block; returns the entry. */
  long relocate(long entry) {
    return shapes.relocate(contents, entry);
  }

  /**
   * Changes the encoding and size of an entry's payload, keeping its first bytes. The caller
   * handles whatever the old payload refers to, and has called {@link #beforeChange}.
   *
   * @return the entry, which may have moved
   */
  public long resize(long entry, int encoding, int payloadBytes) {
    return shapes.resize(contents, entry, encoding, payloadBytes);
  }

  /**
   * Sets the expiry time of a structure's next element; {@link #beforeChange} has been called.
   *
   * @param millis milliseconds since 1970, or {@link Entry#NO_EXPIRY}
   * @return the entry, which may have moved
   */
  public long nextElementExpiry(long entry, long millis) {
    return shapes.nextElementExpiry(contents, entry, millis);
  }

  /**
   * Notifies a running walk that an entry's value is about to change in place; the methods of this
   * class call it themselves.
   */
  public void beforeChange(long entry) {
    context.beforeChange(contents, entry);
    context.accessClock().onModified(entry, context.nowMillis());
  }

  private long hashOf(long entry) {
    return contents.hashOf(entry);
  }

  // Removals.

  /** Removes a key; returns true if it was present. */
  public boolean delete(long keyAddress, int keyLength) {
    long entry = find(keyAddress, keyLength);
    if (entry == 0) {
      return false;
    }
    remove(entry);
    return true;
  }

  /** Removes an entry; a large value is freed later. */
  public void remove(long entry) {
    detach(entry);
    context.garbage().free(entry);
  }

  /** Removes an entry from the table and the order of expiries; its block and value remain. */
  void detach(long entry) {
    beforeChange(entry);
    contents.remove(hashOf(entry), entry);
    if (Entry.expires(entry)) {
      expiries.remove(Entry.expireAt(entry), entry);
    }
    expiries.removeElements(Entry.nextElementExpiry(entry), entry);
  }

  public void expire(long entry) {
    context.listener().onExpired(this, entry);
    remove(entry);
  }

  /** Removes all entries, and leaves the freeing to {@link Keyspace#freeSome}. */
  public void clear() {
    if (size() == 0) {
      return;
    }
    context.held().onReplaced();
    Contents cleared = contents;
    setContents(context.newContents(index)); // first, since it may find no memory
    context.garbage().add(cleared);
  }

  // Expiry.

  /**
   * Sets the expiry time of an entry.
   *
   * @param millis milliseconds since 1970, not negative
   * @return the entry, which may have moved
   */
  public long setExpiry(long entry, long millis) {
    beforeChange(entry);
    return shapes.setExpiry(contents, entry, millis);
  }

  /** Removes the expiry time of an entry; returns the entry, which may have moved. */
  public long persist(long entry) {
    if (!Entry.expires(entry)) {
      return entry;
    }
    beforeChange(entry);
    return shapes.persist(contents, entry);
  }
}
