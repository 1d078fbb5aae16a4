package io.redoubt.server.memory;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Which extents of one part of the region are free. If wanted, there are always some whose pages
 * are {@linkplain PageMaker made} already. Used under the region's lock.
 */
final class RegionPart {

  static final long NONE = AddressRanges.NONE;

  /** For each such amount one more extent is kept ready, about one in a hundred. */
  private static final long BYTES_AN_EXTENT = 192L << 20;

  private static final int MOST_READY = 8;

  private final NativeMemory memory;
  private final PageMaker pages;
  private final AddressRanges free;

  /** Extents with pages, filled by the maker. */
  private final Queue<Long> ready = new ConcurrentLinkedQueue<>();

  /** How many are ready or on the way there. */
  private int reserved;

  /** Whether any is to be ready at all. */
  private boolean keepsReady;

  private final long sizeBytes;
  private long handedOutBytes;

  RegionPart(NativeMemory memory, PageMaker pages, long start, long sizeBytes) {
    this.memory = memory;
    this.pages = pages;
    this.sizeBytes = sizeBytes;
    free = new AddressRanges(start, sizeBytes);
  }

  long sizeBytes() {
    return sizeBytes;
  }

  /** Bytes that are not handed out; those with pages already are among them. */
  long freeBytes() {
    return sizeBytes - handedOutBytes;
  }

  /** Sets whether some extents are to have their pages already. */
  void keepReady(boolean on) {
    keepsReady = on;
  }

  /** Takes that much, or returns {@link #NONE}. */
  long take(long sizeBytes) {
    Long made = sizeBytes == Region.EXTENT_BYTES ? ready.poll() : null;
    long address;
    if (made != null) {
      reserved--;
      address = made;
    } else {
      address = free.take(sizeBytes);
      if (address == NONE) {
        dropReady(0); // they may lie where the block has to
        address = free.take(sizeBytes);
      }
    }
    if (address != NONE) {
      handedOutBytes += sizeBytes;
      reserve();
    }
    return address;
  }

  /** Takes back what was taken, whole or in parts, and gives its pages to the system. */
  void give(long address, long sizeBytes) {
    release(address, sizeBytes);
    handedOutBytes -= sizeBytes;
    dropReady(wanted());
  }

  /** Gives back the extents that are ready beyond so many. */
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
        pages.make(address, ready);
      }
    }
  }

  private int wanted() {
    return keepsReady ? (int) Math.min(MOST_READY, 1 + handedOutBytes / BYTES_AN_EXTENT) : 0;
  }
}
