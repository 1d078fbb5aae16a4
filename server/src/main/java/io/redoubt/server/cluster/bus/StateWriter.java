package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodesFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code nodes.conf} on another thread, so that a slow disk does not block the event loop.
 * One write runs at a time; later states are combined in the next one. A write that fails is
 * retried, and whoever waits for it waits on. Confined to the event loop.
 */
final class StateWriter {
  private record Waiter(long change, Runnable action) {}

  private final NodesFile file;
  private final Executor writers;
  private final Executor loop;
  private final Log log;
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private @Nullable ClusterState newest;
  private long changes;
  private long written;
  private boolean writing;
  private boolean failed;

  /** The end of the last write that was started, and the number of changes that it covers. */
  private @Nullable CountDownLatch running;

  private long runningCovers;
  private volatile boolean finished;

  /**
   * Creates a writer.
   *
   * @param writers runs the writes
   * @param loop runs callbacks on the event loop
   */
  StateWriter(NodesFile file, Executor writers, Executor loop, Log log) {
    this.file = file;
    this.writers = writers;
    this.loop = loop;
    this.log = log;
  }

  /** Writes a state soon. */
  void write(ClusterState state) {
    newest = state;
    changes++;
    if (!writing && !failed) {
      start();
    }
  }

  /** Runs an action once the states so far are durable. */
  void whenWritten(Runnable action) {
    if (written == changes) {
      action.run();
    } else {
      waiters.add(new Waiter(changes, action));
    }
  }

  /** Returns true if all states are durable. */
  boolean isSettled() {
    return written == changes;
  }

  /** Retries after a failed write. */
  void retry() {
    if (failed && !writing) {
      start();
    }
  }

  /**
   * Waits for the write in progress and writes what is newer, because the loop ends: nothing is
   * called back any more.
   */
  void finish() {
    finished = true;
    try {
      if (running != null) {
        running.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ClusterState state = newest;
    if (state != null && runningCovers < changes) {
      Exception fault = attempt(state);
      if (fault != null) {
        log.warning("Could not write the cluster config file: %s", SystemErrors.text(fault));
      }
    }
  }

  private void start() {
    ClusterState state = newest;
    if (state == null) {
      return;
    }
    long covered = changes;
    writing = true;
    CountDownLatch ends = new CountDownLatch(1);
    running = ends;
    runningCovers = covered;
    writers.execute(() -> {
      Exception fault = attempt(state);
      ends.countDown();
      if (!finished) {
        loop.execute(() -> ended(covered, fault));
      }
    });
  }

  private @Nullable Exception attempt(ClusterState state) {
    try {
      file.write(state);
      return null;
    } catch (IOException | RuntimeException e) {
      return e;
    }
  }

  private void ended(long covered, @Nullable Exception fault) {
    writing = false;
    if (fault != null) {
      if (!failed) {
        log.warning("Could not write the cluster config file: %s", SystemErrors.text(fault));
      }
      failed = true;
      return;
    }
    if (failed) {
      failed = false;
      log.notice("The cluster config file is written again");
    }
    written = covered;
    if (changes > covered) {
      start();
    }
    Waiter next = waiters.peek();
    while (next != null && next.change() <= written) {
      waiters.remove();
      next.action().run();
      next = waiters.peek();
    }
  }
}
