package io.redoubt.server;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.Eviction;
import io.redoubt.server.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the server does without being asked: it removes keys that are due, or too many for {@code
 * maxmemory}, and frees what was dropped, each within a budget of time, and calls the parts that
 * need a tick.
 *
 * <p>A tick that could not finish goes on in the next turn of the loop, after the clients that are
 * ready, so that a mountain of due keys neither waits for the next tick nor holds up a command.
 */
final class Cron {
  /** Time that one slice of expiring and freeing may take, times {@code active-expire-effort}. */
  private static final long SLICE_NANOS = 500_000;

  private static final int BATCH = 16;

  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final Eviction eviction;
  private final CommandDispatcher dispatcher;
  private final IntSupplier effort;
  private final List<Runnable> parts = new ArrayList<>();
  private @Nullable Cancellable timer;
  private boolean activeExpire = true;
  private boolean paused;
  private boolean sliceQueued;

  Cron(
      Loop loop,
      Clock clock,
      Keyspace keyspace,
      Eviction eviction,
      CommandDispatcher dispatcher,
      IntSupplier effort) {
    this.loop = loop;
    this.clock = clock;
    this.keyspace = keyspace;
    this.eviction = eviction;
    this.dispatcher = dispatcher;
    this.effort = effort;
  }

  /** Adds something to be done with each tick. */
  void add(Runnable part) {
    parts.add(part);
  }

  /** Begins to tick so many times a second, or changes the rate. */
  void start(int ticksPerSecond) {
    stop();
    timer = loop.every(this::tick, Math.max(1000 / ticksPerSecond, 1));
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Whether keys that are due are removed on their own. */
  void activeExpire(boolean on) {
    activeExpire = on;
  }

  /** Whether everything periodic is to rest. */
  void paused(boolean on) {
    paused = on;
  }

  private void tick() {
    if (paused) {
      return;
    }
    keyspace.nowMillis(clock.wallMillis());
    for (Runnable part : parts) {
      part.run();
    }
    slice();
  }

  private void slice() {
    sliceQueued = false;
    keyspace.nowMillis(clock.wallMillis());
    long end = clock.monotonicNanos() + SLICE_NANOS * effort.getAsInt();
    boolean more;
    do {
      more = activeExpire && keyspace.expireDue(BATCH) == BATCH;
      more |= keyspace.freeSome(BATCH) > 0;
      more |= eviction.isNeeded() && eviction.makeRoom();
    } while (more && clock.monotonicNanos() < end);
    dispatcher.endUnit();
    if (more && !sliceQueued) {
      sliceQueued = true;
      loop.schedule(this::slice, 0);
    }
  }
}
