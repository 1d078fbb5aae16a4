package io.redoubt.server.value.set;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;
import java.lang.foreign.MemorySegment;

/**
 * Sets: an intset of a few integers, a listpack of a few short members, or otherwise a table of
 * blocks, each a member after its {@link BlockLength}. Conversions happen at the limits of Redis
 * 7.2 and are never reverted.
 *
 * <p>A change may move the entry; {@link #entry} returns its new address. The caller removes a set
 * that has become empty.
 */
public final class Sets implements AutoCloseable {
  private static final MemorySegment MEMORY = Region.MEMORY;

  /** The maximum number of members of an intset, regardless of the configuration. */
  private static final long MAX_INTSET_ENTRIES = 1 << 30;

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final EncodingDirectives limits;
  private final MemberTables tables;
  private final SetMembers converted;
  private final SetMembers picked;
  private long entry;

  /** Creates the access to the sets of a keyspace. */
  public Sets(Keyspace keyspace, EncodingDirectives limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    slabs = keyspace.slabs();
    tables = new MemberTables(slabs, keyspace.hash());
    converted = new SetMembers(slabs);
    picked = new SetMembers(slabs);
  }

  /** Returns the structure of large sets. */
  public MemberTables tables() {
    return tables;
  }

  /** Returns the entry of the last change. */
  public long entry() {
    return entry;
  }

  // Reading.

  public long size(long set) {
    if (!PackedValue.isPacked(set)) {
      return tables.elements(Entry.root(set));
    }
    long start = PackedValue.address(set);
    return PackedValue.isIntset(set) ? Intset.count(MEMORY, start) : Listpack.count(MEMORY, start);
  }

  /** Returns true if a set contains a member of these bytes. */
  public boolean contains(long set, long address, int length) {
    if (!PackedValue.isPacked(set)) {
      return tables.contains(Entry.root(set), address, length);
    }
    long start = PackedValue.address(set);
    if (PackedValue.isIntset(set)) {
      return Numbers.isLong(MEMORY, address, length)
          && Intset.contains(MEMORY, start, Numbers.parseLong(MEMORY, address, length, 0));
    }
    return find(start, address, length) != Listpack.NONE;
  }

  public boolean contains(long set, SetMembers member) {
    if (!member.isInteger() || !PackedValue.isPacked(set)) {
      return contains(set, member.address(), member.length());
    }
    long start = PackedValue.address(set);
    return PackedValue.isIntset(set)
        ? Intset.contains(MEMORY, start, member.integer())
        : isIn(start, member);
  }

  /** Returns true if a listpack contains the member of a set. */
  static boolean isIn(long listpack, SetMembers member) {
    return member.isInteger()
        ? find(listpack, member.integer()) != Listpack.NONE
        : find(listpack, member.address(), member.length()) != Listpack.NONE;
  }

  /** Returns true if a listpack contains a member of these bytes. */
  static boolean isIn(long listpack, long address, int length) {
    return find(listpack, address, length) != Listpack.NONE;
  }

  private static long find(long listpack, long address, int length) {
    return Listpack.find(MEMORY, Listpack.firstPosition(listpack), MEMORY, address, length, 0);
  }

  private static long find(long listpack, long value) {
    long at = Listpack.first(MEMORY, listpack);
    while (at != Listpack.NONE
        && !(Listpack.isInteger(MEMORY, at) && Listpack.integer(MEMORY, at) == value)) {
      at = Listpack.next(MEMORY, at);
    }
    return at;
  }

  /** Returns a uniformly random member, valid until the next change or choice. */
  public SetMembers random(long set) {
    if (PackedValue.isPacked(set)) {
      picked.at(set, keyspace.random().nextInt((int) size(set)));
    } else {
      picked.at(randomBlock(set));
    }
    return picked;
  }

  /** Returns the block of a random member of a set encoded as a table. */
  public long randomBlock(long set) {
    return tables.random(Entry.root(set), keyspace.random());
  }

  /** Returns the member in a block; valid as long as the result of {@link #random}. */
  public SetMembers at(long block) {
    picked.at(block);
    return picked;
  }

