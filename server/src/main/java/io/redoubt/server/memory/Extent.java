package io.redoubt.server.memory;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * One extent of the region, divided into spans of pages; each span is a run or one block. Runs
 * start and end at multiples of {@link #UNIT_PAGES}, which keeps the table that maps blocks to runs
 * small.
 */
final class Extent {

  static final int PAGES = Region.EXTENT_BYTES >> NativeMemory.PAGE_SHIFT;
  static final int UNIT_PAGES = 4;

  private static final int NONE = -1;

  final long address;

  private final BitSet taken = new BitSet(PAGES);

  /** Free pages that were given back to the system. */
  private final BitSet returned = new BitSet(PAGES);

  /** Pages that were free when {@link #returnIdle} last looked. */
  private final BitSet idle = new BitSet(PAGES);

  private final @Nullable Run[] runs = new @Nullable Run[PAGES / UNIT_PAGES];
  private int freePages = PAGES;

  /** An upper bound of the longest free span, in pages. */
  private int longestFree = PAGES;

  Extent(long address) {
    this.address = address;
  }

  long address(int page) {
    return address + ((long) page << NativeMemory.PAGE_SHIFT);
  }

  int page(long blockAddress) {
    return (int) (blockAddress - address) >>> NativeMemory.PAGE_SHIFT;
  }

  /** Returns the run that a block is in. */
  @Nullable Run run(long blockAddress) {
    return runs[page(blockAddress) / UNIT_PAGES];
  }

  boolean isEmpty() {
    return freePages == PAGES;
  }

  boolean isFull() {
    return freePages == 0;
  }

  /** Returns true if a span of that many pages is free at a multiple of {@code alignment} pages. */
  boolean hasFree(int pages, int alignment) {
    return pages <= longestFree && firstFree(pages, alignment) != NONE;
  }

  /** Takes the first such span, which must exist. */
  int takePages(int pages, int alignment) {
    int firstPage = firstFree(pages, alignment);
    taken.set(firstPage, firstPage + pages);
    idle.clear(firstPage, firstPage + pages);
    returned.clear(firstPage, firstPage + pages);
    freePages -= pages;
    return firstPage;
  }

  /** Returns the number of free pages that were given back to the system. */
  int returnedPages() {
    return returned.cardinality();
  }

  /** Returns true if no page has been in use since {@link #returnIdle} last looked. */
  boolean isIdle() {
    return isEmpty() && idle.cardinality() + returned.cardinality() == PAGES;
  }

  /**
   * Returns pages to the system that have been free since the last call, and returns their number.
   */
  int returnIdle() {
    int pages = 0;
    for (int from = idle.nextSetBit(0); from >= 0; ) {
      int to = idle.nextClearBit(from);
      if (Region.returnPages(address(from), (long) (to - from) << NativeMemory.PAGE_SHIFT)) {
        returned.set(from, to);
        pages += to - from;
      }
      from = idle.nextSetBit(to);
    }
    idle.set(0, PAGES);
    idle.andNot(taken);
    idle.andNot(returned);
    return pages;
  }

  private int firstFree(int pages, int alignment) {
    int longest = 0;
    for (int from = taken.nextClearBit(0); from < PAGES; ) {
      int next = taken.nextSetBit(from);
      int to = next < 0 ? PAGES : next;
      int start = (from + alignment - 1) & -alignment;
      if (to - start >= pages) {
        return start;
      }
      longest = Math.max(longest, to - from);
      from = taken.nextClearBit(to);
    }
    longestFree = longest;
    return NONE;
  }

  void givePages(int firstPage, int pages) {
    taken.clear(firstPage, firstPage + pages);
    freePages += pages;
    longestFree = freePages;
  }

  void enter(Run run) {
    fill(run, run);
  }

  void leave(Run run) {
    fill(run, null);
  }

  private void fill(Run run, @Nullable Run with) {
    Arrays.fill(runs, run.firstPage / UNIT_PAGES, (run.firstPage + run.pages) / UNIT_PAGES, with);
  }
}
