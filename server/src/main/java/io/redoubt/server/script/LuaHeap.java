package io.redoubt.server.script;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.Arena;

/**
 * The memory of a Lua state: blocks of the server's slabs, so that it is counted, limited and freed
 * to the last byte. At the limit the allocator returns no memory, which Lua turns into an error of
 * the script.
 *
 * <p>Large allocations indicate slow instructions and a script that does not reach its hook; a
 * listener is notified of them.
 *
 * <p>The limit does not apply while Java code works on the state: the error would have to cross
 * Java frames. The region must not run out then either, because Lua would abort the process: Java
 * code reserves its memory with {@link #require} beforehand, and scripts get little memory during a
 * shortage.
 *
 * <p>Where there is {@link AllocatorCode}, it serves most small blocks from {@link FreeBlocks}.
 * This class grants it an allowance: the bytes that it may allocate before a rule above could
 * apply. There is none near the limit and during a shortage.
 */
final class LuaHeap implements AutoCloseable {

  /** An unusual amount of memory to allocate between two ticks of the hook. */
  private static final long MUCH_BYTES = 16L << 20;

  /** An amount that the region's reserve covers as long as there is no shortage. */
  private static final long COVERED_BYTES = 64 << 10;

  /** The part of the reserve left for allocations that Java code does not count. */
  private static final long MARGIN_BYTES = 1 << 20;

  /** The size from which a block needs extents of its own, which may be fragmented. */
  private static final long LARGE_BYTES = 512 << 10;

  /** The growth since the last collection permitted to scripts during a shortage. */
  private static final long SHORTAGE_BYTES = 1 << 20;

  /** The greatest allowance. */
  private static final long ALLOWANCE_BYTES = 1 << 20;

  private final Slabs slabs;
  private final long base = Region.MEMORY.address();
  private final FreeBlocks free;
  private final long function;
  private long limitBytes = Long.MAX_VALUE;
  private long sinceTickBytes;

  /** The allowance that has been granted and not been counted in {@link #sinceTickBytes}. */
  private long allowedBytes;

  /** The number of grants, now and at the last check for idleness. */
  private long grants;

  private long idleGrants;

  private long collectedBytes;
  private final Runnable hurry;
  private final boolean hasCode;
  private boolean limited;

  /**
   * Creates the memory of a state.
   *
   * @param hurry called after large allocations between two ticks
   * @param code the address of the {@link AllocatorCode}, or {@link MachineCode#NONE}
   */
  LuaHeap(Slabs slabs, Arena arena, Runnable hurry, long code) {
    this.slabs = slabs;
    this.hurry = hurry;
    long callback = Lua.callback(this, LuaHeap.class, "reallocate", arena);
    hasCode = code != MachineCode.NONE;
    function = hasCode ? code : callback;
    free = new FreeBlocks(slabs, callback);
  }

  /** Returns the address of the lua_Alloc function. */
  long function() {
    return function;
  }

  /** Returns the argument of the function for user data. */
  long argument() {
    return free.address();
  }

  /** Returns the memory in use, in bytes. */
  long usedBytes() {
    return free.usedBytes();
  }

  /** Returns true if scripts may allocate the given number of bytes. */
  boolean hasRoom(long bytes) {
    return mayGrow(bytes);
  }

  /** Sets the memory limit of scripts. */
  void setLimitBytes(long bytes) {
    limitBytes = bytes;
  }

  /**
   * Checks that Java code can push this number of bytes; Lua would abort without memory.
   *
   * @throws OutOfMemoryError if it cannot
   */
  void require(long bytes) {
    if (bytes > COVERED_BYTES || slabs.isShort()) {
      slabs.requireFar(bytes + MARGIN_BYTES);
    }
  }

  /**
   * Checks that Java code can push a string of this length.
   *
   * @throws OutOfMemoryError if it cannot
   */
  void requireString(long length) {
    if (length > LARGE_BYTES) {
      long blockBytes = length + COVERED_BYTES;
      slabs.free(slabs.allocateFar(blockBytes), blockBytes);
    }
  }

  /** Records a full collection. */
  void onCollected() {
    collectedBytes = usedBytes();
    free.release();
  }

  /** Returns true if garbage should be collected because memory is short. */
  boolean isCollectionDue() {
    return slabs.isShort() && usedBytes() > collectedBytes + SHORTAGE_BYTES / 2;
  }

  private boolean mayGrow(long bytes) {
    return usedBytes() + bytes <= limitBytes
        && (!slabs.isShort() || usedBytes() + bytes <= collectedBytes + SHORTAGE_BYTES);
  }

  /** Enables the limit while a script's own code runs; returns the previous setting. */
  boolean limited(boolean on) {
    boolean was = limited;
    limited = on;
    if (on) {
      allow();
    }
    return was;
  }

  /** Counts what was allocated from the free blocks. */
  private void settle() {
    long left = free.allowance();
    sinceTickBytes += allowedBytes - left;
    allowedBytes = left;
  }

  /** Allows allocations from the free blocks as far as no rule of this class can apply to them. */
  private void allow() {
    grants++;
    settle();
    long bytes = 0;
    boolean mayUseCode = hasCode && !slabs.isShort();
    free.setOpen(mayUseCode);
    if (mayUseCode) {
      bytes = Math.min(ALLOWANCE_BYTES, MUCH_BYTES - sinceTickBytes);
      if (limited) {
        bytes = Math.min(bytes, limitBytes - usedBytes());
      }
    }
    allowedBytes = Math.max(0, bytes);
    free.setAllowance(allowedBytes);
  }

  /** Records a call of the hook. */
  void tick() {
    settle();
    sinceTickBytes = 0;
  }

  /** Implements lua_Alloc: returns a block of {@code newSize} bytes with the old contents, or 0. */
  @SuppressWarnings("unused") // called from native code
  long reallocate(long userData, long block, long oldSize, long newSize) {
    try {
      settle();
      long result = moved(block, oldSize, newSize);
      allow();
      free.makeRoom(newSize == 0 ? oldSize : 0);
      free.fill(newSize);
      return result;
    } catch (Throwable full) { // nothing may be thrown into native code
      return 0;
    }
  }

  private long moved(long block, long oldSize, long newSize) {
    if (newSize > oldSize && limited && !mayGrow(newSize - oldSize)) {
      return 0;
    }
    sinceTickBytes += newSize;
    if (sinceTickBytes > MUCH_BYTES) {
      sinceTickBytes = 0;
      hurry.run();
    }
    if (block != 0 && newSize != 0 && slabs.blockBytes(oldSize) == slabs.blockBytes(newSize)) {
      free.addUsed(newSize - oldSize);
      return block;
    }
    long target = 0;
    if (newSize != 0) {
      target = slabs.allocateFar(newSize) + base;
    }
    if (block != 0) {
      if (newSize != 0) {
        Region.copy(block - base, target - base, Math.min(oldSize, newSize));
      }
      slabs.free(block - base, oldSize);
    }
    free.addUsed(newSize - (block == 0 ? 0 : oldSize));
    return target;
  }

  /** Releases the free blocks if no script has run since the last call. */
  void releaseIdle() {
    if (grants == idleGrants) {
      free.release();
    }
    idleGrants = grants;
  }

  /** Frees the free blocks, after Lua has freed all others. */
  @Override
  public void close() {
    free.close();
  }
}