  /**
   * Passes the blocks of some members of a table to the consumer; see {@link ByteTable#scan}.
   *
   * @return the next cursor, 0 at the end
   */
  public long scan(long set, long cursor, BlockConsumer consumer) {
    return tables.scan(Entry.root(set), cursor, consumer);
  }

  // Creating.

  /**
   * Creates a set of one member for a key without a value.
   *
   * @param expected the expected number of members
   * @return its entry
   */
  public long create(
      Database database, long key, int keyLength, long address, int length, long expected) {
    if (startsAsIntset(expected, address, length)) {
      return createIntset(database, key, keyLength, Numbers.parseLong(MEMORY, address, length, 0));
    }
    if (startsAsListpack(expected, length)) {
      return createListpack(database, key, keyLength, address, length);
    }
    createTable(database, key, keyLength, expected);
    tables.insert(Entry.root(entry), address, length);
    return entry;
  }

  /** Returns true if a set that is created with a first member is an intset at first. */
  private boolean startsAsIntset(long expected, long address, int length) {
    return expected <= maxIntsetEntries() && Numbers.isLong(MEMORY, address, length);
  }

  private boolean startsAsListpack(long expected, int length) {
    return expected <= limits.setMaxListpackEntries.value()
        && length <= limits.setMaxListpackValue.value();
  }

  /** Returns true if {@link #create} makes a listpack, so that members can be collected first. */
  public boolean collects(long expected, long address, int length) {
    return !startsAsIntset(expected, address, length) && startsAsListpack(expected, length);
  }

  /** Creates a collector of the members of new sets. */
  public MemberCollector newCollector() {
    return new MemberCollector(this, slabs);
  }

  private long createIntset(Database database, long key, int keyLength, long value) {
    int bytes = Intset.EMPTY_BYTES + Intset.widthOf(value);
    entry = PackedValue.create(database, key, keyLength, Type.SET, true, bytes);
    long start = PackedValue.address(entry);
    Intset.create(MEMORY, start);
    Intset.add(MEMORY, start, value, MEMORY, start);
    return entry;
  }

  private long createListpack(
      Database database, long key, int keyLength, long address, int length) {
    int bytes = Listpack.EMPTY_BYTES + (int) Listpack.entryBytes(MEMORY, address, length);
    entry = PackedValue.create(database, key, keyLength, Type.SET, false, bytes);
    long start = PackedValue.address(entry);
    Listpack.create(MEMORY, start);
    Listpack.append(MEMORY, start, MEMORY, address, length, MEMORY, start);
    return entry;
  }

  /** Creates an empty intset; the caller must add a member. */
  public long createEmpty(Database database, long key, int keyLength) {
    entry = PackedValue.create(database, key, keyLength, Type.SET, true, Intset.EMPTY_BYTES);
    Intset.create(MEMORY, PackedValue.address(entry));
    return entry;
  }

  private long createTable(Database database, long key, int keyLength, long expected) {
    long root = tables.create(expected);
    entry = database.createStructure(key, keyLength, Type.SET, root);
    return entry;
  }

  /**
   * Creates a set from a valid, non-empty intset for a key without a value.
   *
   * @return its entry
   */
  public long createFromIntset(Database database, long key, int keyLength, long from, int bytes) {
    entry = PackedValue.create(database, key, keyLength, Type.SET, true, bytes);
    Region.copy(from, PackedValue.address(entry), bytes);
    if (Intset.count(MEMORY, from) > maxIntsetEntries()) {
      becomeTable(database, 0);
    }
    return entry;
  }

  /**
   * Creates a set from a valid, non-empty listpack of distinct members for a key without a value.
   *
   * @return its entry
   */
  public long createFromListpack(Database database, long key, int keyLength, long from, int bytes) {
    int count = Listpack.count(MEMORY, from);
    if (count > limits.setMaxListpackEntries.value()) {
      long made = createTable(database, key, keyLength, count);
      tables.insertAll(Entry.root(made), from);
      return made;
    }
    entry = PackedValue.create(database, key, keyLength, Type.SET, false, bytes);
    Region.copy(from, PackedValue.address(entry), bytes);
    return entry;
  }

  // Changing.

  private long maxIntsetEntries() {
    return Math.min(limits.setMaxIntsetEntries.value(), MAX_INTSET_ENTRIES);
  }

