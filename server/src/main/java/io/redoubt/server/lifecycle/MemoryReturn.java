package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.memory.Slabs;

/**
 * Gives memory that stays free back to the system, in slices between commands. Each second a pass
 * over the extents starts; pages that were free in two passes are given back, so that memory which
 * is needed again at once is kept.
 */
public final class MemoryReturn {
  private static final long PASS_NANOS = 1_000_000_000;
  private static final long SLICE_NANOS = 200_000;

  private final Slabs slabs;
  private final Clock clock;
  private long lastPassNanos;
  private boolean passing;

  /** Creates a return that waits for its ticks. */
  public MemoryReturn(Slabs slabs, Clock clock) {
    this.slabs = slabs;
    this.clock = clock;
    lastPassNanos = clock.monotonicNanos();
  }

  /** Works for a slice, if anything is to be done. */
  public void tick() {
    long start = clock.monotonicNanos();
    if (!passing) {
      if (start - lastPassNanos < PASS_NANOS) {
        return;
      }
      slabs.startPass();
      lastPassNanos = start;
      passing = true;
    }
    do {
      passing = slabs.returnStep();
    } while (passing && clock.monotonicNanos() - start < SLICE_NANOS);
  }
}
