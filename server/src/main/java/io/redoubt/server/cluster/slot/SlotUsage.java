package io.redoubt.server.cluster.slot;

import java.util.Arrays;

/**
 * Counters of the resources that commands of each hash slot have used on this node since its shard
 * acquired the slot. They take 384 KB, allocated at the first use. Used on the event loop.
 */
public final class SlotUsage {
  /** A counted resource. */
  public enum Metric {
    /** The execution time in nanoseconds. */
    TIME,
    /** The bytes of their requests. */
    INPUT,
    /** The bytes of their replies, and of their effects for each replica. */
    OUTPUT
  }

  private static final int METRICS = Metric.values().length;

  private long[] counts = {};

  public void add(Metric metric, int slot, long amount) {
    if (counts.length == 0) {
      counts = new long[METRICS * SlotSet.SLOTS];
    }
    counts[index(metric, slot)] += amount;
  }

  public long get(Metric metric, int slot) {
    return counts.length == 0 ? 0 : counts[index(metric, slot)];
  }

  private static int index(Metric metric, int slot) {
    return slot * METRICS + metric.ordinal();
  }

  /** Returns true if nothing was counted since the last {@link #reset()}. */
  public boolean isEmpty() {
    return counts.length == 0;
  }

  /** Sets the counters of a slot to 0. */
  public void reset(int slot) {
    if (counts.length > 0) {
      Arrays.fill(counts, slot * METRICS, (slot + 1) * METRICS, 0);
    }
  }

  /** Sets all counters to 0. */
  public void reset() {
    counts = new long[0];
  }
}
