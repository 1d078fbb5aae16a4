package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.memory.Slabs;

/**
 * Returns unused memory to the system, in slices between commands. A pass over the extents starts
 * every second; pages found free in two passes in a row are returned, so memory that is soon needed
 * again is kept.
 */
public final class MemoryReturn {
  private static final long PASS_NANOS = 1_000_000_000;
  private static final long SLICE_NANOS = 200_000;

  /**
   * The number of steps between two readings of the clock. A pass of a small server needs no more:
   * otherwise the number of readings would depend on the layout of the region, and simulations
   * would not be repeatable.
   */
  private static final int STEPS_A_LOOK = 4;

  private final Slabs slabs;
  private final Clock clock;
  private long lastPassNanos;
  private boolean passing;

  /** Creates an idle instance, driven by {@link #tick}. */
  public MemoryReturn(Slabs slabs, Clock clock) {
    this.slabs = slabs;
    this.clock = clock;
    lastPassNanos = clock.monotonicNanos();
  }

  /** Works for a slice if a pass is due or in progress. */
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
