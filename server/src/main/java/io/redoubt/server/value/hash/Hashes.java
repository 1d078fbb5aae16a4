package io.redoubt.server.value.hash;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.structure.FieldTable;
import io.redoubt.server.structure.PartGate;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The values of hashes. A small hash is a listpack of field, value, field, ...; a large one, or one
 * with expiring fields, is a {@link FieldTable}.
 *
 * <p>A change starts with {@link #find} or {@link #findForWrite} and may move the entry. After its
 * last change a command calls {@link #settle}, unless it removed the entry. A field that is due
 * counts as absent, except while a replica applies its master's stream ({@link ExpiredKeys#KEEP}).
 */
public final class Hashes implements Structures {
  private static final MemorySegment MEMORY = Region.MEMORY;

  /** Attempts to draw a random field that is not due before falling back to a scan. */
  private static final int MAX_TRIES = 32;

  private final Keyspace keyspace;
  private final EncodingDirectives limits;
  private final HashField found = new HashField();
  private final HashCursor cursor;
  private final PackedFields packed;

  private final FieldTable table;

  // Separate views for freeing and copying, which may happen while a command uses {@link #table}.
  private final FieldTable source;
  private final FieldTable target;

  /** The result of {@link #find}: the field's entry in a listpack or its element; 0 if absent. */
  private long at;

  /** True if the field exists but is due, and therefore counts as absent. */
  private boolean isDue;

  /** Creates the access to the hashes of a keyspace. */
  public Hashes(Keyspace keyspace, EncodingDirectives limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    cursor = new HashCursor(keyspace);
    packed = new PackedFields(keyspace);
    table = new FieldTable(keyspace.slabs(), keyspace.hash());
    source = new FieldTable(keyspace.slabs(), keyspace.hash());
    target = new FieldTable(keyspace.slabs(), keyspace.hash());
  }

  public void setGate(@Nullable PartGate gate) {
    table.setGate(gate);
  }

  @Override
  public long table(long root) {
    return root;
  }

  // Reading.

  /** Returns the number of fields that are not due. */
  public long size(long entry) {
    long size = sizeWithDue(entry);
    return keyspace.expiredKeys() == ExpiredKeys.KEEP || Entry.nextElementExpiry(entry) < 0
        ? size
        : size - table.expiringBefore(keyspace.nowMillis());
  }

  /** Returns the number of fields, including due ones. */
  public long sizeWithDue(long entry) {
    if (PackedValue.isPacked(entry)) {
      return Listpack.count(MEMORY, PackedValue.address(entry)) / 2;
    }
    table.pointTo(Entry.root(entry));
    return table.size();
  }

  /** Finds a field, available from {@link #found}; returns false if it is absent. */
  public boolean find(long entry, long field, int length) {
    locate(entry, field, length);
    return at != 0 && !isDue;
  }

  /** Returns the field that was found last. */
  public HashField found() {
    return found;
  }

  /** Returns the shared cursor, valid until its next start. */
  public HashCursor cursor() {
    return cursor;
  }

  private void locate(long entry, long field, int length) {
    isDue = false;
    if (PackedValue.isPacked(entry)) {
      long first = Listpack.firstPosition(PackedValue.address(entry));
      long there = Listpack.find(MEMORY, first, MEMORY, field, length, 1);
      at = there == Listpack.NONE ? 0 : there;
      found.pointToPacked(at);
      return;
    }
    table.pointTo(Entry.root(entry));
    at = table.find(field, length);
    found.element(at);
    if (at != 0 && table.expires()) {
      isDue = isDue(FieldElement.expireAt(at));
    }
  }

  private boolean isDue(long expireAt) {
    return expireAt != FieldElement.NO_EXPIRY
        && expireAt < keyspace.nowMillis()
        && keyspace.expiredKeys() != ExpiredKeys.KEEP;
  }

  /**
   * Finds a random field, uniformly among the fields that are not due.
   *
   * @return false if there is none
   */
  public boolean findRandom(long entry) {
    long size = size(entry);
    if (size == 0) {
      return false;
    }
    if (PackedValue.isPacked(entry)) {
      int index = 2 * keyspace.random().nextInt((int) size);
      found.pointToPacked(Listpack.at(MEMORY, PackedValue.address(entry), index));
      return true;
    }
    for (int i = 0; i < MAX_TRIES; i++) {
      long element = table.random(keyspace.random());
      if (!isDue(FieldElement.expireAt(element))) {
        found.element(element);
        return true;
      }
    }
    cursor.start(entry);
    for (long left = keyspace.random().nextLong(size); left >= 0; left--) {
      cursor.next();
    }
    found.element(cursor.field().at());
    return true;
  }

  /**
   * Passes some elements of an unpacked hash to the consumer; see {@link
   * io.redoubt.server.structure.ByteTable#scan}.
   */
  public long scan(long entry, long scanCursor, BlockConsumer elements) {
    table.pointTo(Entry.root(entry));
    return table.scan(scanCursor, elements);
  }

  /** Points {@link #found} to an element from {@link #scan}; returns false if it is due. */
  public boolean show(long element) {
    found.element(element);
    return !isDue(FieldElement.expireAt(element));
  }

  /** Returns the encoding's name as shown by OBJECT ENCODING. */
  public static String encodingName(long entry) {
    if (PackedValue.isPacked(entry)) {
      return "listpack";
    }
    return FieldTable.isMarked(Entry.root(entry)) ? "listpackex" : "hashtable";
  }

  // Changing.

  /**
   * Creates a hash without fields for a key without a value; the caller adds fields at once.
   *
   * @param fields the number of fields to be added
   * @param bytes the total length of these fields and their values
   */
  public long create(Database database, long key, int keyLength, long fields, long bytes) {
    if (fields > limits.hashMaxListpackEntries.value()) {
      long root = table.create();
      table.expect(fields);
      return database.createStructure(key, keyLength, Type.HASH, root);
    }
    // Room for all fields avoids moving the entry at each one; settle returns the excess.
    long packedBytes = bytes + fields * 2 * PACKED_OVERHEAD_BYTES;
    int room = packedBytes > Encoding.MAX_INLINE_LENGTH ? 0 : (int) packedBytes;
    int length = Listpack.EMPTY_BYTES + room;
    long entry = PackedValue.create(database, key, keyLength, Type.HASH, false, length);
    Listpack.create(MEMORY, PackedValue.address(entry));
    return entry;
  }

  /** The overhead of a short listpack entry. */
  private static final int PACKED_OVERHEAD_BYTES = 2;

  /** Prepares a hash for the given number of additional fields; it may become a table. */
  public long expect(Database database, long entry, long fields) {
    database.beforeChange(entry);
    return PackedValue.isPacked(entry) && fields > limits.hashMaxListpackEntries.value()
        ? unpack(database, entry, false)
        : entry;
  }

  /**
   * Removes a hash whose only field is due, and then returns {@link Entry#NONE}. Replicas drop the
   * key, together with its expiry, when that field expires, so a later write must create a new key
   * here, too.
   */
  public long removeIfLastFieldIsDue(Database database, long entry) {
    long next = Entry.nextElementExpiry(entry);
    if (next == Entry.NO_EXPIRY || !isDue(next) || sizeWithDue(entry) != 1) {
      return entry;
    }
    if (keyspace.expiredKeys() != ExpiredKeys.DELETE) {
      return entry;
    }
    expireElements(database.index(), entry, 1);
    return Entry.NONE;
  }

  /**
   * Finds a field for a change; returns false if it is absent. A field that is due is deleted. The
   * next call, if any, must be {@link #store}, {@link #remove} or {@link #expireAt}.
   */
  public boolean findForWrite(Database database, long entry, long field, int length) {
    database.beforeChange(entry);
    locate(entry, field, length);
    if (!PackedValue.isPacked(entry)) {
      table.beforeChange();
    }
    if (isDue && keyspace.expiredKeys() == ExpiredKeys.DELETE) {
      keyspace.listener().onElementExpired(database, entry, field, length);
      table.remove(at);
      keyspace.listener().onElementsExpired(database, entry, false);
      at = 0;
    }
    return at != 0 && !isDue;
  }

  /**
   * Sets the value of the field passed to {@link #findForWrite}.
   *
   * @param keepsExpiry true to keep the field's expiry time
   * @return the entry, which may have moved
   */
  public long store(
      Database database,
      long entry,
      long field,
      int fieldLength,
      long value,
      int valueLength,
      boolean keepsExpiry) {
    if (!PackedValue.isPacked(entry)) {
      storeInTable(field, fieldLength, value, valueLength, keepsExpiry && !isDue);
      if (table.isMarked()
          && (isLong(fieldLength, valueLength)
              || table.size() > limits.hashMaxListpackEntries.value())) {
        table.setMarked(false);
      }
      return entry;
    }
    if (isLong(fieldLength, valueLength)
        || (at == 0 && sizeWithDue(entry) >= limits.hashMaxListpackEntries.value())) {
      long unpacked = unpack(database, entry, false);
      at = table.find(field, fieldLength);
      storeInTable(field, fieldLength, value, valueLength, keepsExpiry);
      return unpacked;
    }
    return at == 0
        ? append(database, entry, field, fieldLength, value, valueLength)
        : replace(database, entry, value, valueLength);
  }

  private boolean isLong(int fieldLength, int valueLength) {
    return Math.max(fieldLength, valueLength) > limits.hashMaxListpackValue.value();
  }

  /** Combines {@link #findForWrite} and {@link #store} and clears the field's expiry time. */
  public long put(
      Database database, long entry, long field, int fieldLength, long value, int valueLength) {
    findForWrite(database, entry, field, fieldLength);
    return store(database, entry, field, fieldLength, value, valueLength, false);
  }

  private void storeInTable(
      long field, int fieldLength, long value, int valueLength, boolean keepsExpiry) {
    if (at == 0) {
      at = table.insert(field, fieldLength, valueLength);
    } else {
      if (!keepsExpiry && table.expires()) {
        at = table.expireAt(at, FieldElement.NO_EXPIRY);
      }
      if (valueLength != FieldElement.valueLength(at)) {
        at = table.replaceValue(at, valueLength);
      }
    }
    Region.copy(value, FieldElement.valueAddress(at), valueLength);
  }

  private static long append(
      Database database, long entry, long field, int fieldLength, long value, int valueLength) {
    long start = PackedValue.address(entry);
    long needed =
        Listpack.sizeBytes(MEMORY, start)
            + Listpack.entryBytes(MEMORY, field, fieldLength)
            + Listpack.entryBytes(MEMORY, value, valueLength);
    long larger = entry;
    if (needed > PackedValue.sizeBytes(entry)) {
      larger = PackedValue.resize(database, entry, (int) needed);
      start = PackedValue.address(larger);
    }
    Listpack.append(MEMORY, start, MEMORY, field, fieldLength, MEMORY, start);
    Listpack.append(MEMORY, start, MEMORY, value, valueLength, MEMORY, start);
    return larger;
  }

  private long replace(Database database, long entry, long value, int valueLength) {
    long start = PackedValue.address(entry);
    long old = Listpack.after(MEMORY, at);
    long needed = Listpack.sizeAfterReplace(MEMORY, start, old, MEMORY, value, valueLength);
    long larger = entry;
    if (needed > PackedValue.sizeBytes(entry)) {
      long distance = old - start;
      larger = PackedValue.resize(database, entry, (int) needed);
      start = PackedValue.address(larger);
      old = start + distance;
    }
    Listpack.replace(MEMORY, start, old, MEMORY, value, valueLength, MEMORY, start);
    return larger;
  }

  /** Removes the field found by {@link #findForWrite}, even the last one. */
  public void remove(long entry) {
    if (PackedValue.isPacked(entry)) {
      long start = PackedValue.address(entry);
      Listpack.delete(MEMORY, start, at, 2, MEMORY, start);
    } else {
      table.remove(at);
    }
  }

  /**
   * Sets the expiry time of the field found by {@link #findForWrite}.
   *
   * @param millis Unix milliseconds, or {@link FieldElement#NO_EXPIRY}
   * @return the entry, which may have moved
   */
  public long expireAt(Database database, long entry, long field, int length, long millis) {
    long expiring = entry;
    if (PackedValue.isPacked(entry)) {
      expiring = unpack(database, entry, true);
      at = table.find(field, length);
    }
    at = table.expireAt(at, millis);
    return expiring;
  }

  /**
   * Finishes a change: frees excess capacity and reports the next field expiry to the keyspace.
   *
   * @return the entry, which may have moved
   */
  public long settle(Database database, long entry) {
    if (!PackedValue.isPacked(entry)) {
      table.pointTo(Entry.root(entry));
      return database.nextElementExpiry(entry, table.nextExpiry());
    }
    int bytes = (int) Listpack.sizeBytes(MEMORY, PackedValue.address(entry));
    return bytes == PackedValue.sizeBytes(entry)
        ? entry
        : PackedValue.resize(database, entry, bytes);
  }

  /**
   * Converts a listpack to a table.
   *
   * @param small true to report the table's encoding as {@code listpackex}
   */
  private long unpack(Database database, long entry, boolean small) {
    long root = table.create();
    table.setMarked(small);
    try {
      packed.addTo(table, PackedValue.address(entry));
    } catch (OutOfMemoryError full) {
      drop(root);
      throw full;
    }
    return PackedValue.become(database, entry, root);
  }

  /**
   * Creates a hash from a valid listpack for a key without a value.
   *
   * @return the entry; 0, without an effect, if the listpack is empty, lacks the value of a field
   *     or repeats a field
   */
  public long fromListpack(Database database, long key, int keyLength, long start) {
    return fromListpack(database, key, keyLength, start, false);
  }

  /**
   * Creates a hash as {@link #fromListpack} does, without comparing the fields of a small one: they
   * must be distinct.
   */
  public long fromDistinct(Database database, long key, int keyLength, long start) {
    return fromListpack(database, key, keyLength, start, true);
  }

  private long fromListpack(
      Database database, long key, int keyLength, long start, boolean distinct) {
    int count = Listpack.count(MEMORY, start);
    if (count == 0 || count % 2 != 0) {
      return 0;
    }
    if (count / 2 > limits.hashMaxListpackEntries.value()) {
      long root = table.create();
      table.expect(count / 2);
      boolean isDistinct;
      try {
        isDistinct = packed.addTo(table, start);
      } catch (OutOfMemoryError full) {
        drop(root);
        throw full;
      }
      if (!isDistinct) {
        drop(root);
        return 0;
      }
      return database.createStructure(key, keyLength, Type.HASH, root);
    }
    if (!distinct && packed.hasTwice(start, count)) {
      return 0;
    }
    int bytes = (int) Listpack.sizeBytes(MEMORY, start);
    long entry = PackedValue.create(database, key, keyLength, Type.HASH, false, bytes);
    Region.copy(start, PackedValue.address(entry), bytes);
    return entry;
  }

  private void drop(long root) {
    while (dismantle(root)) {}
  }

  // Expiry.

  @Override
  public int expireElements(int index, long entry, int limit) {
    Database database = keyspace.database(index);
    database.beforeChange(entry);
    table.pointTo(Entry.root(entry));
    int expired = 0;
    while (expired < limit) {
      long element = table.nextExpiring();
      if (element == 0 || FieldElement.expireAt(element) >= keyspace.nowMillis()) {
        break;
      }
      keyspace
          .listener()
          .onElementExpired(
              database,
              entry,
              FieldElement.fieldAddress(element),
              FieldElement.fieldLength(element));
      table.remove(element);
      expired++;
    }
    boolean all = table.size() == 0;
    keyspace.listener().onElementsExpired(database, entry, all);
    if (all) {
      database.remove(entry);
    } else {
      settle(database, entry);
    }
    return expired;
  }

  // Structures.

  @Override
  public boolean dismantle(long root) {
    source.pointTo(root);
    return source.dismantle();
  }

  @Override
  public long elements(long root) {
    source.pointTo(root);
    return source.size();
  }

  @Override
  public long copy(long root) {
    source.pointTo(root);
    return target.copyOf(source);
  }

  @Override
  public long sizeBytes(long root, long samples) {
    source.pointTo(root);
    return source.sizeBytes(samples);
  }
}
