package io.redoubt.server.lifecycle;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.execution.Latency;
import io.redoubt.server.execution.LatencyEvent;
import io.redoubt.server.execution.ServerRole;
import io.redoubt.server.execution.ServerStats;
import io.redoubt.server.keyspace.Keyspace;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Removes keys that are due, or too many for {@code maxmemory}, and frees what was dropped: in
 * slices of time between commands, one after the other while nobody asks for anything, and else so
 * few that commands get most of the time. A mountain of due keys or of garbage neither waits for
 * the next tick nor holds up a command.
 *
 * <p>Looks every {@link #PERIOD_MILLIS}, and when the next key is due.
 */
public final class Housekeeping {
  /** Period of the timer, which bounds how long a key stays due in an idle server. */
  private static final long PERIOD_MILLIS = 100;

  /** A slice while no command runs: as long may the next one have to wait. */
  private static final long IDLE_SLICE_NANOS = 500_000;

  /** Minimum time that commands run between two slices. */
  private static final long PAUSE_MILLIS = 1;

  // The share of the time that expiring may have beside commands, by active-expire-effort.
  private static final int LEAST_PERCENT = 25;
  private static final int PERCENT_AN_EFFORT = 2;

  private static final int BATCH = 16;

  /**
   * Pieces freed between two looks at the clock. Towards the end of a large value each may be the
   * last one in an extent, which takes a quarter of a millisecond to give back.
   */
  private static final int FREED_BATCH = 1;

  /** Keys looked at on a replica, of which the fewest are due. */
  private static final int LOCAL_BATCH = 256;

  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final Eviction eviction;
  private final CommandDispatcher dispatcher;
  private final ServerStats stats;
  private final Latency latency;
  private final IntSupplier effort;
  private final ServerRole role;
  private @Nullable Cancellable timer;
  private @Nullable Cancellable nextSlice;
  private boolean sliceIsNear;
  private boolean expiring = true;
  private boolean paused;
  private long commandsBefore;
  private long garbageBefore;

  /**
   * Creates housekeeping that does not run yet.
   *
   * @param effort {@code active-expire-effort}
   */
  public Housekeeping(
      Loop loop,
      Clock clock,
      Keyspace keyspace,
      Eviction eviction,
      CommandDispatcher dispatcher,
      ServerStats stats,
      Latency latency,
      IntSupplier effort,
      ServerRole role) {
    this.loop = loop;
    this.clock = clock;
    this.keyspace = keyspace;
    this.eviction = eviction;
    this.dispatcher = dispatcher;
    this.stats = stats;
    this.latency = latency;
    this.effort = effort;
    this.role = role;
  }

  /** Starts to look for keys that are due or to be evicted. */
  public void start() {
    timer = loop.every(this::tick, PERIOD_MILLIS);
  }

  /** Stops. */
  public void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Evicts further at once, since a command could not wait for it. */
  public void evictFurther() {
    soon(0);
  }

  /** Turns the removal of due keys without an access on or off. */
  public void expiring(boolean on) {
    expiring = on;
  }

  /** Suspends or resumes all housekeeping. */
  public void paused(boolean on) {
    paused = on;
  }

  private void tick() {
    if (paused) {
      return;
    }
    if (!eviction.isNeeded()) {
      stats.roomIsMade(clock.monotonicNanos());
    }
    if (!sliceIsNear) {
      slice();
    }
  }

  /** Schedules a slice after a delay, unless one is scheduled soon anyway. */
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
    keyspace.nowMillis(clock.wallMillis());
    boolean idle = stats.commands() == commandsBefore;
    // Who makes garbage faster than it is freed gets less of the time.
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

  /** Works for some time; returns whether there is more to do. */
  private boolean work(long nanos) {
    long start = clock.monotonicNanos();
    long now = start;
    boolean due = expiring;
    boolean more;
    do {
      if (due) {
        due = expireSome() >= BATCH;
        long then = clock.monotonicNanos();
        stats.countExpiring(then - now);
        latency.took(LatencyEvent.EXPIRE_CYCLE, then - now);
        now = then;
      }
      more = due | keyspace.freeSome(FREED_BATCH) > 0;
      more |= eviction.isNeeded() && eviction.makeRoom();
      dispatcher.endSlice();
      now = clock.monotonicNanos();
    } while (more && now - start < nanos);
    if (due) {
      stats.countExpiringUnfinished();
    }
    return more;
  }

  private int expireSome() {
    return role.isReplica()
        ? keyspace.localExpiries().removeDue(LOCAL_BATCH)
        : keyspace.expireDue(BATCH);
  }

  private void awaitNextDue() {
    long next = keyspace.nextDueMillis();
    long now = keyspace.nowMillis();
    if (expiring && !role.isReplica() && next < now + PERIOD_MILLIS) {
      nextSlice = loop.schedule(this::slice, Math.max(1, next + 1 - now));
    }
  }
}
