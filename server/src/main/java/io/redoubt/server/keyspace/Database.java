package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;

/**
 * One database: entries by key.
 *
 * <p>Keys and values are given as region addresses and lengths. What changes an entry may move it,
 * and says where it is afterwards; any change makes addresses of other entries good no longer than
 * that they are not removed. Reading moves nothing.
 *
 * <p>Every change of an entry passes {@link #beforeChange} first: there a running {@link Walk} gets
 * to see it as it was.
 */
public final class Database {

  /** In the place of an expiry time: the one that the key has, if any. */
  public static final long KEEP_EXPIRY = -2;

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final int index;
  private Contents contents;
  private ByteTable entries;
  private Expiries expiries;

  Database(Keyspace keyspace, int index) {
    this.keyspace = keyspace;
    this.index = index;
    slabs = keyspace.slabs();
    contents = keyspace.newContents();
    entries = contents.entries;
    expiries = contents.expiries;
  }

  Contents contents() {
    return contents;
  }

  ByteTable entries() {
    return entries;
  }

  void contents(Contents exchanged) {
    contents = exchanged;
    entries = exchanged.entries;
    expiries = exchanged.expiries;
  }

  /** Which of the keyspace's databases it is. */
  public int index() {
    return index;
  }

  /** The keyspace that it is in. */
  public Keyspace keyspace() {
    return keyspace;
  }

  /** How many entries it has, those included whose time has come and that are still there. */
  public long size() {
    return entries.size();
  }

  /** Which of the entries expire. */
  public Expiries expiries() {
    return expiries;
  }

  // Finding.

  /** The entry of a key, or 0; its expiry time is not looked at. */
  public long find(long keyAddress, int keyLength) {
    return entries.find(keyAddress, keyLength);
  }

  /**
   * The entry of a key, or 0. When its time has come, what the keyspace says for {@link
   * ExpiredKeys} is done.
   */
  public long findLive(long keyAddress, int keyLength) {
    long entry = entries.find(keyAddress, keyLength);
    if (entry == 0 || !isDue(entry)) {
      return entry;
    }
    return switch (keyspace.expiredKeys()) {
      case KEEP -> entry;
      case HIDE -> 0;
      case DELETE -> {
        expire(entry);
        yield 0;
      }
    };
  }

  /** Whether an entry's time has come. */
  public boolean isDue(long entry) {
    return Entry.expires(entry) && Entry.expireAt(entry) < keyspace.nowMillis();
  }

  /** Notes an access. */
  public void touch(long entry) {
    keyspace.accessClock().touch(entry, keyspace.nowMillis());
  }

  /** An entry by chance, each as likely as another, its time come or not; 0 when there is none. */
  public long randomEntry() {
    return entries.random(keyspace.chance());
  }

  /**
   * Hands over a few entries at a place of the scan order. What is there from a scan's start to its
   * end is handed over at least once. The consumer may remove the entry that it gets, and change
   * nothing else.
   *
   * @param cursor 0 to start, or what the call before returned
   * @return the next cursor; 0 at the end
   */
  public long scan(long cursor, BlockConsumer consumer) {
    return entries.scan(cursor, consumer);
  }

  /**
   * Hands over all entries; the consumer may remove the one that it gets, and change nothing else.
   */
  public void forEach(BlockConsumer consumer) {
    long cursor = 0;
    do {
      cursor = entries.scan(cursor, consumer);
    } while (cursor != 0);
  }

  /** What the table of entries takes, in bytes. */
  public long tableBytes() {
    return entries.bucketBytes();
  }

