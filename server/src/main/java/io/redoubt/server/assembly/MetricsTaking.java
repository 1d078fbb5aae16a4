package io.redoubt.server.assembly;

import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes metrics in slices between commands, for everyone who has asked before it starts. Confined
 * to the event loop.
 */
final class MetricsTaking {
  /** The pause between two slices, in which the loop serves clients. */
  private static final int SLICE_PAUSE_MILLIS = 1;

  private final Loop loop;
  private final Supplier<ServerSamples> source;
  private final List<CompletableFuture<MetricsSnapshot>> waiting = new ArrayList<>();
  private List<CompletableFuture<MetricsSnapshot>> served = List.of();
  private @Nullable ServerSamples samples;
  private ServerSamples.@Nullable Taking taking;
  private boolean closed;

  /**
   * Creates it without taking anything.
   *
   * @param source called once, for the first metrics
   */
  MetricsTaking(Loop loop, Supplier<ServerSamples> source) {
    this.loop = loop;
    this.source = source;
  }

  private ServerSamples samples() {
    ServerSamples made = samples;
    if (made == null) {
      made = source.get();
      samples = made;
    }
    return made;
  }

  /** Returns metrics taken in this turn, for a time at which no client is waiting. */
  MetricsSnapshot takeAtOnce() {
    ServerSamples.Taking whole = samples().start();
    boolean taken = false;
    while (!taken) {
      taken = whole.slice();
    }
    return whole.snapshot();
  }

  /**
   * Takes metrics that are not older than this call, and completes {@code receiver} on the loop.
   */
  void take(CompletableFuture<MetricsSnapshot> receiver) {
    if (closed) {
      receiver.completeExceptionally(closedError());
      return;
    }
    waiting.add(receiver);
    if (taking == null) {
      start();
    }
  }

  private void start() {
    served = List.copyOf(waiting);
    waiting.clear();
    taking = samples().start();
    takeSlice();
  }

  private void takeSlice() {
    ServerSamples.Taking current = taking;
    if (current == null || closed) {
      return;
    }
    if (!current.slice()) {
      loop.schedule(this::takeSlice, SLICE_PAUSE_MILLIS);
      return;
    }
    taking = null;
    served.forEach(each -> each.complete(current.snapshot()));
    if (!waiting.isEmpty() && taking == null) {
      start();
    }
  }

  /** Ends it: those who wait get an exception. */
  void close() {
    closed = true;
    served.forEach(each -> each.completeExceptionally(closedError()));
    waiting.forEach(each -> each.completeExceptionally(closedError()));
    waiting.clear();
  }

  private static IllegalStateException closedError() {
    return new IllegalStateException("the server is closed");
  }
}