  /** Prepares a set for the given number of additional members. */
  public long expect(Database database, long set, long added) {
    database.beforeChange(set);
    entry = set;
    if (PackedValue.isPacked(set)
        && added
            > (PackedValue.isIntset(set)
                ? maxIntsetEntries()
                : limits.setMaxListpackEntries.value())) {
      becomeTable(database, added);
    }
    return entry;
  }

  /** Adds a member, which must not be located in this set; returns false if it exists already. */
  public boolean add(Database database, long set, long address, int length) {
    database.beforeChange(set);
    entry = set;
    if (!PackedValue.isPacked(set)) {
      return tables.insert(Entry.root(set), address, length);
    }
    long start = PackedValue.address(set);
    if (!PackedValue.isIntset(set)) {
      if (find(start, address, length) != Listpack.NONE) {
        return false;
      }
      addToListpack(database, address, length);
      return true;
    }
    if (Numbers.isLong(MEMORY, address, length)) {
      return addToIntset(database, Numbers.parseLong(MEMORY, address, length, 0));
    }
    long listpackBytes = listpackBytes(start) + Listpack.entryBytes(MEMORY, address, length);
    if (fitsListpack(start, length, listpackBytes)) {
      becomeListpack(database, (int) listpackBytes);
      addToListpack(database, address, length);
    } else {
      becomeTable(database, Intset.count(MEMORY, start) + 1L);
      tables.insert(Entry.root(entry), address, length);
    }
    return true;
  }

  /** Adds a member of another set that is known to be absent, so that it need not be looked for. */
  void addNew(Database database, long set, SetMembers member) {
    if (PackedValue.isPacked(set) && PackedValue.isIntset(set)) {
      add(database, set, member);
      return;
    }
    database.beforeChange(set);
    entry = set;
    if (PackedValue.isPacked(set)) {
      addToListpack(database, member.address(), member.length());
    } else {
      tables.insertAbsent(Entry.root(set), member.address(), member.length());
    }
  }

  /** Replaces the value by a copy of a valid listpack; returns the entry. */
  long replace(Database database, long set, long listpack, int bytes) {
    database.beforeChange(set);
    entry = PackedValue.replace(database, set, false, listpack, bytes);
    return entry;
  }

  /** Returns true if a set of a size in entries and bytes may be a listpack. */
  boolean mayBeListpack(long entries, long longestBytes, long bytes) {
    return entries <= limits.setMaxListpackEntries.value()
        && longestBytes <= limits.setMaxListpackValue.value()
        && bytes <= Listpack.MAX_BYTES;
  }

  /** Adds the member of another set; returns false if it exists already. */
  public boolean add(Database database, long set, SetMembers member) {
    if (member.isInteger() && PackedValue.isPacked(set) && PackedValue.isIntset(set)) {
      database.beforeChange(set);
      entry = set;
      return addToIntset(database, member.integer());
    }
    return add(database, set, member.address(), member.length());
  }

  private boolean addToIntset(Database database, long value) {
    long start = PackedValue.address(entry);
    if (Intset.contains(MEMORY, start, value)) {
      return false;
    }
    long bytes = Intset.sizeAfterAdd(MEMORY, start, value);
    entry = PackedValue.resize(database, entry, (int) bytes);
    start = PackedValue.address(entry);
    Intset.add(MEMORY, start, value, MEMORY, start);
    if (Intset.count(MEMORY, start) > maxIntsetEntries()) {
      becomeTable(database, 0);
    }
    return true;
  }

  private void addToListpack(Database database, long address, int length) {
    long start = PackedValue.address(entry);
    long bytes = Listpack.sizeAfterInsert(MEMORY, start, MEMORY, address, length);
    if (mayBeListpack(Listpack.count(MEMORY, start) + 1L, length, bytes)) {
      entry = PackedValue.resize(database, entry, (int) bytes);
      start = PackedValue.address(entry);
      Listpack.append(MEMORY, start, MEMORY, address, length, MEMORY, start);
    } else {
      becomeTable(database, Listpack.count(MEMORY, start) + 1L);
      tables.insert(Entry.root(entry), address, length);
    }
  }

