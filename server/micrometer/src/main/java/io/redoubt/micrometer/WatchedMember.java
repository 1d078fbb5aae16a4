package io.redoubt.micrometer;

import io.micrometer.core.instrument.Tags;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A server or sentinel and its last metrics. Guarded by the lock of {@link RedoubtMetrics}. */
final class WatchedMember {
  private final Tags tags;
  private final boolean startsAgain;
  private final Supplier<CompletableFuture<MetricsSnapshot>> source;
  private final BooleanSupplier isRunning;
  private @Nullable CompletableFuture<MetricsSnapshot> asked;
  private @Nullable MetricsSnapshot latest;

  private WatchedMember(
      Tags tags,
      boolean startsAgain,
      Supplier<CompletableFuture<MetricsSnapshot>> source,
      BooleanSupplier isRunning) {
    this.tags = tags;
    this.startsAgain = startsAgain;
    this.source = source;
    this.isRunning = isRunning;
  }

  /** Returns a server that nothing needs to be told from. */
  static WatchedMember alone(
      Supplier<CompletableFuture<MetricsSnapshot>> source, BooleanSupplier isRunning) {
    return new WatchedMember(Tags.empty(), false, source, isRunning);
  }

  /** Returns a member of a group or cluster, which may be killed and started again. */
  static WatchedMember of(
      String name, Supplier<CompletableFuture<MetricsSnapshot>> source, BooleanSupplier isRunning) {
    return new WatchedMember(Tags.of("member", name), true, source, isRunning);
  }

  /** Asks for metrics, unless an earlier question is still to be answered. */
  void ask() {
    if (!isRunning.getAsBoolean()) {
      asked = null;
      latest = null;
    } else if (asked == null || asked.isDone()) {
      asked = source.get();
    }
  }

  /** Waits for the answer, for a time. Without one, the last metrics remain. */
  void await(long nanos) {
    if (asked == null) {
      return;
    }
    try {
      latest = asked.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
    } catch (ExecutionException ended) {
      latest = null;
    } catch (TimeoutException stillBusy) {
      // The next round takes it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the last metrics, null if it does not run. */
  @Nullable MetricsSnapshot latest() {
    return latest;
  }

  /** Returns the tags that tell it from others. */
  Tags tags() {
    return tags;
  }

  /** Returns true if its end is shown, since it may be started again. */
  boolean startsAgain() {
    return startsAgain;
  }
}