  /**
   * What an entry takes with its value and its share of the tables, in bytes.
   *
   * @param samples from how many elements the size of a large value is estimated, 0 for all
   */
  public long memoryUsage(long entry, long samples) {
    long usage = slabs.blockBytes(Entry.sizeBytes(entry)) + entries.bucketBytes() / entries.size();
    int encoding = Entry.encoding(entry);
    if (Encoding.ownsBlock(encoding)) {
      usage += slabs.blockBytes(OwnBlock.capacity(Entry.payloadAddress(entry)));
    } else if (Encoding.isStructure(encoding)) {
      Structures kind = keyspace.garbage().kind(Entry.type(entry));
      usage += kind.sizeBytes(Entry.root(entry), samples);
    }
    return usage;
  }

  // Putting.

  /** Prepares an empty database for so many entries. */
  public void expect(long count) {
    entries.expect(count);
  }

  /**
   * Puts a string, in the place of whatever the key had. It is kept as a number when it is the
   * canonical form of a 64-bit one. Key and value must not lie in an entry of this database, unless
   * it is another key's.
   *
   * @param expireAt when it expires in milliseconds since 1970, {@link Entry#NO_EXPIRY} or {@link
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

  /** Like {@link #putString}, and never kept as a number. */
  public long putText(
      long keyAddress, int keyLength, long valueAddress, int valueLength, long expireAt) {
    if (valueLength > Encoding.MAX_INLINE_LENGTH) {
      long block = slabs.allocateFar(valueLength);
      Region.copy(valueAddress, block, valueLength);
      long entry =
          put(
              keyAddress,
              keyLength,
              Type.STRING,
              Encoding.OWN_BLOCK,
              Encoding.OWN_BLOCK_BYTES,
              expireAt);
      OwnBlock.put(Entry.payloadAddress(entry), block, valueLength, valueLength);
      return entry;
    }
    int payloadBytes = BlockLength.size(valueLength) + valueLength;
    long entry = put(keyAddress, keyLength, Type.STRING, Encoding.INLINE, payloadBytes, expireAt);
    Region.copy(
        valueAddress, BlockLength.put(Entry.payloadAddress(entry), valueLength), valueLength);
    return entry;
  }

  /** Puts a string that is a number; else as {@link #putString}. */
  public long putInteger(long keyAddress, int keyLength, long value, long expireAt) {
    long entry =
        put(keyAddress, keyLength, Type.STRING, Encoding.INTEGER, Encoding.INTEGER_BYTES, expireAt);
    Region.putLong(Entry.payloadAddress(entry), value);
    return entry;
  }

  /**
   * Puts an entry without expiry time for a key that has none. The payload is to be written at
   * once.
   */
  public long create(long keyAddress, int keyLength, Type type, int encoding, int payloadBytes) {
    long hash = entries.hash(keyAddress, keyLength);
    long old = entries.find(hash, keyAddress, keyLength);
    if (old != 0) {
      if (!isDue(old)) {
        throw new IllegalStateException("there is such a key");
      }
      expire(old);
    }
    long entry = make(keyAddress, keyLength, type, encoding, false, payloadBytes);
    entries.insert(hash, entry);
    keyspace.listener().added(this, entry);
    return entry;
  }

  /**
   * Puts the value of an entry of this database, which goes, in the place of whatever its key has
   * in another, as setting a string does: without an expiry time, and a key that is there does not
   * become a new one.
   *
   * @return the entry in the other database
   */
  public long put(long entry, Database to) {
    int payloadBytes = Entry.payloadBytes(entry);
    long put =
        to.put(
            Entry.keyAddress(entry),
            Entry.keyLength(entry),
            Entry.type(entry),
            Entry.encoding(entry),
            payloadBytes,
            Entry.NO_EXPIRY);
    Region.copy(Entry.payloadAddress(entry), Entry.payloadAddress(put), payloadBytes);
    detach(entry);
    slabs.free(entry, Entry.sizeBytes(entry));
    return put;
  }

  /**
   * Puts an entry without expiry time in the place of whatever its key has. The payload is to be
   * written at once.
   */
  public long replace(long keyAddress, int keyLength, Type type, int encoding, int payloadBytes) {
    return put(keyAddress, keyLength, type, encoding, payloadBytes, Entry.NO_EXPIRY);
  }

