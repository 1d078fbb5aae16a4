package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;

/**
 * A value that is one packed block of bytes, a listpack or an intset: within the entry up to {@link
 * Encoding#MAX_INLINE_LENGTH}, otherwise in a block of its own.
 *
 * <p>To enlarge it, {@link #resize} it to its future size and edit it in place; to shrink it, edit
 * it in place and resize it afterwards. The caller must have called {@link Database#beforeChange};
 * nothing here does.
 */
public final class PackedValue {

  /** The maximum spare capacity of a growing block; below that, half of its size. */
  private static final int MAX_SLACK_BYTES = 64 << 10;

  private PackedValue() {}

  /** Returns true if a collection is one packed block. */
  public static boolean isPacked(long entry) {
    return !Encoding.isStructure(Entry.encoding(entry));
  }

  /** Returns true if the packed block is an intset, false if it is a listpack. */
  public static boolean isIntset(long entry) {
    int encoding = Entry.encoding(entry);
    return encoding == Encoding.INTSET_INLINE || encoding == Encoding.INTSET_OWN_BLOCK;
  }

  public static long address(long entry) {
    long payload = Entry.payloadAddress(entry);
    return Encoding.ownsBlock(Entry.encoding(entry))
        ? OwnBlock.address(payload)
        : payload + BlockLength.sizeAt(payload);
  }

  public static int sizeBytes(long entry) {
    long payload = Entry.payloadAddress(entry);
    return Encoding.ownsBlock(Entry.encoding(entry))
        ? OwnBlock.length(payload)
        : BlockLength.get(payload);
  }

  /**
   * Creates a packed value of the given size for a key without a value. The caller writes the bytes
   * at {@link #address} at once.
   */
  public static long create(
      Database database, long key, int keyLength, Type type, boolean intset, int bytes) {
    if (bytes <= Encoding.MAX_INLINE_LENGTH) {
      int encoding = intset ? Encoding.INTSET_INLINE : Encoding.INLINE;
      long entry = database.create(key, keyLength, type, encoding, BlockLength.size(bytes) + bytes);
      BlockLength.put(Entry.payloadAddress(entry), bytes);
      return entry;
    }
    long block = database.slabs().allocateFar(bytes);
    int encoding = intset ? Encoding.INTSET_OWN_BLOCK : Encoding.OWN_BLOCK;
    long entry;
    try {
      entry = database.create(key, keyLength, type, encoding, Encoding.OWN_BLOCK_BYTES);
    } catch (OutOfMemoryError full) {
      database.slabs().free(block, bytes);
      throw full;
    }
    OwnBlock.put(Entry.payloadAddress(entry), block, bytes, bytes);
    return entry;
  }

  /**
   * Creates a listpack of the given size for a key, whose value and expiry it replaces. The caller
   * writes the bytes at {@link #address} at once.
   */
  public static long putListpack(Database database, long key, int keyLength, Type type, int bytes) {
    if (bytes <= Encoding.MAX_INLINE_LENGTH) {
      int payloadBytes = BlockLength.size(bytes) + bytes;
      long entry = database.replace(key, keyLength, type, Encoding.INLINE, payloadBytes);
      BlockLength.put(Entry.payloadAddress(entry), bytes);
      return entry;
    }
    long block = database.slabs().allocateFar(bytes);
    long entry;
    try {
      entry = database.replace(key, keyLength, type, Encoding.OWN_BLOCK, Encoding.OWN_BLOCK_BYTES);
    } catch (OutOfMemoryError full) {
      database.slabs().free(block, bytes);
      throw full;
    }
    OwnBlock.put(Entry.payloadAddress(entry), block, bytes, bytes);
    return entry;
  }

  /**
   * Resizes the packed value, keeping its first bytes.
   *
   * @return the entry, which may have moved, as may the packed bytes
   */
  public static long resize(Database database, long entry, int bytes) {
    if (Encoding.ownsBlock(Entry.encoding(entry))) {
      return bytes <= Encoding.MAX_INLINE_LENGTH / 2
          ? moveIn(database, entry, bytes)
          : resizeOwnBlock(database, entry, bytes);
    }
    return bytes <= Encoding.MAX_INLINE_LENGTH
        ? resizeInline(database, entry, bytes)
        : moveOut(database, entry, bytes);
  }

