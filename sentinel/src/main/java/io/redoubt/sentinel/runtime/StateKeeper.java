package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Saves the state on another thread, so that a slow disk does not block the event loop, and
 * notifies waiting callers. One write is in progress at a time; later changes are combined in the
 * next one. Confined to the event loop.
 */
public final class StateKeeper {
  /** Receives the outcome of a write. */
  @FunctionalInterface
  public interface Outcome {
    /**
     * Called after the write that covers the state at the time of registration.
     *
     * @param kept true if the state is durable
     */
    void onEnd(boolean kept);
  }

  private record Waiter(long change, Outcome outcome) {}

  private final StateStore store;
  private final Executor writers;
  private final Executor loop;
  private final Log log;
  private final Deque<Waiter> waiters = new ArrayDeque<>();

  private @Nullable SentinelState newest;

  /** The number of changes so far. */
  private long changes;

  private long tried;
  private boolean writing;
  private boolean failed;

  /**
   * Creates a keeper without pending changes.
   *
   * @param writers runs the writes
   * @param loop runs callbacks on the event loop
   */
  public StateKeeper(StateStore store, Executor writers, Executor loop, Log log) {
    this.store = store;
    this.writers = writers;
    this.loop = loop;
    this.log = log;
  }

  /** Saves a changed state. */
  public void save(SentinelState state) {
    newest = state;
    changes++;
    if (!writing) {
      write(state);
    }
  }

  /** Retries after a failed write. */
  public void retry() {
    SentinelState state = newest;
    if (failed && !writing && state != null) {
      write(state);
    }
  }

  /** Returns true if no change is being written or waits for it. */
  public boolean isSettled() {
    return tried == changes;
  }

  /** Returns true if all changes are durable. */
  public boolean isKept() {
    return isSettled() && !failed;
  }

  /**
   * Registers for the end of the write that covers all changes so far; called at once if that has
   * ended, successfully or not.
   */
  public void whenSettled(Outcome outcome) {
    if (isSettled()) {
      outcome.onEnd(!failed);
    } else {
      waiters.add(new Waiter(changes, outcome));
    }
  }

  private void write(SentinelState state) {
    long covered = changes;
    StateStore.Write write;
    try {
      write = store.prepare(state);
    } catch (IOException e) {
      onWriteEnd(covered, e);
      return;
    }
    writing = true;
    writers.execute(() -> {
      Exception fault = run(write);
      loop.execute(() -> {
        writing = false;
        onWriteEnd(covered, fault);
      });
    });
  }

  private static @Nullable Exception run(StateStore.Write write) {
    try {
      write.run();
      return null;
    } catch (IOException | RuntimeException e) {
      return e;
    }
  }

  private void onWriteEnd(long covered, @Nullable Exception fault) {
    tried = covered;
    if (fault == null) {
      log.notice("Sentinel new configuration saved on disk");
    } else if (!failed) {
      log.warning(
          "WARNING: Sentinel was not able to save the new configuration on disk!!!: %s",
          SystemErrors.text(fault));
    }
    failed = fault != null;
    SentinelState state = newest;
    if (changes > covered && state != null) {
      write(state);
    }
    Waiter next = waiters.peek();
    while (next != null && next.change() <= covered) {
      waiters.remove();
      next.outcome().onEnd(fault == null);
      next = waiters.peek();
    }
  }
}
