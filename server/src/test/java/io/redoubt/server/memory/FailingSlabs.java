package io.redoubt.server.memory;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Checking slabs in which one chosen allocation fails, or all from there on until {@link #recover}.
 * A freed block of the same size can still be reused, because its memory exists. The test's thread
 * arms them between the requests to a server.
 */
public final class FailingSlabs extends CheckingSlabs {
  private volatile boolean armed;
  private volatile boolean once;
  private volatile long allowed;
  private volatile boolean failed;

  /** The number of blocks freed and not reused since the slabs were armed, by size. */
  private final Map<Long, Integer> freed = new ConcurrentHashMap<>();

  public FailingSlabs(Consumer<Shortage> onShortage) {
    super(onShortage);
  }

  /**
   * Makes the allocation after the next {@code count} ones fail, and all later ones unless {@code
   * justOnce} is set.
   */
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
  void release(long address, long sizeBytes) {
    super.release(address, sizeBytes);
    if (armed) {
      freed.merge(blockBytes(sizeBytes), 1, Integer::sum);
    }
  }

  /** Releases all memory without a check for leaks, because failures may cause some. */
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
