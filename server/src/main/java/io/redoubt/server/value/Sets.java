package io.redoubt.server.value;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;
import java.lang.foreign.MemorySegment;

/**
 * Sets: entries whose value is an intset while all members are whole numbers and few, a listpack
 * while they are few and short, and else a table of blocks, each a member after its {@link
 * BlockLength}. They turn from one into another where those of Redis 7.2 do, and never back.
 *
 * <p>A change may move the entry: {@link #entry} says where it is afterwards. A set that has lost
 * its last member is the caller's to remove.
 */
public final class Sets implements AutoCloseable {

  private static final MemorySegment MEMORY = Region.MEMORY;

  /** An intset has no more, whatever the configuration says. */
  private static final long MAX_INTSET_ENTRIES = 1 << 30;

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final EncodingLimits limits;
  private final MemberTables tables;
  private final SetMembers converted;
  private final SetMembers picked;
  private long entry;

  /** The sets of a keyspace. */
  public Sets(Keyspace keyspace, EncodingLimits limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    slabs = keyspace.slabs();
    tables = new MemberTables(slabs, keyspace.hash());
    converted = new SetMembers(slabs);
    picked = new SetMembers(slabs);
  }

  /** Those that are tables. */
  MemberTables tables() {
    return tables;
  }

  /** Where the entry of the last change is. */
  public long entry() {
    return entry;
  }

  // Reading.

  /** How many members a set has. */
  public long size(long set) {
    if (!PackedValue.isPacked(set)) {
      return tables.elements(Entry.root(set));
    }
    long start = PackedValue.address(set);
    return PackedValue.isIntset(set) ? Intset.count(MEMORY, start) : Listpack.count(MEMORY, start);
  }

  /** Whether a set has a member of these bytes. */
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

