package io.redoubt.server.value;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.list.ListCursor;
import io.redoubt.server.structure.list.Quicklist;
import io.redoubt.server.structure.list.QuicklistRoot;

/**
 * The values of lists: a listpack up to {@code list-max-listpack-size}, a {@link Quicklist} beyond.
 * A quicklist becomes a listpack again when only one node is left, at under half of the limit.
 *
 * <p>A list is never empty: a method that removes the last element also removes the entry. Changes
 * may move the entry. New elements must not be located in the same list.
 */
public final class Lists implements Structures {
  /** Returned in place of an entry that was removed. */
  public static final long GONE = 0;

  private final Keyspace keyspace;
  private final EncodingDirectives limits;
  private final Quicklist quicklists;
  private final ListCursor cursor;

  Lists(Keyspace keyspace, EncodingDirectives limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    Slabs slabs = keyspace.slabs();
    quicklists = new Quicklist(slabs);
    cursor = new ListCursor(slabs);
  }

  /** Returns the structure of large lists. */
  public Quicklist quicklists() {
    return quicklists;
  }

  // Reading.

  public static long length(long entry) {
    return PackedValue.isPacked(entry)
        ? Listpack.count(Region.MEMORY, PackedValue.address(entry))
        : QuicklistRoot.count(Entry.root(entry));
  }

  /**
   * Moves the {@link #cursor} to an element.
   *
   * @param index from 0 for the first element, or from -1 downwards for the last
   * @return false if the index is out of range
   */
  public boolean open(long entry, long index) {
    return PackedValue.isPacked(entry)
        ? cursor.openListpack(PackedValue.address(entry), index)
        : cursor.openQuicklist(Entry.root(entry), index);
  }

  /** Returns the cursor positioned by {@link #open}; it must be closed before the list changes. */
  public ListCursor cursor() {
    return cursor;
  }

  /** Writes the cursor's element as a bulk string. */
  public void writeTo(ReplyWriter reply) {
    if (cursor.isInteger()) {
      reply.bulkLong(cursor.integer());
    } else {
      reply.bulk(Region.MEMORY, cursor.address(), cursor.length());
    }
  }

  /** Writes a range of existing elements, in either direction. */
  public void writeRange(long entry, long index, long count, boolean backwards, ReplyWriter reply) {
    boolean on = open(entry, index);
    for (long i = 0; i < count && on; i++) {
      writeTo(reply);
      on = backwards ? cursor.previous() : cursor.next();
    }
    cursor.close();
  }

  // Adding.

  /**
   * Pushes the arguments {@code [from, to)} of a request one by one at the head or the tail.
   *
   * @param entry the key's entry, or 0 to create a list
   * @return the entry
   */
  public long push(
      Database database,
      long entry,
      Request request,
      int keyArgument,
      int from,
      int to,
      boolean atHead) {
    if (entry != 0 && !PackedValue.isPacked(entry)) {
      database.beforeChange(entry);
      for (int i = from; i < to; i++) {
        add(entry, request.offset(i), request.length(i), atHead);
      }
      return entry;
    }
    long textBytes = 0;
    long entryBytes = 0;
    for (int i = from; i < to; i++) {
      textBytes += request.length(i);
      entryBytes += Listpack.entryBytes(Region.MEMORY, request.offset(i), request.length(i));
    }
    long changed =
        entry == 0
            ? create(
                database,
                request.offset(keyArgument),
                request.length(keyArgument),
                textBytes,
                entryBytes,
                to - from)
            : prepare(database, entry, textBytes, entryBytes, to - from);
    for (int i = from; i < to; i++) {
      add(changed, request.offset(i), request.length(i), atHead);
    }
    return changed;
  }

  /** Pushes one element at the head or the tail; returns the entry. */
  public long push(Database database, long entry, long address, int length, boolean atHead) {
    long changed = prepare(database, entry, length, entryBytes(address, length), 1);
    add(changed, address, length, atHead);
    return changed;
  }

  /** Creates a list of one element for a key without a value; returns the entry. */
  public long create(Database database, long key, int keyLength, long address, int length) {
    long entry = create(database, key, keyLength, length, entryBytes(address, length), 1);
    add(entry, address, length, false);
    return entry;
  }

  private static long entryBytes(long address, int length) {
    return Listpack.entryBytes(Region.MEMORY, address, length);
  }

