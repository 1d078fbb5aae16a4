package io.redoubt.server.lifecycle;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Keyspace;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Expires keys, evicts keys above {@code maxmemory} and frees garbage, in slices between commands:
 * continuously while the server is idle, else with pauses that leave most of the time to commands.
 * Work that does not fit into a slice neither waits for the next timer event nor delays a command.
 *
 * <p>Wakes up every {@link #PERIOD_MILLIS} and when the next key is due.
 */
public final class Housekeeping {
  /**
   * The period of the timer, and the longest time for which a due key remains in an idle server.
   */
  private static final long PERIOD_MILLIS = 100;

  /**
   * The length of a slice in an idle server, and thus the delay of a command that arrives in it.
   */
  private static final long IDLE_SLICE_NANOS = 500_000;

  /** The minimum time for commands between two slices. */
  private static final long PAUSE_MILLIS = 1;

  // The share of housekeeping in a busy server, from 25 % up with active-expire-effort.
  private static final int LEAST_PERCENT = 25;
  private static final int PERCENT_AN_EFFORT = 2;

  /**
   * The number of blocks freed between two readings of the clock. Near the end of a large value
   * each may be the last block of its extent, whose return to the system takes a quarter of a
   * millisecond.
   */
  private static final int FREED_BATCH = 1;

  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final ExpiryCycle expiry;
  private final Eviction eviction;
  private final CommandDispatcher dispatcher;
  private final ServerStats stats;
  private final IntSupplier effort;
  private @Nullable Cancellable timer;
  private @Nullable Cancellable nextSlice;
  private boolean sliceIsNear;
  private boolean paused;
  private long commandsBefore;
  private long garbageBefore;

  /**
   * Creates stopped housekeeping.
   *
   * @param effort {@code active-expire-effort}
   */
  public Housekeeping(
      Loop loop,
      Clock clock,
      Keyspace keyspace,
      ExpiryCycle expiry,
      Eviction eviction,
      CommandDispatcher dispatcher,
      ServerStats stats,
      IntSupplier effort) {
    this.loop = loop;
    this.clock = clock;
    this.keyspace = keyspace;
    this.expiry = expiry;
    this.eviction = eviction;
    this.dispatcher = dispatcher;
    this.stats = stats;
    this.effort = effort;
  }

  public void start() {
    timer = loop.every(this::tick, PERIOD_MILLIS);
  }

  public void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Continues an eviction that a command had to cut short, right after the current events. */
  public void evictFurther() {
    soon(0);
  }

  /** Suspends or resumes all housekeeping. */
  public void setPaused(boolean on) {
    paused = on;
  }

  private void tick() {
    if (paused) {
      return;
    }
    if (!eviction.isNeeded()) {
      stats.onRoomMade(clock.monotonicNanos());
    }
    if (!sliceIsNear) {
      slice();
    }
  }

  /** Schedules a slice after a delay, unless one is already scheduled. */
  private void soon(long delayMillis) {
    if (!sliceIsNear) {
      cancelNext();
      sliceIsNear = true;
      nextSlice = loop.schedule(this::slice, delayMillis);
    }
  }

  private void cancelNext() {
    if (nextSlice != null) {
      nextSlice.cancel();
      nextSlice = null;
    }
  }

  private void slice() {
    cancelNext();
    sliceIsNear = false;
    if (paused) {
      return;
    }
    keyspace.setNowMicros(clock.wallMicros());
    boolean idle = stats.commands() == commandsBefore;
    // Commands that produce garbage faster than it is freed get a smaller share of the loop.
    boolean garbageGrows = keyspace.garbageCount() > garbageBefore;
    boolean wide = idle || garbageGrows;
    boolean more = work(wide ? IDLE_SLICE_NANOS : busySliceNanos());
    commandsBefore = stats.commands();
    garbageBefore = keyspace.garbageCount();
    if (more) {
      soon(wide ? 0 : PAUSE_MILLIS);
    } else {
      awaitNextDue();
    }
  }

  private long busySliceNanos() {
    int percent = LEAST_PERCENT + PERCENT_AN_EFFORT * (effort.getAsInt() - 1);
    return PAUSE_MILLIS * 1_000_000 * percent / (100 - percent);
  }

  /** Works for a time; returns true if more is left to do. */
  private boolean work(long nanos) {
    long start = clock.monotonicNanos();
    boolean due = expiry.isOn();
    boolean more;
    do {
      if (due) {
        due = expiry.removeSome() >= ExpiryCycle.BATCH;
      }
      more = due | keyspace.freeSome(FREED_BATCH) > 0;
      more |= eviction.isNeeded() && eviction.makeRoom();
      dispatcher.endSlice();
    } while (more && clock.monotonicNanos() - start < nanos);
    if (due) {
      stats.expiringUnfinished.increment();
    }
    return more;
  }

  private void awaitNextDue() {
    long next = expiry.nextDueMillis();
    long now = keyspace.nowMillis();
    if (next < now + PERIOD_MILLIS) {
      nextSlice = loop.schedule(this::slice, Math.max(1, next + 1 - now));
    }
  }
}
