package io.redoubt.server.lifecycle;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The periodic tasks of the server, run {@code hz} times a second. */
public final class Cron {
  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final ServerStats stats;
  private final List<Runnable> parts = new ArrayList<>();
  private @Nullable Cancellable timer;
  private boolean paused;

  /** Creates a stopped cron. */
  public Cron(Loop loop, Clock clock, Keyspace keyspace, ServerStats stats) {
    this.loop = loop;
    this.clock = clock;
    this.keyspace = keyspace;
    this.stats = stats;
  }

  /** Adds a task to run at each tick. */
  public void add(Runnable part) {
    parts.add(part);
  }

  /** Starts ticking, or changes the rate. */
  public void start(int ticksPerSecond) {
    stop();
    timer = loop.every(this::tick, Math.max(1000 / ticksPerSecond, 1));
  }

  public void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Suspends or resumes all tasks, for DEBUG PAUSE-CRON. */
  public void setPaused(boolean on) {
    paused = on;
  }

  /** Returns true if the tasks are suspended. */
  public boolean isPaused() {
    return paused;
  }

  private void tick() {
    if (paused) {
      return;
    }
    long startNanos = clock.monotonicNanos();
    keyspace.setNowMicros(clock.wallMicros());
    for (Runnable part : parts) {
      part.run();
    }
    stats.cronNanos.add(clock.monotonicNanos() - startNanos);
  }
}
