package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * Moves entries to another key or another database of the same keyspace. An existing entry there is
 * replaced once there is memory for the new one; otherwise both stay in place.
 */
public final class Transfers {
  private Transfers() {}

  /**
   * Renames an entry; keeps value and expiry.
   *
   * @return the entry under its new key
   */
  public static long rename(Database database, long entry, long toKeyAddress, int toKeyLength) {
    return transfer(database, entry, database, toKeyAddress, toKeyLength);
  }

  /**
   * Moves an entry to the same key of another database; keeps value and expiry.
   *
   * @return the entry in the other database
   */
  public static long move(Database from, long entry, Database to) {
    return transfer(from, entry, to, Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  private static long transfer(
      Database from, long entry, Database to, long keyAddress, int keyLength) {
    long target = to.find(keyAddress, keyLength);
    if (target == entry) {
      return entry;
    }
    long moved = makeLike(entry, to, keyAddress, keyLength);
    try {
      if (target != 0) {
        giveWay(to, target);
      }
      to.linkWhole(moved, Entry.expireAt(entry));
    } catch (OutOfMemoryError full) {
      to.slabs().free(moved, Entry.sizeBytes(moved));
      throw full;
    }
    to.reportAdded(moved);
    leave(from, entry);
    return moved;
  }

  /** Removes an entry whose value has been transferred to another entry. */
  private static void leave(Database from, long entry) {
    from.detach(entry);
    from.slabs().free(entry, Entry.sizeBytes(entry));
  }

  /**
   * Moves the value of an entry, which is removed, to the same key of another database. As with
   * setting a string, the result has no expiry, and replacing an existing key does not count as
   * adding one.
   *
   * @return the entry in the other database
   */
  public static long moveValue(Database from, long entry, Database to) {
    int payloadBytes = Entry.payloadBytes(entry);
    long put =
        to.replace(
            Entry.keyAddress(entry),
            Entry.keyLength(entry),
            Entry.type(entry),
            Entry.encoding(entry),
            payloadBytes);
    Region.copy(Entry.payloadAddress(entry), Entry.payloadAddress(put), payloadBytes);
    leave(from, entry);
    return put;
  }

  /**
   * Copies an entry to a key of the same database or another.
   *
   * @return the copy
   */
  public static long copy(Database from, long entry, Database to, long keyAddress, int keyLength) {
    long target = to.find(keyAddress, keyLength);
    if (target == entry) {
      return entry;
    }
    long copy = makeLike(entry, to, keyAddress, keyLength);
    try {
      copyValue(entry, to, copy);
      replace(entry, to, target, copy);
    } catch (OutOfMemoryError full) {
      to.slabs().free(copy, Entry.sizeBytes(copy));
      throw full;
    }
    to.reportAdded(copy);
    return copy;
  }

  /** Inserts a copy of an entry in the place of another one, if {@code target} is not 0. */
  private static void replace(long entry, Database to, long target, long copy) {
    try {
      if (target != 0) {
        giveWay(to, target);
      }
      to.linkWhole(copy, Entry.expireAt(entry));
    } catch (OutOfMemoryError full) {
      to.context().freeValue(copy);
      throw full;
    }
  }

  /** Removes an entry whose key gets another value immediately. */
  public static void giveWay(Database database, long entry) {
    database.context().noteReplaced(entry);
    database.remove(entry);
  }

  /** Makes an entry with the payload, clock and expiry of another one, which is in no table yet. */
  private static long makeLike(long entry, Database to, long keyAddress, int keyLength) {
    int payloadBytes = Entry.payloadBytes(entry);
    boolean expires = Entry.expires(entry);
    long made =
        to.make(
            keyAddress, keyLength, Entry.type(entry), Entry.encoding(entry), expires, payloadBytes);
    Entry.putAccessClock(made, Entry.accessClock(entry));
    Region.copy(Entry.payloadAddress(entry), Entry.payloadAddress(made), payloadBytes);
    return made;
  }

  /** Gives an entry that was made like another one a copy of its value. */
  private static void copyValue(long entry, Database to, long made) {
    KeyspaceContext context = to.context();
    int encoding = Entry.encoding(entry);
    long payload = Entry.payloadAddress(entry);
    if (Encoding.isStructure(encoding)) {
      long root = context.garbage().kind(Entry.type(entry)).copy(Entry.root(entry));
      Region.putLong(Entry.payloadAddress(made), root);
    } else if (Encoding.ownsBlock(encoding)) {
      Slabs slabs = context.slabs();
      int length = OwnBlock.length(payload);
      long block = slabs.allocateFar(length);
      Region.copy(OwnBlock.address(payload), block, length);
      OwnBlock.put(Entry.payloadAddress(made), block, length, length);
    }
  }
}
