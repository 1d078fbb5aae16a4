package io.redoubt.server.memory;

import java.util.function.Consumer;

/**
 * The blocks of memory of one server, cut from the region by size class. It knows to the byte what
 * is used and what is held; extents that fall empty go back to the system.
 *
 * <p>A block is freed with the size that it was asked for, or any other that {@link #blockBytes}
 * makes the same. Its contents are undefined at first. Of the server's loop only.
 *
 * <p>{@link #checking} makes one that finds misuse, for tests.
 */
public class Slabs implements AutoCloseable {

  /** The share of what was used at the last fresh extent that makes room again when it is freed. */
  private static final int FREED_SHARE = 32;

  private final Space near = new Space(true, this::extentsTaken, this::checkShortage);
  private final Space far = new Space(false, this::extentsTaken, this::checkShortage);
  private Consumer<Shortage> shortageListener = shortage -> {};
  private Shortage shortage = Shortage.NONE;
  private boolean isRegionShort;
  private long usedAtLastExtentBytes;
  private long blocks;

  Slabs() {}

  /** One that trusts its user. */
  public static Slabs create() {
    return new Slabs();
  }

  /**
   * One that stops with an {@link IllegalStateException} when a block is freed twice or with a
   * wrong size, was written beyond its end or after it was freed, or is never freed ({@link
   * #close}).
   */
  public static Slabs checking() {
    return new CheckingSlabs();
  }

  /** What a block for {@code sizeBytes} really takes. */
  public final long blockBytes(long sizeBytes) {
    return Space.blockBytes(sizeBytes);
  }

  /**
   * A block that a 32-bit {@link Region#reference} can name.
   *
   * @throws OutOfMemoryError when the near part of the region is full
   */
  public long allocate(long sizeBytes) {
    long address = near.allocate(sizeBytes);
    blocks++;
    return address;
  }

  /**
   * A block that needs no short reference: large values, tables, buffers.
   *
   * @throws OutOfMemoryError when the far part of the region is full
   */
  public long allocateFar(long sizeBytes) {
    long address = far.allocate(sizeBytes);
    blocks++;
    return address;
  }

  /** Takes back a block of either kind. */
  public void free(long address, long sizeBytes) {
    space(address).free(address, sizeBytes);
    blocks--;
  }

  /**
   * Takes back a block in steps, for blocks so large that giving back their pages at once would
   * take long: frees at most {@code stepBytes} (rounded up to an extent) of its end, and returns
   * the size that is left to free; 0 when it is gone.
   */
  public long freeStep(long address, long sizeBytes, long stepBytes) {
    long wholeBytes = blockBytes(sizeBytes);
    long step = Math.max(1, stepBytes / Region.EXTENT_BYTES) * Region.EXTENT_BYTES;
    if (wholeBytes - step <= Space.MAX_SPAN_BYTES) {
      free(address, sizeBytes);
      return 0;
    }
    space(address).freeTail(address + wholeBytes - step, step);
    return wholeBytes - step;
  }

  /** Sets who hears when writes begin or cease to be short of something. */
  public final void onShortage(Consumer<Shortage> listener) {
    shortageListener = listener;
  }

  /**
   * Looks again for a shortage, which other servers, or the limit, may have caused or ended.
   * Extents that are held have room again once a share of what was used has been freed: until the
   * next fresh extent is needed, writes are taken then. Half of the reserve stays untouched by
   * that.
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
      shortageListener.accept(now);
    }
    return now;
  }

  /** Returns true if the last look found only the reserve left, whether writes are taken or not. */
  public final boolean isShort() {
    return isRegionShort;
  }

  /**
   * Checks that so many far bytes can be had, from the reserve too, for code that can't stand a
   * failure half way. One block of that size may still fail where the free extents are scattered.
   *
   * @throws RegionFull if they can't
   */
  public final void requireFar(long bytes) {
    Region.requireFar(bytes);
  }

  private void extentsTaken() {
    usedAtLastExtentBytes = usedBytes();
    checkShortage();
  }

  /** Bytes of all blocks in use, each with what it really takes. */
  public final long usedBytes() {
    return near.usedBytes() + far.usedBytes();
  }

  /** Bytes held of the region: those in use, and the free ones between them. */
  public final long reservedBytes() {
    return near.reservedBytes() + far.reservedBytes();
  }

  /** Held by used bytes; 1 when nothing is used. */
  public final double fragmentation() {
    return usedBytes() == 0 ? 1 : (double) reservedBytes() / usedBytes();
  }

  /** Blocks in use. */
  public final long liveBlocks() {
    return blocks;
  }

  /** Gives back what is held without holding a block. */
  public final void trim() {
    near.trim();
    far.trim();
  }

  /** Ends the use: everything that was freed before goes back to the system. */
  @Override
  public void close() {
    trim();
  }

  private Space space(long address) {
    return Region.isNear(address) ? near : far;
  }
}
