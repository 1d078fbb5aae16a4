package io.redoubt.server.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one server in one part of the region, near or far.
 *
 * <p>Up to {@link SizeClasses#MAX_BYTES} a block comes from a run of its class; up to {@link
 * #MAX_SPAN_BYTES} it is a span of pages of a shared extent; larger blocks have extents of their
 * own.
 *
 * <p>Some empty extents are kept until {@link #returnStep} finds them idle. Otherwise large values
 * and buffers that come and go would have their pages released and cleared again each time, which
 * takes several times as long as copying them.
 */
final class Space {

  /** The largest block that shares an extent with others. */
  static final long MAX_SPAN_BYTES = Region.EXTENT_BYTES;

  /** The number of empty extents that are kept. */
  private static final int MAX_EMPTY = 16;

  private static final int EXTENT_SHIFT = Integer.numberOfTrailingZeros(Region.EXTENT_BYTES);

  // A new run has an eighth of the blocks of its class, so that all classes together leave little
  // unused in their last runs, and large classes need little bookkeeping.
  private static final int RUN_SHARE = 8;
  private static final int MAX_RUN_PAGES = 128;
  private static final int MIN_BLOCKS = 8;

  private final boolean near;
  private final long firstAddress;

  /** Extents by number within this part of the region; null if not held by this space. */
  private @Nullable Extent[] extents = new @Nullable Extent[64];

  /** Extents with free pages. */
  private final List<Extent> open = new ArrayList<>();

  /** The first run with free blocks of each size class. */
  private final @Nullable Run[] available = new @Nullable Run[SizeClasses.COUNT];

  /** The runs of each size class that are being evacuated. */
  private final List<List<Run>> evacuated = new ArrayList<>();

  /** The pages of the runs of each size class. */
  private final int[] runPages = new int[SizeClasses.COUNT];

  /**
   * The position in {@link #open} that a pass over idle pages has reached, counting down; 0 for no
   * pass.
   */
  private int passTo;

  /** The number of extents without blocks. */
  private int emptyExtents;

  private long returnedPages;
  private long usedBytes;
  private long reservedBytes;

  private final Runnable extentsTaken;
  private final Runnable extentsReleased;

  /** Creates a space that reports when extents were taken and released. */
  Space(boolean near, Runnable extentsTaken, Runnable extentsReleased) {
    this.near = near;
    this.extentsTaken = extentsTaken;
    this.extentsReleased = extentsReleased;
    firstAddress = near ? 0 : Region.NEAR_BYTES;
    for (int i = 0; i < SizeClasses.COUNT; i++) {
      evacuated.add(new ArrayList<>(0));
    }
  }

  /** Returns the bytes of the blocks in use, each rounded to its block size. */
  long usedBytes() {
    return usedBytes;
  }

  /** Returns the bytes of the extents held. */
  long reservedBytes() {
    return reservedBytes;
  }

  /** Returns the bytes of the extents held, without pages that were given back to the system. */
  long activeBytes() {
    return reservedBytes - (returnedPages << NativeMemory.PAGE_SHIFT);
  }

  static long blockBytes(long sizeBytes) {
    if (sizeBytes <= SizeClasses.MAX_BYTES) {
      return SizeClasses.blockBytes(SizeClasses.of((int) Math.max(1, sizeBytes)));
    }
    int unitBytes =
        sizeBytes <= MAX_SPAN_BYTES ? 1 << NativeMemory.PAGE_SHIFT : Region.EXTENT_BYTES;
    return (sizeBytes + unitBytes - 1) & -(long) unitBytes;
  }

  long allocate(long sizeBytes) {
    if (sizeBytes <= SizeClasses.MAX_BYTES) {
      int sizeClass = SizeClasses.of((int) Math.max(1, sizeBytes));
      Run run = available[sizeClass];
      if (run == null) {
        run = newRun(sizeClass);
      }
      long address = run.take();
      usedBytes += SizeClasses.blockBytes(sizeClass);
      if (run.isFull()) {
        unlink(run);
      }
      return address;
    }
    long blockBytes = blockBytes(sizeBytes);
    long address;
    if (sizeBytes <= MAX_SPAN_BYTES) {
      int pages = (int) (blockBytes >>> NativeMemory.PAGE_SHIFT);
      Extent extent = extentWith(pages, 1);
      address = extent.address(takePages(extent, pages, 1));
    } else {
      address = allocateExtents(blockBytes);
      reservedBytes += blockBytes;
    }
    usedBytes += blockBytes;
    if (sizeBytes > MAX_SPAN_BYTES) {
      extentsTaken.run();
    }
    return address;
  }

  private long allocateExtents(long sizeBytes) {
    try {
      return Region.allocateExtents(sizeBytes, near);
    } catch (RegionFull full) {
      if (emptyExtents == 0) {
        throw full;
      }
      List.copyOf(open).stream().filter(Extent::isEmpty).forEach(this::release);
      return Region.allocateExtents(sizeBytes, near);
    }
  }

  void free(long address, long sizeBytes) {
    if (sizeBytes <= SizeClasses.MAX_BYTES) {
      Extent extent = extent(address);
      Run run = extent.run(address);
      if (run == null) {
        throw new IllegalStateException("not a block: " + address);
      }
      usedBytes -= SizeClasses.blockBytes(run.sizeClass);
      if (run.isFull()) {
        link(run);
      }
      run.give(address);
      // One empty run of each class is kept, so that repeatedly allocating and freeing a block does
      // not create and drop a run each time.
      if (run.isEmpty() && (run.evacuated || run.previous != null || run.next != null)) {
        drop(run);
      }
      return;
    }
    long blockBytes = blockBytes(sizeBytes);
    usedBytes -= blockBytes;
    if (sizeBytes <= MAX_SPAN_BYTES) {
      Extent extent = extent(address);
      givePages(extent, extent.page(address), (int) (blockBytes >>> NativeMemory.PAGE_SHIFT));
    } else {
      reservedBytes -= blockBytes;
      Region.releaseExtents(address, blockBytes);
      extentsReleased.run();
    }
  }

  /** Frees the last part, in whole extents, of a block that has extents of its own. */
  void freeTail(long address, long tailBytes) {
    usedBytes -= tailBytes;
    reservedBytes -= tailBytes;
    Region.releaseExtents(address, tailBytes);
    extentsReleased.run();
  }

  /** Releases all extents that hold no block, and all free pages of the others. */
  void trim() {
    dropEmptyRuns();
    for (Extent extent : List.copyOf(open)) {
      if (extent.isEmpty()) {
        release(extent);
      } else {
        countReturned(extent.returnIdle());
        countReturned(extent.returnIdle());
      }
    }
  }

  /** Starts a pass over the extents with free pages, see {@link #returnStep}. */
  void startPass() {
    dropEmptyRuns();
    passTo = open.size();
  }

  /**
   * Releases pages of one extent that have been free since the previous pass; takes some 100 µs at
   * most.
   *
   * @return false if the pass is over
   */
  boolean returnStep() {
    passTo = Math.min(passTo, open.size());
    if (passTo == 0) {
      return false;
    }
    passTo--;
    Extent extent = open.get(passTo);
    if (extent.isIdle()) {
      release(extent);
    } else {
      countReturned(extent.returnIdle());
    }
    return passTo > 0;
  }

  private void countReturned(int pages) {
    if (pages != 0) {
      returnedPages += pages;
      Region.countReturned((long) pages << NativeMemory.PAGE_SHIFT);
    }
  }

  private void dropEmptyRuns() {
    for (int sizeClass = 0; sizeClass < available.length; sizeClass++) {
      Run run = available[sizeClass];
      if (run != null && run.isEmpty()) {
        drop(run);
      }
    }
  }

  // Evacuation: the blocks of sparsely filled runs move to others of the class.

  /**
   * Selects the emptiest runs of each class if their blocks fit into the others. Allocations then
   * fill the other runs, the fullest first.
   *
   * @return the bytes of the selected runs
   */
  long startEvacuation() {
    dropEmptyRuns();
    long bytes = 0;
    for (int sizeClass = 0; sizeClass < available.length; sizeClass++) {
      takeBack(sizeClass);
      List<Run> sparse = new ArrayList<>();
      long room = 0;
      for (Run run = available[sizeClass]; run != null; run = run.next) {
        sparse.add(run);
        room += run.freeBlocks();
      }
      sparse.sort(Comparator.comparingInt(Run::freeBlocks));
      sparse.forEach(this::unlink);
      int kept = sparse.size();
      long moving = 0;
      while (kept > 0) {
        Run last = sparse.get(kept - 1);
        room -= last.freeBlocks();
        moving += last.used();
        if (moving > room) {
          break;
        }
        kept--;
        last.evacuated = true;
        evacuated.get(sizeClass).add(last);
        bytes += (long) last.pages << NativeMemory.PAGE_SHIFT;
      }
      sparse.subList(0, kept).reversed().forEach(this::link);
    }
    return bytes;
  }

  /** Returns true if a block should be moved, by allocating another one, copying and freeing it. */
  boolean isEvacuated(long address, long sizeBytes) {
    if (sizeBytes > SizeClasses.MAX_BYTES) {
      return false;
    }
    Run run = extent(address).run(address);
    return run != null && run.evacuated;
  }

  /** Permits allocation again from selected runs that still have blocks. */
  void endEvacuation() {
    for (int sizeClass = 0; sizeClass < available.length; sizeClass++) {
      takeBack(sizeClass);
    }
  }

  private void takeBack(int sizeClass) {
    List<Run> runs = evacuated.get(sizeClass);
    for (Run run : runs) {
      run.evacuated = false;
      link(run);
    }
    runs.clear();
  }

  private Run newRun(int sizeClass) {
    takeBack(sizeClass);
    Run left = available[sizeClass];
    if (left != null) {
      return left;
    }
    int wanted = runPages[sizeClass] / RUN_SHARE & -Extent.UNIT_PAGES;
    int pages = Math.clamp(wanted, shortRunPages(sizeClass), MAX_RUN_PAGES);
    Extent extent = extentWith(pages, Extent.UNIT_PAGES);
    int firstPage = takePages(extent, pages, Extent.UNIT_PAGES);
    Run run = new Run(extent, firstPage, pages, sizeClass);
    extent.enter(run);
    runPages[sizeClass] += pages;
    link(run);
    return run;
  }

  private static int shortRunPages(int sizeClass) {
    int pages = (MIN_BLOCKS * SizeClasses.blockBytes(sizeClass)) >>> NativeMemory.PAGE_SHIFT;
    return Math.max(1, (pages + Extent.UNIT_PAGES - 1) / Extent.UNIT_PAGES) * Extent.UNIT_PAGES;
  }

  private void drop(Run run) {
    if (run.evacuated) {
      evacuated.get(run.sizeClass).remove(run);
    } else {
      unlink(run);
    }
    runPages[run.sizeClass] -= run.pages;
    run.extent.leave(run);
    givePages(run.extent, run.firstPage, run.pages);
  }

  private void link(Run run) {
    Run first = available[run.sizeClass];
    run.next = first;
    if (first != null) {
      first.previous = run;
    }
    available[run.sizeClass] = run;
  }

  private void unlink(Run run) {
    Run previous = run.previous;
    Run next = run.next;
    if (previous == null) {
      available[run.sizeClass] = next;
    } else {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous;
    }
    run.previous = null;
    run.next = null;
  }

  /** Returns an extent with a free span of that many pages. */
  private Extent extentWith(int pages, int alignment) {
    for (Extent extent : open) {
      if (extent.hasFree(pages, alignment)) {
        return extent;
      }
    }
    Extent extent = new Extent(Region.allocateExtents(Region.EXTENT_BYTES, near));
    int number = number(extent.address);
    if (number >= extents.length) {
      extents = Arrays.copyOf(extents, Math.max(number + 1, extents.length * 2));
    }
    extents[number] = extent;
    open.add(extent);
    emptyExtents++;
    reservedBytes += Region.EXTENT_BYTES;
    extentsTaken.run();
    return extent;
  }

  private int takePages(Extent extent, int pages, int alignment) {
    if (extent.isEmpty()) {
      emptyExtents--;
    }
    int returned = extent.returnedPages();
    int firstPage = extent.takePages(pages, alignment);
    countReturned(extent.returnedPages() - returned);
    if (extent.isFull()) {
      open.remove(extent);
    }
    return firstPage;
  }

  private void givePages(Extent extent, int firstPage, int pages) {
    if (extent.isFull()) {
      open.add(extent);
    }
    extent.givePages(firstPage, pages);
    if (extent.isEmpty()) {
      emptyExtents++;
      boolean roomy = Region.shortage(2L * MAX_EMPTY * Region.EXTENT_BYTES) == Shortage.NONE;
      if (emptyExtents > (roomy ? MAX_EMPTY : 1)) {
        release(extent);
      }
    }
  }

  private void release(Extent extent) {
    open.remove(extent);
    emptyExtents--;
    extents[number(extent.address)] = null;
    reservedBytes -= Region.EXTENT_BYTES;
    countReturned(-extent.returnedPages());
    Region.releaseExtents(extent.address, Region.EXTENT_BYTES);
    extentsReleased.run();
  }

  private int number(long address) {
    return (int) ((address - firstAddress) >>> EXTENT_SHIFT);
  }

  private Extent extent(long address) {
    int number = number(address);
    Extent extent = number < extents.length ? extents[number] : null;
    if (extent == null) {
      throw new IllegalStateException("not a block: " + address);
    }
    return extent;
  }
}
