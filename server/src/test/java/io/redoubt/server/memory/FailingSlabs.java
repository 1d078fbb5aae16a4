package io.redoubt.server.memory;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checking slabs of which a chosen allocation fails, and all later ones too until {@link #recover}.
 * A block of a size that was freed meanwhile does not fail, because its memory is there. The thread
 * of a test arms them between the requests to a server.
 */
public final class FailingSlabs extends CheckingSlabs {
  private volatile boolean armed;
  private volatile boolean once;
  private volatile long allowed;
  private volatile boolean failed;

  /** The number of blocks freed and not reused since the slabs were armed, by size. */
  private final Map<Long, Integer> freed = new ConcurrentHashMap<>();

  /** Makes the allocation after the next {@code count} ones fail, and if not once, the rest too. */
  public void failAfter(long count, boolean justOnce) {
    allowed = count;
    once = justOnce;
    failed = false;
    freed.clear();
    armed = true;
  }

  /** Ends the failures; returns true if an allocation has failed. */
  public boolean recover() {
    armed = false;
    return failed;
  }

  @Override
  public long allocate(long sizeBytes) {
    check(sizeBytes);
    return super.allocate(sizeBytes);
  }

  @Override
  public long allocateFar(long sizeBytes) {
    check(sizeBytes);
    return super.allocateFar(sizeBytes);
  }

  @Override
  public void free(long address, long sizeBytes) {
    super.free(address, sizeBytes);
    if (armed) {
      freed.merge(blockBytes(sizeBytes), 1, Integer::sum);
    }
  }

  /** Releases all memory without a check for leaks, which failures may cause. */
  @Override
  public void close() {
    trim();
  }

  @Override
  public boolean isShort() {
    return armed || super.isShort();
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one thread allocates
  private void check(long sizeBytes) {
    if (!armed) {
      return;
    }
    long wholeBytes = blockBytes(sizeBytes);
    if (freed.merge(wholeBytes, -1, Integer::sum) >= 0) {
      return;
    }
    freed.merge(wholeBytes, 1, Integer::sum);
    if (allowed-- <= 0) {
      armed = !once;
      failed = true;
      throw new RegionFull(Shortage.LIMIT, sizeBytes + " bytes");
    }
  }
}