  /** Creates the entry of an empty list with room for the given elements. */
  private long create(
      Database database, long key, int keyLength, long textBytes, long entryBytes, long count) {
    if (exceedsLimit(Listpack.EMPTY_BYTES + textBytes, count)) {
      return put(database, key, keyLength, newQuicklist());
    }
    int bytes = Listpack.EMPTY_BYTES + (int) entryBytes;
    long entry = PackedValue.create(database, key, keyLength, Type.LIST, false, bytes);
    Listpack.create(Region.MEMORY, PackedValue.address(entry));
    return entry;
  }

  /** Returns true if a listpack of these bytes and elements exceeds the limit. */
  boolean exceedsLimit(long bytes, long count) {
    return QuicklistRoot.exceeds(limits.listMaxListpackSize.value(), bytes, count);
  }

  /** Makes room for more elements, converting the list if it exceeds the limit with them. */
  private long prepare(Database database, long entry, long textBytes, long entryBytes, long count) {
    database.beforeChange(entry);
    if (!PackedValue.isPacked(entry)) {
      return entry;
    }
    long grown = convertIfOver(database, entry, textBytes, count);
    return PackedValue.isPacked(grown)
        ? PackedValue.resize(database, grown, sizeBytes(grown) + (int) entryBytes)
        : grown;
  }

  private static int sizeBytes(long entry) {
    return (int) Listpack.sizeBytes(Region.MEMORY, PackedValue.address(entry));
  }

  /** Converts a listpack to a quicklist if it exceeds the limit with these elements. */
  private long convertIfOver(Database database, long entry, long textBytes, long count) {
    long listpack = PackedValue.address(entry);
    int has = Listpack.count(Region.MEMORY, listpack);
    if (!exceedsLimit(sizeBytes(entry) + textBytes, has + count)) {
      return entry;
    }
    long root = newQuicklist();
    if (has > 0) {
      quicklists.addPacked(root, listpack);
    }
    return PackedValue.become(database, entry, root);
  }

  /** Adds an element at one end; a listpack must have room for it. */
  private void add(long entry, long address, int length, boolean atHead) {
    if (PackedValue.isPacked(entry)) {
      long start = PackedValue.address(entry);
      long position = atHead ? Listpack.firstPosition(start) : Listpack.end(Region.MEMORY, start);
      Listpack.insert(
          Region.MEMORY, start, position, Region.MEMORY, address, length, Region.MEMORY, start);
    } else if (atHead) {
      quicklists.pushHead(Entry.root(entry), address, length);
    } else {
      quicklists.pushTail(Entry.root(entry), address, length);
    }
  }

  /**
   * Inserts an element before the one at an index.
   *
   * @return the entry
   */
  public long insert(Database database, long entry, long index, long address, int length) {
    long changed = prepare(database, entry, length, entryBytes(address, length), 1);
    if (PackedValue.isPacked(changed)) {
      long start = PackedValue.address(changed);
      long found = Listpack.at(Region.MEMORY, start, (int) index);
      long position = found == Listpack.NONE ? Listpack.end(Region.MEMORY, start) : found;
      Listpack.insert(
          Region.MEMORY, start, position, Region.MEMORY, address, length, Region.MEMORY, start);
    } else {
      quicklists.insert(Entry.root(changed), index, address, length);
    }
    return changed;
  }

  /**
   * Replaces the element at an index.
   *
   * @param index from 0, in range
   * @return the entry
   */
  public long set(Database database, long entry, long index, long address, int length) {
    database.beforeChange(entry);
    long changed = PackedValue.isPacked(entry) ? convertIfOver(database, entry, length, 1) : entry;
    if (!PackedValue.isPacked(changed)) {
      quicklists.set(Entry.root(changed), index, address, length);
      return convertIfSmall(database, changed, true);
    }
    long start = PackedValue.address(changed);
    long element = Listpack.at(Region.MEMORY, start, (int) index);
    int before = sizeBytes(changed);
    int after =
        (int)
            Listpack.sizeAfterReplace(
                Region.MEMORY, start, element, Region.MEMORY, address, length);
    if (after > before) {
      changed = PackedValue.resize(database, changed, after);
      element += PackedValue.address(changed) - start;
      start = PackedValue.address(changed);
    }
    Listpack.replace(
        Region.MEMORY, start, element, Region.MEMORY, address, length, Region.MEMORY, start);
    return after < before ? PackedValue.resize(database, changed, after) : changed;
  }

  // Removing.

