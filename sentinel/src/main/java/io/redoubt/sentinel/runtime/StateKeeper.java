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
 * Has the state written by another thread, so that a slow disk does not hold up the loop, and lets
 * wait what rests on it. One write is on at a time: what changes meanwhile is in the next one.
 * Belongs to the loop.
 */
public final class StateKeeper {
  /** Is told how a write ended. */
  @FunctionalInterface
  public interface Outcome {
    /**
     * The state of the moment when this began to wait was written, or could not be.
     *
     * @param kept whether it is on disk
     */
    void ended(boolean kept);
  }

  private record Waiter(long change, Outcome outcome) {}

  private final StateStore store;
  private final Executor writers;
  private final Executor loop;
  private final Log log;
  private final Deque<Waiter> waiters = new ArrayDeque<>();

  private @Nullable SentinelState newest;

  /** Changes so far, and up to which of them a write has ended, well or not. */
  private long changes;

  private long tried;
  private boolean writing;
  private boolean failed;

  /**
   * Nothing to be kept yet.
   *
   * @param writers runs what waits for the disk
   * @param loop runs what is to be done on the loop
   */
  public StateKeeper(StateStore store, Executor writers, Executor loop, Log log) {
    this.store = store;
    this.writers = writers;
    this.loop = loop;
    this.log = log;
  }

  /** There is another state to be kept. */
  public void changed(SentinelState state) {
    newest = state;
    changes++;
    if (!writing) {
      write(state);
    }
  }

  /** Tries again when the last write failed. */
  public void retry() {
    SentinelState state = newest;
    if (failed && !writing && state != null) {
      write(state);
    }
  }

  /** Whether no write is to be waited for. */
  public boolean isSettled() {
    return tried == changes;
  }

  /** Whether everything is on disk. */
  public boolean isKept() {
    return isSettled() && !failed;
  }

  /** Tells how the write ends that covers everything so far: at once when it has ended. */
  public void whenSettled(Outcome outcome) {
    if (isSettled()) {
      outcome.ended(!failed);
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
      ended(covered, e);
      return;
    }
    writing = true;
    writers.execute(() -> {
      Exception fault = run(write);
      loop.execute(() -> {
        writing = false;
        ended(covered, fault);
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

  private void ended(long covered, @Nullable Exception fault) {
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
      next.outcome().ended(fault == null);
      next = waiters.peek();
    }
  }
}
