package io.redoubt.server.memory;

import org.jspecify.annotations.Nullable;

/**
 * A span of pages divided into blocks of one size. Free blocks are chained through their first four
 * bytes. Blocks never used are not in the chain, so that their pages stay untouched.
 */
final class Run {

  final Extent extent;
  final int firstPage;
  final int pages;
  final int sizeClass;

  private final long base;
  private final int blockBytes;
  private final int capacity;

  private int used;

  /** The index of the first block that was never handed out. */
  private int fresh;

  /** The first free block, as its distance from the base in granules plus one; 0 for none. */
  private int free;

  /** The neighbours in the list of the class's runs with free blocks. */
  @Nullable Run previous;

  @Nullable Run next;

  /** True while its blocks should move to other runs; nothing is allocated from it then. */
  boolean evacuated;

  Run(Extent extent, int firstPage, int pages, int sizeClass) {
    this.extent = extent;
    this.firstPage = firstPage;
    this.pages = pages;
    this.sizeClass = sizeClass;
    base = extent.address(firstPage);
    blockBytes = SizeClasses.blockBytes(sizeClass);
    capacity = (pages << NativeMemory.PAGE_SHIFT) / blockBytes;
  }

  long take() {
    used++;
    if (free != 0) {
      long address = base + (long) (free - 1) * Region.GRANULE_BYTES;
      free = Region.getInt(address);
      return address;
    }
    return base + (long) blockBytes * fresh++;
  }

  void give(long address) {
    used--;
    Region.putInt(address, free);
    free = (int) ((address - base) / Region.GRANULE_BYTES) + 1;
  }

  int used() {
    return used;
  }

  int freeBlocks() {
    return capacity - used;
  }

  boolean isFull() {
    return used == capacity;
  }

  boolean isEmpty() {
    return used == 0;
  }
}