  /** Makes the entry of a key one with a payload still to be written. */
  private long put(
      long keyAddress, int keyLength, Type type, int encoding, int payloadBytes, long expireAt) {
    long hash = entries.hash(keyAddress, keyLength);
    long old = entries.find(hash, keyAddress, keyLength);
    if (old != 0 && isDue(old) && keyspace.expiredKeys() == ExpiredKeys.DELETE) {
      expire(old); // it is not overwritten: replicas and subscribers hear that it has gone
      old = 0;
    }
    if (old == 0) {
      boolean expires = expireAt >= 0;
      long entry = make(keyAddress, keyLength, type, encoding, expires, payloadBytes);
      entries.insert(hash, entry);
      keyspace.listener().added(this, entry);
      if (expires) {
        expiries.add(entry, expireAt);
      }
      return entry;
    }
    beforeChange(old);
    long oldExpireAt = Entry.expireAt(old);
    long newExpireAt = expireAt == KEEP_EXPIRY ? oldExpireAt : expireAt;
    int oldEncoding = Entry.encoding(old);
    Type oldType = Entry.type(old);
    boolean ownedBlock = Encoding.ownsBlock(oldEncoding);
    long block = ownedBlock ? OwnBlock.address(Entry.payloadAddress(old)) : 0;
    int capacity = ownedBlock ? OwnBlock.capacity(Entry.payloadAddress(old)) : 0;
    long root = Encoding.isStructure(oldEncoding) ? Entry.root(old) : 0;
    expiries.removeElements(old, old);
    // First what may fail for want of memory: nothing has happened then.
    long entry = reshape(hash, old, type, encoding, newExpireAt >= 0, payloadBytes, 0);
    if (ownedBlock) {
      keyspace.garbage().freeBlock(block, capacity);
    } else if (root != 0) {
      keyspace.garbage().freeStructure(oldType, root);
    }
    AccessClock clock = keyspace.accessClock();
    if (!clock.isLfu()) {
      Entry.putAccessClock(entry, clock.fresh(keyspace.nowMillis()));
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

  /** A new entry that is in no table yet. */
  private long make(
      long keyAddress, int keyLength, Type type, int encoding, boolean expires, int payloadBytes) {
    long entry = slabs.allocate(Entry.sizeBytes(keyLength, expires, payloadBytes));
    int clock = keyspace.accessClock().fresh(keyspace.nowMillis());
    Entry.write(entry, type, encoding, keyspace.epoch(), clock, keyAddress, keyLength);
    Entry.putForm(entry, type, encoding, expires);
    return entry;
  }

  /**
   * Gives an entry another form, in another block if need be, which then takes its place in the
   * table; the order of expiry is left to the caller. Keeps key, epoch, clock, the expiry time when
   * there is one before and after, and the first {@code keptBytes} of the payload.
   */
  private long reshape(
      long hash,
      long entry,
      Type type,
      int encoding,
      boolean expires,
      int payloadBytes,
      int keptBytes) {
    long oldBytes = Entry.sizeBytes(entry);
    long newBytes = Entry.sizeBytes(Entry.keyLength(entry), expires, payloadBytes);
    long oldPayload = Entry.payloadAddress(entry);
    if (slabs.blockBytes(newBytes) == slabs.blockBytes(oldBytes)) {
      Entry.putForm(entry, type, encoding, expires);
      Region.copy(oldPayload, Entry.payloadAddress(entry), keptBytes);
      return entry;
    }
    long moved = slabs.allocate(newBytes);
    long keyEnd = Entry.keyEnd(entry);
    Region.copy(
        entry, moved, keyEnd - entry + (Entry.expires(entry) && expires ? Entry.EXPIRY_BYTES : 0));
    Entry.putForm(moved, type, encoding, expires);
    Region.copy(oldPayload, Entry.payloadAddress(moved), keptBytes);
    entries.replace(hash, entry, moved);
    slabs.free(entry, oldBytes);
    return moved;
  }

  /**
   * Gives an entry's payload another encoding and size, keeping its first bytes. What the old
   * payload refers to is the caller's business, and {@link #beforeChange} has been called.
   *
   * @return the entry, which may have moved
   */
  public long resize(long entry, int encoding, int payloadBytes) {
    long moved =
        reshape(
            hashOf(entry),
            entry,
            Entry.type(entry),
            encoding,
            Entry.expires(entry),
            payloadBytes,
            Math.min(payloadBytes, Entry.payloadBytes(entry)));
    if (moved != entry && Entry.expires(moved)) {
      expiries.remove(Entry.expireAt(moved), entry);
      expiries.add(moved, Entry.expireAt(moved));
    }
    return moved;
  }

  /**
   * Notes when the next element of a structure expires; {@link #beforeChange} has been called.
   *
   * @param millis milliseconds since 1970, or {@link Entry#NO_EXPIRY}
   * @return the entry, which may have moved
   */
  public long nextElementExpiry(long entry, long millis) {
    long before = Entry.nextElementExpiry(entry);
    if (before == millis) {
      return entry;
    }
    expiries.removeElements(entry, entry);
    if (millis == Entry.NO_EXPIRY) {
      return resize(entry, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
    }
    long changed =
        before == Entry.NO_EXPIRY
            ? resize(entry, Encoding.EXPIRING_STRUCTURE, Encoding.EXPIRING_STRUCTURE_BYTES)
            : entry;
    Entry.putNextElementExpiry(changed, millis);
    expiries.addElements(changed);
    return changed;
  }

  /**
   * To be called before an entry's value is changed in place; the methods of this class do it
   * themselves.
   */
  public void beforeChange(long entry) {
    keyspace.beforeChange(contents, entry);
  }

  private long hashOf(long entry) {
    return entries.hash(Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  // Removing and moving.

  /** Removes a key; returns whether it was there. */
  public boolean delete(long keyAddress, int keyLength) {
    long entry = entries.find(keyAddress, keyLength);
    if (entry == 0) {
      return false;
    }
    remove(entry);
    return true;
  }

  /** Removes an entry; a large value is freed later. */
  public void remove(long entry) {
    detach(entry);
    keyspace.garbage().free(entry);
  }

  private void detach(long entry) {
    beforeChange(entry);
    entries.remove(hashOf(entry), entry);
    if (Entry.expires(entry)) {
      expiries.remove(Entry.expireAt(entry), entry);
    }
    expiries.removeElements(entry, entry);
  }

  void expire(long entry) {
    keyspace.listener().expired(this, entry);
    remove(entry);
  }

  int expireDue(int limit) {
    int expired = 0;
    long now = keyspace.nowMillis();
    for (long entry = expiries.firstDue(now);
        entry != 0 && expired < limit;
        entry = expiries.firstDue(now)) {
      expire(entry);
      expired++;
    }
    while (expired < limit) {
      long entry = expiries.firstDueElements(now);
      if (entry == 0) {
        break;
      }
      Structures kind = keyspace.garbage().kind(Entry.type(entry));
      expired += kind.expireElements(this, entry, limit - expired);
    }
    return expired;
  }

  /**
   * Gives an entry another key, in the place of whatever that key had; value and expiry stay.
   *
   * @return the entry under its new key
   */
  public long rename(long entry, long toKeyAddress, int toKeyLength) {
    return transfer(entry, this, toKeyAddress, toKeyLength);
  }

  /**
   * Moves an entry to another database, in the place of whatever its key has there.
   *
   * @return the entry in the other database
   */
  public long move(long entry, Database to) {
    return transfer(entry, to, Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  private long transfer(long entry, Database to, long keyAddress, int keyLength) {
    long target = to.find(keyAddress, keyLength);
    if (target == entry) {
      return entry;
    }
    if (target != 0) {
      to.remove(target);
    }
    long moved = to.insertLike(entry, keyAddress, keyLength);
    detach(entry);
    slabs.free(entry, Entry.sizeBytes(entry));
    return moved;
  }

  /**
   * Makes a copy of an entry, of this database or another, in the place of whatever the key has
   * there.
   *
   * @return the copy
   */
  public long copy(long entry, Database to, long keyAddress, int keyLength) {
    long target = to.find(keyAddress, keyLength);
    if (target == entry) {
      return entry;
    }
    if (target != 0) {
      to.remove(target);
    }
    int encoding = Entry.encoding(entry);
    long payload = Entry.payloadAddress(entry);
    if (Encoding.isStructure(encoding)) {
      long root = keyspace.garbage().kind(Entry.type(entry)).copy(Entry.root(entry));
      long copy = to.insertLike(entry, keyAddress, keyLength);
      Region.putLong(Entry.payloadAddress(copy), root);
      return copy;
    }
    if (Encoding.ownsBlock(encoding)) {
      int length = OwnBlock.length(payload);
      long block = slabs.allocateFar(length);
      Region.copy(OwnBlock.address(payload), block, length);
      long copy = to.insertLike(entry, keyAddress, keyLength);
      OwnBlock.put(Entry.payloadAddress(copy), block, length, length);
      return copy;
    }
    return to.insertLike(entry, keyAddress, keyLength);
  }

  /** Adds an entry with the value, clock and expiry of another one, and the same payload. */
  private long insertLike(long entry, long keyAddress, int keyLength) {
    int payloadBytes = Entry.payloadBytes(entry);
    boolean expires = Entry.expires(entry);
    long made =
        make(
            keyAddress, keyLength, Entry.type(entry), Entry.encoding(entry), expires, payloadBytes);
    Entry.putAccessClock(made, Entry.accessClock(entry));
    Region.copy(Entry.payloadAddress(entry), Entry.payloadAddress(made), payloadBytes);
    entries.insert(hashOf(made), made);
    keyspace.listener().added(this, made);
    if (expires) {
      expiries.add(made, Entry.expireAt(entry));
    }
    expiries.addElements(made);
    return made;
  }

  /**
   * Removes all entries.
   *
   * @param lazily whether to leave the freeing to {@link Keyspace#freeSome}
   */
  public void clear(boolean lazily) {
    if (size() == 0) {
      return;
    }
    keyspace.garbage().add(contents);
    contents(keyspace.newContents());
    if (!lazily) {
      keyspace.garbage().freeAll();
    }
  }

  // Expiry.

  /** When an entry expires, in milliseconds since 1970, or {@link Entry#NO_EXPIRY}. */
  public long expireAt(long entry) {
    return Entry.expireAt(entry);
  }

  /**
   * Sets when an entry expires.
   *
   * @param millis milliseconds since 1970, not negative
   * @return the entry, which may have moved
   */
  public long setExpiry(long entry, long millis) {
    beforeChange(entry);
    if (Entry.expires(entry)) {
      expiries.remove(Entry.expireAt(entry), entry);
      expiries.add(entry, millis);
      return entry;
    }
    long moved = reform(entry, true);
    expiries.add(moved, millis);
    return moved;
  }

  /** Takes an entry's expiry time away; returns the entry, which may have moved. */
  public long persist(long entry) {
    if (!Entry.expires(entry)) {
      return entry;
    }
    beforeChange(entry);
    expiries.remove(Entry.expireAt(entry), entry);
    return reform(entry, false);
  }

  private long reform(long entry, boolean expires) {
    int payloadBytes = Entry.payloadBytes(entry);
    long moved =
        reshape(
            hashOf(entry),
            entry,
            Entry.type(entry),
            Entry.encoding(entry),
            expires,
            payloadBytes,
            payloadBytes);
    if (moved != entry) {
      expiries.removeElements(moved, entry);
      expiries.addElements(moved);
    }
    return moved;
  }
}
