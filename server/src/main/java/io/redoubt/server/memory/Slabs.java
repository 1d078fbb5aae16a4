package io.redoubt.server.memory;

import java.util.function.Consumer;

/**
 * The memory allocator of one server: cuts the region into blocks by size class. The bytes used and
 * held are known exactly; empty extents are released to the system.
 *
 * <p>A block must be freed with the size that it was allocated with, or another that {@link
 * #blockBytes} rounds to the same. Its initial contents are undefined. Confined to the server's
 * event loop.
 */
public class Slabs implements AutoCloseable {

  /**
   * The fraction of the bytes used at the last fresh extent that must be freed to end a shortage.
   */
  private static final int FREED_SHARE = 32;

  private final Space near = new Space(true, this::onExtentsTaken, this::checkShortage);
  private final Space far = new Space(false, this::onExtentsTaken, this::checkShortage);
  private final Pins pins = new Pins();
  private final Consumer<Shortage> onShortage;
  private Shortage shortage = Shortage.NONE;
  private boolean isRegionShort;
  private long usedAtLastExtentBytes;
  private long blocks;

  Slabs(Consumer<Shortage> onShortage) {
    this.onShortage = onShortage;
  }

  /**
   * Creates slabs.
   *
   * @param onShortage called when a shortage for writes starts, changes or ends
   */
  public static Slabs create(Consumer<Shortage> onShortage) {
    return new Slabs(onShortage);
  }

  public final long blockBytes(long sizeBytes) {
    return Space.blockBytes(sizeBytes);
  }

  /**
   * Allocates a near block, which a 32-bit {@link Region#reference} can name.
   *
   * @throws OutOfMemoryError if the near part of the region is full
   */
  public long allocate(long sizeBytes) {
    long address = near.allocate(sizeBytes);
    blocks++;
    return address;
  }

  /**
   * Allocates a far block, for data that needs no short reference: large values, tables, buffers.
   *
   * @throws OutOfMemoryError if the far part of the region is full
   */
  public long allocateFar(long sizeBytes) {
    long address = far.allocate(sizeBytes);
    blocks++;
    return address;
  }

  /**
   * Frees a near or far block, once it is no longer {@linkplain #pin pinned}; until then it counts
   * as used.
   */
  public final void free(long address, long sizeBytes) {
    if (!pins.keeps(address, sizeBytes)) {
      release(address, sizeBytes);
    }
  }

  /** Frees a block that is not pinned. */
  void release(long address, long sizeBytes) {
    space(address).free(address, sizeBytes);
    blocks--;
  }

  /**
   * Frees the last {@code stepBytes} at most, rounded up to an extent, of a block so large that
   * releasing its pages at once would take long. Returns the size left to free, 0 if none.
   */
  public long freeStep(long address, long sizeBytes, long stepBytes) {
    if (pins.keeps(address, sizeBytes)) {
      return 0;
    }
    long wholeBytes = blockBytes(sizeBytes);
    long step = Math.max(1, stepBytes / Region.EXTENT_BYTES) * Region.EXTENT_BYTES;
    if (wholeBytes - step <= Space.MAX_SPAN_BYTES) {
      free(address, sizeBytes);
      return 0;
    }
    space(address).freeTail(address + wholeBytes - step, step);
    return wholeBytes - step;
  }

  /**
   * Keeps a block from being freed until {@link #unpin}, because output refers to its bytes. A
   * block may be pinned several times. Its bytes must not change; see {@link #isPinned}.
   */
  public final void pin(long address) {
    pins.add(address);
  }

  /** Ends a {@link #pin}. The last one frees a block that was freed meanwhile. */
  public final void unpin(long address) {
    long freedBytes = pins.remove(address);
    if (freedBytes > 0) {
      release(address, freedBytes);
    }
  }

  /** Returns true if a block is pinned, so that a change must be made in a copy of it. */
  public final boolean isPinned(long address) {
    return pins.contains(address);
  }

  /**
   * Checks again for a shortage, which other servers or the limit may have caused or ended. Extents
   * already held have room again once a fraction of the bytes used has been freed. Writes are then
   * accepted until the next fresh extent is needed, and half of the reserve stays untouched.
   */
  public final Shortage checkShortage() {
    Shortage now = Region.shortage();
    isRegionShort = now != Shortage.NONE;
    if (isRegionShort
        && Region.hasHalfOfReserve()
        && usedBytes() < usedAtLastExtentBytes - usedAtLastExtentBytes / FREED_SHARE) {
      now = Shortage.NONE;
    }
    if (now != shortage) {
      shortage = now;
      onShortage.accept(now);
    }
    return now;
  }

  /** Returns true if the last check found only the reserve left, even if writes are accepted. */
  public boolean isShort() {
    return isRegionShort;
  }

  /**
   * Checks that the given far bytes are available, including the reserve, for code that cannot fail
   * half way. A single block of that size may still fail if the free extents are scattered.
   *
   * @throws RegionFull if they are not
   */
  public final void requireFar(long bytes) {
    Region.requireFar(bytes);
  }

  /**
   * Ensures that the next {@code count} blocks of this size can be allocated, for changes that must
   * not fail half-way.
   *
   * @throws RegionFull if they cannot
   */
  public final void ensure(int count, long sizeBytes, boolean near) {
    long last = 0; // each block has the address of the one before
    try {
      for (int i = 0; i < count; i++) {
        long block = near ? allocate(sizeBytes) : allocateFar(sizeBytes);
        Region.putLong(block, last);
        last = block;
      }
    } finally {
      while (last != 0) {
        long before = Region.getLong(last);
        free(last, sizeBytes);
        last = before;
      }
    }
  }

  private void onExtentsTaken() {
    usedAtLastExtentBytes = usedBytes();
    checkShortage();
  }

  /** Returns the bytes of all blocks in use, each rounded to its block size. */
  public final long usedBytes() {
    return near.usedBytes() + far.usedBytes();
  }

  /** Returns the bytes of the region held: blocks in use and the free space between them. */
  public final long reservedBytes() {
    return near.reservedBytes() + far.reservedBytes();
  }

  /** Returns the bytes held, without free pages that were given back to the system. */
  public final long activeBytes() {
    return near.activeBytes() + far.activeBytes();
  }

  public final long liveBlocks() {
    return blocks;
  }

  /** Releases all free pages at once. */
  public void trim() {
    near.trim();
    far.trim();
  }

  /** Starts a pass that returns idle pages to the system, in steps. */
  public final void startPass() {
    near.startPass();
    far.startPass();
  }

  /**
   * Releases pages of one extent that have been free since the previous pass; takes some 100 µs at
   * most.
   *
   * @return false if the pass is over
   */
  public boolean returnStep() {
    return near.returnStep() || far.returnStep();
  }

  /**
   * Selects the emptiest runs of blocks if their content fits into others. Until {@link
   * #endEvacuation} nothing is allocated from them unless a size class has no other room.
   *
   * @return the bytes that would become free
   */
  public final long startEvacuation() {
    return near.startEvacuation() + far.startEvacuation();
  }

  /** Returns true if a block should be replaced by a new one, which lies better. */
  public boolean isEvacuated(long address, long sizeBytes) {
    return space(address).isEvacuated(address, sizeBytes);
  }

  /** Ends an evacuation; runs that still have blocks are used again. */
  public final void endEvacuation() {
    near.endEvacuation();
    far.endEvacuation();
  }

  /** Releases all memory that was freed before. */
  @Override
  public void close() {
    trim();
  }

  private Space space(long address) {
    return Region.isNear(address) ? near : far;
  }
}