  /** Returns true if an intset and one more string fit into a listpack of the given size. */
  private boolean fitsListpack(long intset, int length, long listpackBytes) {
    int count = Intset.count(MEMORY, intset);
    int longest = 0;
    if (count > 0) {
      longest =
          Math.max(
              Numbers.decimalLength(Intset.at(MEMORY, intset, 0)),
              Numbers.decimalLength(Intset.at(MEMORY, intset, count - 1)));
    }
    return mayBeListpack(count + 1L, Math.max(length, longest), listpackBytes);
  }

  /** Returns the size of a listpack of an intset's members. */
  private static long listpackBytes(long intset) {
    int count = Intset.count(MEMORY, intset);
    long bytes = Listpack.EMPTY_BYTES;
    for (int i = 0; i < count; i++) {
      bytes += Listpack.entryBytes(Intset.at(MEMORY, intset, i));
    }
    return bytes;
  }

  private void becomeListpack(Database database, int bytes) {
    long listpack = slabs.allocateFar(bytes);
    Listpack.create(MEMORY, listpack);
    converted.iterate(entry);
    while (converted.next()) {
      Listpack.append(MEMORY, listpack, converted.integer(), MEMORY, listpack);
    }
    int used = (int) Listpack.sizeBytes(MEMORY, listpack);
    entry = PackedValue.replace(database, entry, false, listpack, used);
    slabs.free(listpack, bytes);
  }

  private void becomeTable(Database database, long expected) {
    long root = tables.create(Math.max(expected, size(entry)));
    try {
      converted.iterate(entry);
      while (converted.next()) {
        tables.insert(root, converted.address(), converted.length());
      }
    } catch (OutOfMemoryError full) {
      keyspace.freeStructure(Type.SET, root);
      throw full;
    }
    entry = PackedValue.become(database, entry, root);
  }

  /**
   * Removes {@code count} randomly chosen members from a table that has more. Takes time
   * proportional to the size of the set, so it serves to remove a large part of it.
   *
   * @param taken receives the block of each; it must not change anything
   */
  public void removeMany(Database database, long set, long count, BlockConsumer taken) {
    database.beforeChange(set);
    entry = set;
    long root = Entry.root(set);
    long rest = tables.copyWithoutSome(root, count, keyspace.random(), taken);
    Region.putLong(Entry.payloadAddress(set), rest);
    keyspace.freeStructure(Type.SET, root);
  }

  /** Removes a member; returns false if it is absent. */
  public boolean remove(Database database, long set, long address, int length) {
    database.beforeChange(set);
    entry = set;
    if (!PackedValue.isPacked(set)) {
      return tables.remove(Entry.root(set), address, length);
    }
    long start = PackedValue.address(set);
    if (PackedValue.isIntset(set)) {
      return Numbers.isLong(MEMORY, address, length)
          && removeFromIntset(database, Numbers.parseLong(MEMORY, address, length, 0));
    }
    return removeFromListpack(database, find(start, address, length));
  }

  /** Removes a member of this or another set; returns false if it is absent. */
  public boolean remove(Database database, long set, SetMembers member) {
    if (!member.isInteger() || !PackedValue.isPacked(set)) {
      return remove(database, set, member.address(), member.length());
    }
    database.beforeChange(set);
    entry = set;
    return PackedValue.isIntset(set)
        ? removeFromIntset(database, member.integer())
        : removeFromListpack(database, find(PackedValue.address(set), member.integer()));
  }

  private boolean removeFromIntset(Database database, long value) {
    long start = PackedValue.address(entry);
    if (!Intset.remove(MEMORY, start, value, MEMORY, start)) {
      return false;
    }
    entry = PackedValue.resize(database, entry, (int) Intset.sizeBytes(MEMORY, start));
    return true;
  }

  private boolean removeFromListpack(Database database, long listpackEntry) {
    if (listpackEntry == Listpack.NONE) {
      return false;
    }
    long start = PackedValue.address(entry);
    Listpack.delete(MEMORY, start, listpackEntry, 1, MEMORY, start);
    entry = PackedValue.resize(database, entry, (int) Listpack.sizeBytes(MEMORY, start));
    return true;
  }

  /** Frees the buffers of this object; the sets belong to the keyspace. */
  @Override
  public void close() {
    converted.close();
    picked.close();
  }
}
