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

  /**
   * Steps between looks at the clock. Small servers need no more for a pass: how often they look
   * must not depend on where the region had room, or simulations could not be repeated.
   */
  private static final int STEPS_A_LOOK = 4;

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
    int steps = 0;
    do {
      passing = slabs.returnStep();
      steps++;
    } while (passing
        && (steps % STEPS_A_LOOK != 0 || clock.monotonicNanos() - start < SLICE_NANOS));
  }
}