  /**
   * Replaces the packed bytes, which are freed, by the root of a structure. The structure is freed
   * if there is no memory for the entry.
   *
   * @return the entry, which may have moved
   */
  public static long become(Database database, long entry, long root) {
    OldValue packed = database.context().oldValue(entry);
    long changed;
    try {
      changed = database.resize(entry, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
    } catch (OutOfMemoryError full) {
      database.context().freeStructure(Entry.type(entry), root);
      throw full;
    }
    packed.free();
    Region.putLong(Entry.payloadAddress(changed), root);
    return changed;
  }

  /**
   * Replaces the root of a structure by a packed value of the given size, to be written at once.
   * The caller frees the structure.
   *
   * @return the entry, which may have moved
   */
  public static long pack(Database database, long entry, boolean intset, int bytes) {
    if (bytes <= Encoding.MAX_INLINE_LENGTH) {
      int encoding = intset ? Encoding.INTSET_INLINE : Encoding.INLINE;
      long changed = database.resize(entry, encoding, BlockLength.size(bytes) + bytes);
      BlockLength.put(Entry.payloadAddress(changed), bytes);
      return changed;
    }
    long block = database.slabs().allocateFar(bytes);
    int encoding = intset ? Encoding.INTSET_OWN_BLOCK : Encoding.OWN_BLOCK;
    long changed = resizeFor(database, entry, encoding, block, bytes);
    OwnBlock.put(Entry.payloadAddress(changed), block, bytes, bytes);
    return changed;
  }

  /**
   * Resizes an entry that is to refer to a new block, which is freed if there is no memory for the
   * entry.
   */
  public static long resizeFor(
      Database database, long entry, int encoding, long block, int capacity) {
    try {
      return database.resize(entry, encoding, Encoding.OWN_BLOCK_BYTES);
    } catch (OutOfMemoryError full) {
      database.slabs().free(block, capacity);
      throw full;
    }
  }

  /**
   * Replaces the packed bytes or the structure by a copy of bytes outside of the keyspace.
   *
   * @return the entry, which may have moved
   */
  public static long replace(Database database, long entry, boolean intset, long from, int bytes) {
    OldValue old = database.context().oldValue(entry);
    long changed = pack(database, entry, intset, bytes);
    old.free();
    Region.copy(from, address(changed), bytes);
    return changed;
  }

  private static long resizeInline(Database database, long entry, int bytes) {
    long payload = Entry.payloadAddress(entry);
    int oldPrefix = BlockLength.sizeAt(payload);
    int kept = Math.min(bytes, BlockLength.get(payload));
    // The length prefix never shrinks: the bytes would have to move before the block shrinks.
    int prefix = Math.max(oldPrefix, BlockLength.size(bytes));
    long changed = database.resize(entry, Entry.encoding(entry), prefix + bytes);
    payload = Entry.payloadAddress(changed);
    if (prefix != oldPrefix) {
      Region.copy(payload + oldPrefix, payload + prefix, kept);
    }
    BlockLength.put(payload, bytes, prefix);
    return changed;
  }

  private static long moveOut(Database database, long entry, int bytes) {
    int capacity = capacityFor(database.slabs(), bytes);
    long block = database.slabs().allocateFar(capacity);
    Region.copy(address(entry), block, sizeBytes(entry));
    int encoding = isIntset(entry) ? Encoding.INTSET_OWN_BLOCK : Encoding.OWN_BLOCK;
    long changed = resizeFor(database, entry, encoding, block, capacity);
    OwnBlock.put(Entry.payloadAddress(changed), block, bytes, capacity);
    return changed;
  }

  private static long moveIn(Database database, long entry, int bytes) {
    long payload = Entry.payloadAddress(entry);
    long address = OwnBlock.address(payload);
    long block = OwnBlock.block(payload);
    long blockBytes = OwnBlock.blockBytes(payload);
    int encoding = isIntset(entry) ? Encoding.INTSET_INLINE : Encoding.INLINE;
    long changed = database.resize(entry, encoding, BlockLength.size(bytes) + bytes);
    long target = BlockLength.put(Entry.payloadAddress(changed), bytes);
    Region.copy(address, target, bytes);
    database.slabs().free(block, blockBytes);
    return changed;
  }

  private static long resizeOwnBlock(Database database, long entry, int bytes) {
    long payload = Entry.payloadAddress(entry);
    int oldCapacity = OwnBlock.capacity(payload);
    if (bytes <= oldCapacity && bytes >= oldCapacity / 2) {
      OwnBlock.setLength(payload, bytes);
      return entry;
    }
    Slabs slabs = database.slabs();
    int capacity = capacityFor(slabs, bytes);
    long block = slabs.allocateFar(capacity);
    Region.copy(OwnBlock.address(payload), block, Math.min(bytes, OwnBlock.length(payload)));
    slabs.free(OwnBlock.block(payload), OwnBlock.blockBytes(payload));
    OwnBlock.put(payload, block, bytes, capacity);
    return entry;
  }

  private static int capacityFor(Slabs slabs, int bytes) {
    return (int) slabs.blockBytes(bytes + Math.min(bytes / 2, MAX_SLACK_BYTES));
  }
}
