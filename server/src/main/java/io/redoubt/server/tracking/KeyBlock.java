package io.redoubt.server.tracking;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;
import io.redoubt.server.structure.ByteTable;

/** A block of a tracking table: 16 bytes of the table's owner, then the key after its length. */
final class KeyBlock {
  static final int KEY_AT = 16;

  private KeyBlock() {}

  /** Creates a block; the caller must write the owner's bytes. */
  static long create(Slabs slabs, long key, int length) {
    long block = slabs.allocate(bytes(length));
    Region.copy(key, BlockLength.put(block + KEY_AT, length), length);
    return block;
  }

  /** Adds a block to a table, or frees it if the table has no memory for it. */
  static void insert(Slabs slabs, ByteTable table, long hash, long block) {
    try {
      table.insert(hash, block);
    } catch (OutOfMemoryError full) {
      free(slabs, block);
      throw full;
    }
  }

  static long keyAddress(long block) {
    return block + KEY_AT + BlockLength.sizeAt(block + KEY_AT);
  }

  static int keyLength(long block) {
    return BlockLength.get(block + KEY_AT);
  }

  static void free(Slabs slabs, long block) {
    slabs.free(block, bytes(keyLength(block)));
  }

  private static long bytes(int keyLength) {
    return (long) KEY_AT + BlockLength.size(keyLength) + keyLength;
  }
}
