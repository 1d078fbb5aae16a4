package io.redoubt.server.lifecycle;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.keyspace.Defragmentation;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.MaxmemoryDirectives;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Defragments memory while {@code activedefrag} is on and the fragmentation exceeds its thresholds,
 * in slices between commands. Its share of the time grows with the fragmentation.
 */
public final class ActiveDefrag {
  private static final long LOOK_NANOS = 1_000_000_000;

  /** The delay before the next attempt after one that would have freed little. */
  private static final long USELESS_NANOS = 10 * LOOK_NANOS;

  /**
   * The divisor of the fragmented bytes that gives the least that a cycle must be expected to free.
   */
  private static final int LEAST_PART = 8;

  private static final long MAX_SLICE_NANOS = 300_000;
  private static final long MIN_PAUSE_MILLIS = 1;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Loop loop;
  private final Clock clock;
  private final Keyspace keyspace;
  private final MemoryUse memory;
  private final MaxmemoryDirectives settings;
  private final Latency latency;
  private final BooleanSupplier barred;
  private final Defragmentation defragmentation;
  private @Nullable Cancellable nextSlice;
  private int percent;
  private long nextLookNanos;

  /** The time since which the fragmentation exceeds the thresholds; 0 if it does not. */
  private long overSinceNanos;

  private long overNanos;

  /**
   * Creates an idle defragmentation, driven by {@link #tick}.
   *
   * @param barred returns true while entries must not move
   */
  public ActiveDefrag(
      Loop loop,
      Clock clock,
      MemoryUse memory,
      Keyspace keyspace,
      MaxmemoryDirectives settings,
      Latency latency,
      BooleanSupplier barred) {
    this.loop = loop;
    this.clock = clock;
    this.memory = memory;
    this.keyspace = keyspace;
    this.settings = settings;
    this.latency = latency;
    this.barred = barred;
    defragmentation = new Defragmentation(keyspace);
  }

  /** Returns the counters of moved blocks. */
  public Defragmentation counts() {
    return defragmentation;
  }

  /** Returns the running cycle's share of the time in percent, 0 if none runs. */
  public int percent() {
    return percent;
  }

  /**
   * Returns the milliseconds since which the fragmentation exceeds the thresholds, 0 if it does
   * not.
   */
  public long currentMillis() {
    return overSinceNanos == 0 ? 0 : (clock.monotonicNanos() - overSinceNanos) / NANOS_PER_MILLI;
  }

  /**
   * Returns the total time for which the fragmentation exceeded the thresholds, in milliseconds.
   */
  public long totalMillis() {
    return overNanos / NANOS_PER_MILLI + currentMillis();
  }

  /** Resets the counters, for CONFIG RESETSTAT. */
  public void resetCounts() {
    defragmentation.resetCounts();
    overNanos = 0;
    if (overSinceNanos != 0) {
      overSinceNanos = clock.monotonicNanos();
    }
  }

  /**
   * Starts a cycle if the fragmentation calls for one, or ends it if {@code activedefrag} is off.
   */
  public void tick() {
    long now = clock.monotonicNanos();
    if (!settings.activedefrag.value()) {
      below(now);
      stop();
      return;
    }
    if (percent > 0 || now - nextLookNanos < 0) {
      return;
    }
    nextLookNanos = now + LOOK_NANOS;
    int wanted = wantedPercent();
    if (wanted == 0) {
      below(now);
      return;
    }
    if (overSinceNanos == 0) {
      overSinceNanos = now;
    }
    if (isBarred()) {
      return;
    }
    if (defragmentation.start() < fragmentedBytes() / LEAST_PART) {
      defragmentation.end();
      nextLookNanos = now + USELESS_NANOS;
      return;
    }
    percent = wanted;
    scheduleSlice();
  }

  private void below(long now) {
    if (overSinceNanos != 0) {
      overNanos += now - overSinceNanos;
      overSinceNanos = 0;
    }
  }

  private long fragmentedBytes() {
    return memory.heldBytes() - memory.usedBytes();
  }

  /**
   * Returns the share of the time that the current fragmentation calls for, in percent; 0 for none.
   */
  private int wantedPercent() {
    long bytes = fragmentedBytes();
    double fragmentation = 100.0 * bytes / Math.max(1, memory.usedBytes());
    int lower = settings.activeDefragThresholdLower.value();
    int upper = settings.activeDefragThresholdUpper.value();
    if (bytes < settings.activeDefragIgnoreBytes.value() || fragmentation < lower) {
      return 0;
    }
    int least = settings.activeDefragCycleMin.value();
    int most = Math.max(least, settings.activeDefragCycleMax.value());
    double position = upper <= lower ? 1 : Math.min(1, (fragmentation - lower) / (upper - lower));
    return (int) Math.round(least + position * (most - least));
  }

  private boolean isBarred() {
    return barred.getAsBoolean()
        || keyspace.isWalked()
        || !keyspace.held().isEmpty()
        || keyspace.slabs().isShort();
  }

  private long sliceNanos() {
    return Math.min(
        MAX_SLICE_NANOS, MIN_PAUSE_MILLIS * NANOS_PER_MILLI * percent / (100 - percent));
  }

  private void scheduleSlice() {
    long pauseNanos = sliceNanos() * (100 - percent) / percent;
    nextSlice =
        loop.schedule(this::slice, Math.max(MIN_PAUSE_MILLIS, pauseNanos / NANOS_PER_MILLI));
  }

  private void slice() {
    nextSlice = null;
    if (!settings.activedefrag.value() || isBarred()) {
      stop();
      return;
    }
    long start = clock.monotonicNanos();
    long limit = sliceNanos();
    boolean more;
    long took;
    do {
      more = defragmentation.step(settings.activeDefragMaxScanFields.value());
      took = clock.monotonicNanos() - start;
    } while (more && took < limit);
    latency.took(LatencyEvent.ACTIVE_DEFRAG_CYCLE, took);
    if (more) {
      scheduleSlice();
    } else {
      stop();
    }
  }

  /** Ends a running cycle. */
  public void stop() {
    if (nextSlice != null) {
      nextSlice.cancel();
      nextSlice = null;
    }
    if (percent > 0) {
      percent = 0;
      defragmentation.end();
    }
  }
}