  /**
   * Removes a range of existing elements.
   *
   * @return the entry, or {@link #GONE}
   */
  public long remove(Database database, long entry, long index, long count) {
    if (count == 0) {
      return entry;
    }
    if (count == length(entry)) {
      database.remove(entry);
      return GONE;
    }
    database.beforeChange(entry);
    if (!PackedValue.isPacked(entry)) {
      quicklists.remove(Entry.root(entry), index, count);
      return convertIfSmall(database, entry, true);
    }
    long start = PackedValue.address(entry);
    long position = Listpack.at(Region.MEMORY, start, (int) index);
    Listpack.delete(Region.MEMORY, start, position, (int) count, Region.MEMORY, start);
    return PackedValue.resize(database, entry, sizeBytes(entry));
  }

  /**
   * Removes elements equal to the given bytes, and the entry with the last one.
   *
   * @param most the maximum number of elements to remove
   * @param fromTail true to search from the tail
   * @return the number of removed elements
   */
  public long removeEqual(
      Database database, long entry, long address, int length, long most, boolean fromTail) {
    database.beforeChange(entry);
    long removed;
    if (PackedValue.isPacked(entry)) {
      removed =
          Quicklist.removeFromListpack(
              PackedValue.address(entry),
              address,
              length,
              (int) Math.min(most, Integer.MAX_VALUE),
              fromTail);
      if (removed > 0 && length(entry) > 0) {
        PackedValue.resize(database, entry, sizeBytes(entry));
        return removed;
      }
    } else {
      removed = quicklists.removeEqual(Entry.root(entry), address, length, most, fromTail);
      if (removed > 0 && length(entry) > 0) {
        convertIfSmall(database, entry, true);
        return removed;
      }
    }
    if (removed > 0) {
      database.remove(entry);
    }
    return removed;
  }

  // Whole lists.

  /** Returns a builder of lists, to be closed by the caller. */
  public ListBuilder newBuilder() {
    return new ListBuilder(this, keyspace);
  }

  /** Creates a quicklist to be filled and passed to {@link #put}. */
  public long newQuicklist() {
    return quicklists.create(limits.listMaxListpackSize.value(), limits.listCompressDepth.value());
  }

  /**
   * Stores a quicklist for a key without a value and returns the entry. A small quicklist becomes a
   * listpack, unless it is still empty.
   */
  public long put(Database database, long key, int keyLength, long root) {
    long entry = database.createStructure(key, keyLength, Type.LIST, root);
    return QuicklistRoot.count(root) == 0 ? entry : convertIfSmall(database, entry, false);
  }

  /** Returns true if a listpack is small enough for a list without nodes. */
  public boolean canBePacked(long listpack) {
    long bytes = Listpack.sizeBytes(Region.MEMORY, listpack);
    return isSmall(bytes, Listpack.count(Region.MEMORY, listpack), 1);
  }

  /** Creates a list from a listpack that {@link #canBePacked}, for a key without a value. */
  public long createFromListpack(Database database, long key, int keyLength, long listpack) {
    int bytes = (int) Listpack.sizeBytes(Region.MEMORY, listpack);
    long entry = PackedValue.create(database, key, keyLength, Type.LIST, false, bytes);
    Region.copy(listpack, PackedValue.address(entry), bytes);
    return entry;
  }

  /** Returns true if a listpack is within a share of the limits. */
  private boolean isSmall(long bytes, long count, int share) {
    int limit = limits.listMaxListpackSize.value();
    long most = limit < 0 ? Long.MAX_VALUE : Math.max(limit, 1);
    return bytes <= QuicklistRoot.limitBytes(limit) / share && count <= most / share;
  }

  /**
   * Converts a quicklist of one node to a listpack if it is small enough; one that shrank, at half
   * of the limit.
   */
  private long convertIfSmall(Database database, long entry, boolean shrank) {
    long root = Entry.root(entry);
    long listpack = QuicklistRoot.nodes(root) == 1 ? quicklists.onlyListpack(root) : 0;
    if (listpack == 0) {
      return entry;
    }
    long bytes = Listpack.sizeBytes(Region.MEMORY, listpack);
    if (!isSmall(bytes, QuicklistRoot.count(root), shrank ? 2 : 1)) {
      return entry;
    }
    long changed = PackedValue.pack(database, entry, false, (int) bytes);
    Region.copy(listpack, PackedValue.address(changed), bytes);
    keyspace.freeStructure(Type.LIST, root);
    return changed;
  }

  @Override
  public boolean dismantle(long root) {
    return quicklists.dismantle(root);
  }

  @Override
  public long elements(long root) {
    return QuicklistRoot.count(root);
  }

  @Override
  public long copy(long root) {
    return quicklists.copy(root);
  }

  @Override
  public long sizeBytes(long root, long samples) {
    return quicklists.sizeBytes(root, samples);
  }
}
