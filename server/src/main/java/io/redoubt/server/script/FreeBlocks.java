package io.redoubt.server.script;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionFull;
import io.redoubt.server.memory.Slabs;

/**
 * Free blocks of a Lua state, in a list for each small size, and the counters of its memory. They
 * lie in a block of the region, which {@link AllocatorCode} reads and writes: it takes blocks from
 * the lists and puts freed ones onto them until the allowance, a list or the room is exhausted.
 *
 * <p>Free blocks count as used by the server and not by the state. Confined to one thread.
 */
final class FreeBlocks implements AutoCloseable {

  // The layout of the block, known to AllocatorCode.
  private static final int SLOW_PATH = 0;
  private static final int ALLOWANCE = 8;
  private static final int USED = 16;
  private static final int ROOM = 24;
  private static final int LISTS = 32;

  /** The size of the unit in which blocks and the room are counted, the step between two lists. */
  static final int WORD_BYTES = Region.GRANULE_BYTES;

  /** The number of words of the largest blocks that have a list. */
  static final int MAX_WORDS = 1024;

  private static final long STATE_BYTES = LISTS + (MAX_WORDS + 1L) * WORD_BYTES;

  /**
   * The bounds of the words of all free blocks. A collection that a script causes frees about as
   * much as remains in use; if that had no room, all of it would be allocated anew each time.
   */
  private static final long LEAST_FREE_WORDS = (512L << 10) / WORD_BYTES;

  private static final long MAX_FREE_WORDS = (4L << 20) / WORD_BYTES;

  /** The words of blocks that are added to an empty list. */
  private static final int BATCH_WORDS = 1024 / WORD_BYTES;

  private final Slabs slabs;
  private final long base = Region.MEMORY.address();
  private final long state;
  private boolean open;

  /**
   * Creates empty lists.
   *
   * @param slowPath the address of the function that allocates if this cannot
   */
  FreeBlocks(Slabs slabs, long slowPath) {
    this.slabs = slabs;
    state = slabs.allocateFar(STATE_BYTES);
    Region.zero(state, STATE_BYTES);
    Region.putLong(state + SLOW_PATH, slowPath);
  }

  /** Returns the argument of {@link AllocatorCode}. */
  long address() {
    return state + base;
  }

  /** Returns the memory in use by the Lua state, in bytes. */
  long usedBytes() {
    return Region.getLong(state + USED);
  }

  /** Adds to the memory in use. */
  void addUsed(long bytes) {
    Region.putLong(state + USED, usedBytes() + bytes);
  }

  /** Returns the bytes that may still be allocated from the lists. */
  long allowance() {
    return Region.getLong(state + ALLOWANCE);
  }

  /** Sets the bytes that may be allocated from the lists. */
  void setAllowance(long bytes) {
    Region.putLong(state + ALLOWANCE, bytes);
  }

  /** Permits free blocks, or releases them and permits no more. */
  void setOpen(boolean on) {
    if (on != open) {
      open = on;
      release();
    }
  }

  /** Returns all free blocks to the slabs. */
  void release() {
    for (int words = 1; words <= MAX_WORDS; words++) {
      long list = list(words);
      for (long block = Region.getLong(list); block != 0; ) {
        long next = Region.getLong(block - base);
        slabs.free(block - base, (long) words * WORD_BYTES);
        block = next;
      }
      Region.putLong(list, 0);
    }
    long room = Math.clamp(usedBytes() / WORD_BYTES, LEAST_FREE_WORDS, MAX_FREE_WORDS);
    Region.putLong(state + ROOM, open ? room : 0);
  }

  /** Makes room for a block of this size, which has been freed to the slabs. */
  void makeRoom(long sizeBytes) {
    if (open && words(sizeBytes) <= MAX_WORDS && !hasRoom(words(sizeBytes))) {
      release();
    }
  }

  /** Adds blocks of this size to their list if it is empty, as far as there is memory. */
  void fill(long sizeBytes) {
    long words = words(sizeBytes);
    if (words == 0 || words > MAX_WORDS || Region.getLong(list(words)) != 0) {
      return;
    }
    try {
      for (int filled = 0; filled < BATCH_WORDS && hasRoom(words); filled += (int) words) {
        long block = slabs.allocateFar(words * WORD_BYTES);
        Region.putLong(block, Region.getLong(list(words)));
        Region.putLong(list(words), block + base);
        Region.putLong(state + ROOM, Region.getLong(state + ROOM) - words);
      }
    } catch (RegionFull full) {
      // The next allocation of this size will ask Java.
    }
  }

  private boolean hasRoom(long words) {
    return words <= Region.getLong(state + ROOM);
  }

  private long list(long words) {
    return state + LISTS + words * WORD_BYTES;
  }

  private static long words(long sizeBytes) {
    return (sizeBytes + WORD_BYTES - 1) / WORD_BYTES;
  }

  @Override
  public void close() {
    setOpen(false);
    slabs.free(state, STATE_BYTES);
  }
}
