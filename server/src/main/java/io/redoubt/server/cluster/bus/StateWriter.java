package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.cluster.nodes.ClusterState;
import io.redoubt.server.cluster.nodes.NodesFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code nodes.conf} on a thread of its own, so that a slow disk does not block the event
 * loop. One write runs at a time; only the newest state is written next. A state without waiters is
 * written after a delay, because a slot migration changes it several times on every node, and nodes
 * may share a disk. A failed write is retried and its waiters remain queued, except those of
 * CLUSTER SAVECONFIG. Confined to the event loop.
 */
final class StateWriter {
  private static final long SLEEP_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final long SOON_MILLIS = 5;
  private static final long LEISURE_MILLIS = 200;

  /**
   * A waiter for the write of a change.
   *
   * @param takesFaults true if a failed write ends the wait with the error
   * @param result receives null once the change is durable, or the reason for the failure
   */
  private record Waiter(long change, boolean takesFaults, Consumer<@Nullable Exception> result) {}

  /**
   * A write.
   *
   * @param covers the number of the last change that the state contains
   */
  private record Job(ClusterState state, long covers, CountDownLatch ends) {}

  private final NodesFile file;
  private final Threads threads;
  private final Loop loop;
  private final Log log;
  private final Deque<Waiter> waiters = new ArrayDeque<>();
  private @Nullable ClusterState newest;
  private long changes;
  private long written;

  /** The scheduled write of a state without waiters. */
  private @Nullable Cancellable plan;

  private boolean planIsSoon;

  /** True if a write is due but has not started. */
  private boolean due;

  private boolean writing;
  private boolean failed;

  /** The last write that was started. */
  private @Nullable Job last;

  /** The thread that writes; null before the first write. */
  private @Nullable Thread thread;

  /** The write in progress on the thread, null while the thread is idle. */
  private volatile @Nullable Job handed;

  private volatile boolean finished;

  StateWriter(NodesFile file, Threads threads, Loop loop, Log log) {
    this.file = file;
    this.threads = threads;
    this.loop = loop;
    this.log = log;
  }

  /**
   * Schedules the write of a state without waiters.
   *
   * @param soon true for a delay of milliseconds, false for a fraction of a second
   */
  void write(ClusterState state, boolean soon) {
    newest = state;
    changes++;
    if (plan != null && (planIsSoon || !soon)) {
      return;
    }
    if (plan != null) {
      plan.cancel();
    }
    planIsSoon = soon;
    plan = loop.schedule(this::writeChanges, soon ? SOON_MILLIS : LEISURE_MILLIS);
  }

  /**
   * Writes a state at once and runs an action when it is durable. Retries for as long as it takes.
   */
  void write(ClusterState state, Runnable action) {
    writeAtOnce(state, false, unused -> action.run());
  }

  /**
   * Writes a state at once.
   *
   * @param result receives null once the state is durable, or the reason why the write failed
   */
  void save(ClusterState state, Consumer<@Nullable Exception> result) {
    writeAtOnce(state, true, result);
  }

  private void writeAtOnce(
      ClusterState state, boolean takesFaults, Consumer<@Nullable Exception> result) {
    newest = state;
    changes++;
    waiters.add(new Waiter(changes, takesFaults, result));
    startWhenPossible();
  }

  private void writeChanges() {
    plan = null;
    if (!finished && written < changes) {
      startWhenPossible();
    }
  }

  private void startWhenPossible() {
    due = true;
    if (!writing && !failed) {
      start();
    }
  }

  /** Retries after a failed write. */
  void retry() {
    if (failed && !writing) {
      start();
    }
  }

  /**
   * Waits for the write in progress, then writes any newer state on this thread. Calls no waiter,
   * because the loop is ending.
   */
  void finish() {
    finished = true;
    LockSupport.unpark(thread);
    Job running = last;
    try {
      if (running != null) {
        running.ends().await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ClusterState state = newest;
    if (state != null && (running == null || running.covers() < changes)) {
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
    due = false;
    Job job = new Job(state, changes, new CountDownLatch(1));
    writing = true;
    last = job;
    handed = job;
    if (thread == null) {
      thread = threads.unstarted("cluster state", this::work);
      thread.start();
    } else {
      LockSupport.unpark(thread);
    }
  }

  /** Performs the writes on the writer thread until {@link #finish} is called and none is left. */
  private void work() {
    while (true) {
      Job job = handed;
      if (job != null) {
        Exception fault = attempt(job.state());
        handed = null;
        job.ends().countDown();
        if (!finished) {
          loop.report(() -> onWriteEnd(job.covers(), fault));
        }
      } else if (finished) {
        return;
      } else {
        threads.parkNanos(SLEEP_NANOS);
      }
    }
  }

  private @Nullable Exception attempt(ClusterState state) {
    try {
      file.write(state);
      return null;
    } catch (IOException | RuntimeException e) {
      return e;
    }
  }

  private void onWriteEnd(long covered, @Nullable Exception fault) {
    writing = false;
    if (fault != null) {
      if (!failed) {
        log.warning("Could not write the cluster config file: %s", SystemErrors.text(fault));
      }
      failed = true;
      report(covered, fault);
      return;
    }
    if (failed) {
      failed = false;
      log.notice("The cluster config file is written again");
    }
    written = covered;
    if (due && changes > covered) {
      start();
    }
    report(covered, null);
  }

  /** Notifies the waiters that a write has satisfied; their actions may start the next one. */
  private void report(long covered, @Nullable Exception fault) {
    List<Waiter> ending =
        waiters.stream()
            .filter(waiter -> waiter.change() <= covered)
            .filter(waiter -> fault == null || waiter.takesFaults())
            .toList();
    waiters.removeAll(ending);
    ending.forEach(waiter -> waiter.result().accept(fault));
  }
}