  /** Whether a set has a member that another set has. */
  public boolean contains(long set, SetMembers member) {
    if (!member.isInteger() || !PackedValue.isPacked(set)) {
      return contains(set, member.address(), member.length());
    }
    long start = PackedValue.address(set);
    return PackedValue.isIntset(set)
        ? Intset.contains(MEMORY, start, member.integer())
        : find(start, member.integer()) != Listpack.NONE;
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

  /** A member by chance, each as likely as another; good until the next change or choice. */
  public SetMembers random(long set) {
    if (PackedValue.isPacked(set)) {
      picked.at(set, keyspace.chance().nextInt((int) size(set)));
    } else {
      picked.at(randomBlock(set));
    }
    return picked;
  }

  /** The block of a member by chance, of a set that is a table. */
  public long randomBlock(long set) {
    return tables.random(Entry.root(set), keyspace.chance());
  }

  /** A member by its place in a set that is packed, from 0; good as that of {@link #random}. */
  public SetMembers at(long set, int index) {
    picked.at(set, index);
    return picked;
  }

  /** The member in a block; good as that of {@link #random}. */
  public SetMembers at(long block) {
    picked.at(block);
    return picked;
  }

  /**
   * Hands over the blocks of some members of a set that is a table, see {@link ByteTable#scan}.
   *
   * @return the next cursor, 0 at the end
   */
  public long scan(long set, long cursor, BlockConsumer consumer) {
    return tables.scan(Entry.root(set), cursor, consumer);
  }

  // Making.

  /**
   * Makes a set of one member for a key that has no value.
   *
   * @param expected how many members there will soon be
   * @return its entry
   */
  public long create(
      Database database, long key, int keyLength, long address, int length, long expected) {
    if (expected <= maxIntsetEntries() && Numbers.isLong(MEMORY, address, length)) {
      return createIntset(database, key, keyLength, Numbers.parseLong(MEMORY, address, length, 0));
    }
    if (expected <= limits.setMaxListpackEntries() && length <= limits.setMaxListpackValue()) {
      return createListpack(database, key, keyLength, address, length);
    }
    createTable(database, key, keyLength, expected);
    tables.insert(Entry.root(entry), address, length);
    return entry;
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

  /** Makes a set without members, an intset; it must get some. */
  public long createEmpty(Database database, long key, int keyLength) {
    return createEmpty(database, key, keyLength, true);
  }

  /** Makes a set without members, encoded as another one; it must get some. */
  public long createLike(Database database, long key, int keyLength, long set) {
    return PackedValue.isPacked(set)
        ? createEmpty(database, key, keyLength, PackedValue.isIntset(set))
        : createTable(database, key, keyLength, 0);
  }

  private long createEmpty(Database database, long key, int keyLength, boolean intset) {
    int bytes = intset ? Intset.EMPTY_BYTES : Listpack.EMPTY_BYTES;
    entry = PackedValue.create(database, key, keyLength, Type.SET, intset, bytes);
    if (intset) {
      Intset.create(MEMORY, PackedValue.address(entry));
    } else {
      Listpack.create(MEMORY, PackedValue.address(entry));
    }
    return entry;
  }

  private long createTable(Database database, long key, int keyLength, long expected) {
    long root = tables.create(expected);
    entry = database.create(key, keyLength, Type.SET, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
    Region.putLong(Entry.payloadAddress(entry), root);
    return entry;
  }

  /**
   * Makes a set of an intset that is valid and not empty, for a key that has no value.
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
   * Makes a set of a listpack that is valid, {@linkplain #isDistinct distinct} and not empty, for a
   * key that has no value.
   *
   * @return its entry
   */
  public long createFromListpack(Database database, long key, int keyLength, long from, int bytes) {
    int count = Listpack.count(MEMORY, from);
    if (count > limits.setMaxListpackEntries()) {
      long made = createTable(database, key, keyLength, count);
      tables.insertAll(Entry.root(made), from);
      return made;
    }
    entry = PackedValue.create(database, key, keyLength, Type.SET, false, bytes);
    Region.copy(from, PackedValue.address(entry), bytes);
    return entry;
  }

  /** Whether no two entries of a valid listpack are the same. */
  public boolean isDistinct(long listpack) {
    long root = tables.create(Listpack.count(MEMORY, listpack));
    boolean distinct = tables.insertAll(root, listpack);
    while (tables.dismantle(root)) {
      continue;
    }
    return distinct;
  }

  // Changing.

  private long maxIntsetEntries() {
    return Math.min(limits.setMaxIntsetEntries(), MAX_INTSET_ENTRIES);
  }

  /** Makes a set ready for so many members to be added. */
  public long expect(Database database, long set, long added) {
    database.beforeChange(set);
    entry = set;
    if (PackedValue.isPacked(set)
        && added
            > (PackedValue.isIntset(set) ? maxIntsetEntries() : limits.setMaxListpackEntries())) {
      becomeTable(database, added);
    }
    return entry;
  }

  /** Adds a member, which must not lie in this set; returns whether it was not there before. */
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

  /** Adds the member of another set; returns whether it was not there before. */
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
    if (Listpack.count(MEMORY, start) < limits.setMaxListpackEntries()
        && length <= limits.setMaxListpackValue()
        && bytes <= Listpack.MAX_BYTES) {
      entry = PackedValue.resize(database, entry, (int) bytes);
      start = PackedValue.address(entry);
      Listpack.append(MEMORY, start, MEMORY, address, length, MEMORY, start);
    } else {
      becomeTable(database, Listpack.count(MEMORY, start) + 1L);
      tables.insert(Entry.root(entry), address, length);
    }
  }

  /** Whether an intset and one more string may be a listpack, of so many bytes. */
  private boolean fitsListpack(long intset, int length, long listpackBytes) {
    int count = Intset.count(MEMORY, intset);
    int longest = 0;
    if (count > 0) {
      longest =
          Math.max(
              Numbers.decimalLength(Intset.at(MEMORY, intset, 0)),
              Numbers.decimalLength(Intset.at(MEMORY, intset, count - 1)));
    }
    return count < limits.setMaxListpackEntries()
        && Math.max(length, longest) <= limits.setMaxListpackValue()
        && listpackBytes <= Listpack.MAX_BYTES;
  }

  /** The size of a listpack of an intset's members. */
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
    converted.start(entry);
    while (converted.next()) {
      Listpack.append(MEMORY, listpack, converted.integer(), MEMORY, listpack);
    }
    int used = (int) Listpack.sizeBytes(MEMORY, listpack);
    entry = PackedValue.replace(database, entry, false, listpack, used);
    slabs.free(listpack, bytes);
  }

  private void becomeTable(Database database, long expected) {
    long root = tables.create(Math.max(expected, size(entry)));
    converted.start(entry);
    while (converted.next()) {
      tables.insert(root, converted.address(), converted.length());
    }
    entry = PackedValue.become(database, entry, root);
  }

  /**
   * Takes so many members, chosen by chance, out of a set that is a table and has more. Takes time
   * by the size of the set, and so is for large parts of it.
   *
   * @param taken gets the block of each; nothing must be changed meanwhile
   */
  public void removeMany(Database database, long set, long count, BlockConsumer taken) {
    database.beforeChange(set);
    entry = set;
    long root = Entry.root(set);
    long rest = tables.copyWithoutSome(root, count, keyspace.chance(), taken);
    Region.putLong(Entry.payloadAddress(set), rest);
    keyspace.freeStructure(Type.SET, root);
  }

  /**
   * Makes a set an intset if all its members are whole numbers and they are not too many.
   *
   * @return the entry, which may have moved
   */
  public long compact(Database database, long set) {
    long count = size(set);
    entry = set;
    if (count > maxIntsetEntries() || (PackedValue.isPacked(set) && PackedValue.isIntset(set))) {
      return set;
    }
    converted.start(set);
    while (converted.next()) {
      if (!Numbers.isLong(MEMORY, converted.address(), converted.length())) {
        return set;
      }
    }
    database.beforeChange(set);
    int bytes = Intset.EMPTY_BYTES + (int) count * Long.BYTES;
    long intset = slabs.allocateFar(bytes);
    Intset.create(MEMORY, intset);
    converted.start(set);
    while (converted.next()) {
      long value = Numbers.parseLong(MEMORY, converted.address(), converted.length(), 0);
      Intset.add(MEMORY, intset, value, MEMORY, intset);
    }
    if (!PackedValue.isPacked(set)) {
      keyspace.freeValue(set);
    }
    int used = (int) Intset.sizeBytes(MEMORY, intset);
    entry = PackedValue.replace(database, set, true, intset, used);
    slabs.free(intset, bytes);
    return entry;
  }

  /** Removes a member; returns whether it was there. */
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

  /** Removes a member of this set or another; returns whether it was there. */
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

  /** Gives back what memory this has beside the sets of the keyspace. */
  @Override
  public void close() {
    converted.close();
    picked.close();
  }
}
