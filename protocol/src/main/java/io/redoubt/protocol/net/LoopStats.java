package io.redoubt.protocol.net;

import java.util.function.LongSupplier;

/** Counters of an event loop for INFO. Confined to the loop. */
public final class LoopStats {
  private final LongSupplier nanoTime;
  private final LongSupplier commands;
  private long reads;
  private long writes;
  private long cycles;
  private long busyNanos;
  private long totalBusyNanos;
  private long longestNanos;
  private long endNanos;
  private long mostCommands;
  private long commandsBefore;
  private boolean awake;
  private long wokeNanos;
  private long earlierNanos;

  /**
   * Creates counters at 0.
   *
   * @param nanoTime a monotonic clock
   * @param commands the counter of executed commands, for the most commands of a cycle
   */
  LoopStats(LongSupplier nanoTime, LongSupplier commands) {
    this.nanoTime = nanoTime;
    this.commands = commands;
    commandsBefore = commands.getAsLong();
  }

  void countRead() {
    reads++;
  }

  void countWrite() {
    writes++;
  }

  /** Starts the busy time of a cycle: input was found, or the wait for it is over. */
  void wake() {
    if (!awake) {
      awake = true;
      wokeNanos = nanoTime.getAsLong();
    }
  }

  /** Suspends the busy time while the loop waits for input. */
  void sleep() {
    if (awake) {
      awake = false;
      earlierNanos += nanoTime.getAsLong() - wokeNanos;
    }
  }

  /** Finishes a cycle: its polls and the tasks after them. */
  void endCycle() {
    sleep();
    cycles++;
    busyNanos += earlierNanos;
    totalBusyNanos += earlierNanos;
    longestNanos = Math.max(longestNanos, earlierNanos);
    earlierNanos = 0;
    long now = commands.getAsLong();
    mostCommands = Math.max(mostCommands, now - commandsBefore);
    commandsBefore = now;
  }

  /** Adds the duration of the work at the end of a turn. */
  void countEnd(long nanos) {
    endNanos += nanos;
  }

  /** Returns the busy time since the start, in spite of {@link #reset}. */
  long totalBusyNanos() {
    return totalBusyNanos;
  }

  /** Sets all counters to 0. */
  public void reset() {
    reads = 0;
    writes = 0;
    cycles = 0;
    busyNanos = 0;
    longestNanos = 0;
    endNanos = 0;
    mostCommands = 0;
  }

  public long reads() {
    return reads;
  }

  /** Returns the number of flushes that had something to write. */
  public long writes() {
    return writes;
  }

  public long cycles() {
    return cycles;
  }

  /** Returns the time in which the loop did not wait for input. */
  public long busyNanos() {
    return busyNanos;
  }

  /** Returns the longest busy time of a cycle. */
  public long longestNanos() {
    return longestNanos;
  }

  /** Returns the time spent on {@link EndOfTurn}. */
  public long endNanos() {
    return endNanos;
  }

  /** Returns the most commands executed in one cycle. */
  public long mostCommands() {
    return mostCommands;
  }
}
