package io.redoubt.server;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.keyspace.Keyspace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the server does {@code hz} times a second: it calls the parts that need a tick. */
final class Cron {
  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final List<Runnable> parts = new ArrayList<>();
  private @Nullable Cancellable timer;
  private boolean paused;

  Cron(Loop loop, Clock clock, Keyspace keyspace) {
    this.loop = loop;
    this.clock = clock;
    this.keyspace = keyspace;
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

  /** Whether everything periodic is to rest. */
  void paused(boolean on) {
    paused = on;
  }

  /** Whether everything periodic rests. */
  boolean isPaused() {
    return paused;
  }

  private void tick() {
    if (paused) {
      return;
    }
    keyspace.nowMillis(clock.wallMillis());
    for (Runnable part : parts) {
      part.run();
    }
  }
}
