package io.redoubt.server.memory;

import io.redoubt.server.tuning.PagePopulator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The free extents of one part of the region. If enabled, some extents are always kept ready with
 * {@linkplain PagePopulator populated} pages. Guarded by the region's lock.
 */
final class RegionPart {

  static final long NONE = AddressRanges.NONE;

  /** The bytes handed out for each further extent kept ready, about one in a hundred. */
  private static final long BYTES_AN_EXTENT = 192L << 20;

  private static final int MAX_READY = 8;

  private final NativeMemory memory;
  private final PagePopulator pages;
  private final AddressRanges free;

  /** Extents with populated pages, added by the page populator. */
  private final Queue<Long> ready = new ConcurrentLinkedQueue<>();

  /** The number of extents that are ready or being populated. */
  private int reserved;

  /** True if extents are kept ready at all. */
  private boolean keepsReady;

  private final long sizeBytes;
  private long handedOutBytes;

  RegionPart(NativeMemory memory, PagePopulator pages, long start, long sizeBytes) {
    this.memory = memory;
    this.pages = pages;
    this.sizeBytes = sizeBytes;
    free = new AddressRanges(start, sizeBytes);
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** Returns the bytes not handed out, including extents kept ready. */
  long freeBytes() {
    return sizeBytes - handedOutBytes;
  }

  /** Sets whether extents are kept ready. */
  void setKeepsReady(boolean on) {
    keepsReady = on;
  }

  /** Takes a range of the given size, or returns {@link #NONE}. */
  long take(long sizeBytes) {
    Long made = sizeBytes == Region.EXTENT_BYTES ? ready.poll() : null;
    long address;
    if (made != null) {
      reserved--;
      address = made;
    } else {
      address = free.take(sizeBytes);
      if (address == NONE) {
        dropReady(0); // ready extents may occupy the range needed
        address = free.take(sizeBytes);
      }
    }
    if (address != NONE) {
      handedOutBytes += sizeBytes;
      reserve();
    }
    return address;
  }

  /** Frees a range that was taken, whole or in parts, and releases its pages to the system. */
  void give(long address, long sizeBytes) {
    release(address, sizeBytes);
    handedOutBytes -= sizeBytes;
    dropReady(wanted());
  }

  /** Frees ready extents beyond the given number. */
  private void dropReady(int kept) {
    while (reserved > kept) {
      Long made = ready.poll();
      if (made == null) {
        return;
      }
      reserved--;
      release(made, Region.EXTENT_BYTES);
    }
  }

  private void release(long address, long sizeBytes) {
    memory.release(address, sizeBytes);
    free.give(address, sizeBytes);
  }

  private void reserve() {
    if (memory.isMapped() && reserved < wanted()) {
      long address = free.take(Region.EXTENT_BYTES);
      if (address != NONE) {
        reserved++;
        pages.order(address, ready);
      }
    }
  }

  private int wanted() {
    return keepsReady ? (int) Math.min(MAX_READY, 1 + handedOutBytes / BYTES_AN_EXTENT) : 0;
  }
}
