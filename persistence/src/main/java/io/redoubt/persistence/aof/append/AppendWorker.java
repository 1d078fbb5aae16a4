package io.redoubt.persistence.aof.append;

import io.redoubt.persistence.aof.append.AppendTarget.TornFile;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.flight.FsyncWaitEvent;
import io.redoubt.protocol.process.Threads;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The appender's thread and its queue of jobs, which it runs in order. A job that can't be written
 * stops the queue until {@link #retry}.
 *
 * <p>Methods are called on the event loop unless stated otherwise.
 */
final class AppendWorker {

  /**
   * The number of parks of a limited wait. A wake-up left over from an earlier wait ends one of
   * them; the limit ends the wait even if the clock stands still.
   */
  private static final int MOST_PARKS = 3;

  private final Threads threads;
  private final LongSupplier monotonicNanos;
  private final AppendProgress progress;
  private final Runnable listener;
  private final Thread thread;
  private final SyncTimes syncTimes = new SyncTimes();

  // Guarded by this.
  private final Deque<AppendJob> jobs = new ArrayDeque<>();
  private @Nullable AppendJob running;
  private @Nullable AppendBuffer spare;
  private boolean stuck;

  private volatile boolean ending;

  /** The thread that waits for the appender's thread to become idle. */
  private volatile @Nullable Thread waiting;

  /**
   * Creates the thread; {@link #start} starts it.
   *
   * @param listener called on the thread after each job
   */
  AppendWorker(
      Threads threads,
      String threadName,
      LongSupplier monotonicNanos,
      AppendProgress progress,
      Runnable listener) {
    this.threads = threads;
    this.monotonicNanos = monotonicNanos;
    this.progress = progress;
    this.listener = listener;
    this.thread = threads.unstarted(threadName, this::work);
  }

  void start() {
    thread.start();
  }

  SyncTimes syncTimes() {
    return syncTimes;
  }

  // The queue.

  void add(AppendJob job) {
    synchronized (this) {
      jobs.add(job);
      if (stuck) {
        job.giveUpPreparation(progress.failure());
      }
    }
    LockSupport.unpark(thread);
  }

  /**
   * Adds bytes to the last pending job and empties their buffer, if that job writes to the same
   * file.
   *
   * @param end the offset at which the bytes end
   * @return false if there is no such job
   */
  synchronized boolean merge(AppendTarget target, AppendBuffer bytes, long end, boolean forces) {
    AppendJob last = jobs.peekLast();
    if (last == null || last.bytes == null || last.closes || last.target != target) {
      return false;
    }
    last.bytes.append(bytes.memory(), bytes.start(), bytes.length());
    last.end = end;
    last.forces = forces;
    bytes.clear();
    return true;
  }

  /** Returns an empty buffer, one that a job has finished with if possible. */
  synchronized AppendBuffer takeBuffer() {
    AppendBuffer empty = spare == null ? new AppendBuffer() : spare;
    spare = null;
    return empty;
  }

  /** Returns true if the thread has work. */
  synchronized boolean isBusy() {
    return running != null || !jobs.isEmpty();
  }

  synchronized long unwrittenBytes() {
    long bytes = 0;
    for (AppendJob job : jobs) {
      bytes += job.bytes == null ? 0 : job.bytes.length();
    }
    return bytes + (running == null || running.bytes == null ? 0 : running.bytes.length());
  }

  /** Returns the bytes held by the buffers of jobs and the spare one. */
  synchronized long heldBytes() {
    long bytes = spare == null ? 0 : spare.heldBytes();
    for (AppendJob job : jobs) {
      bytes += job.bytes == null ? 0 : job.bytes.heldBytes();
    }
    return bytes + (running == null || running.bytes == null ? 0 : running.bytes.heldBytes());
  }

  /** Runs the job again that could not be written. */
  void retry() {
    synchronized (this) {
      stuck = false;
    }
    LockSupport.unpark(thread);
  }

  /** Discards the jobs if the first of them can't be written. */
  synchronized void giveUpIfStuck() {
    if (stuck) {
      giveUpJobs();
      stuck = false;
    }
  }

  private void giveUpJobs() {
    for (AppendJob job : jobs) {
      job.giveUpPreparation(progress.failure());
      if (job.bytes != null) {
        job.bytes.close();
      }
      if (job.closes) {
        closeQuietly(job.target);
      }
    }
    jobs.clear();
  }

  static void closeQuietly(Closeable file) {
    try {
      file.close();
    } catch (IOException e) {
      return; // nothing that is still needed depends on the close
    }
  }

  // Waiting for the thread.

  /** Waits until the thread is idle, or stuck because of a failure. */
  void awaitIdle() {
    waiting = Thread.currentThread();
    while (isAwaited()) {
      LockSupport.park(this);
    }
    waiting = null;
  }

  /** Waits until the thread is idle or stuck, or until a timeout. */
  void awaitIdle(long mostNanos) {
    waiting = Thread.currentThread();
    long start = monotonicNanos.getAsLong();
    long left = mostNanos;
    for (int i = 0; i < MOST_PARKS && left > 0 && isAwaited(); i++) {
      threads.parkNanos(left);
      left = mostNanos - (monotonicNanos.getAsLong() - start);
    }
    waiting = null;
  }

  private boolean isAwaited() {
    return isAtWork() && thread.isAlive() && !Thread.currentThread().isInterrupted();
  }

  private synchronized boolean isAtWork() {
    return isBusy() && !stuck;
  }

  /**
   * Stops the thread and discards the jobs.
   *
   * @return false if the wait for the thread was interrupted; it may still use files and buffers
   */
  boolean close() {
    ending = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    synchronized (this) {
      if (spare != null) {
        spare.close();
      }
      giveUpJobs();
    }
    return true;
  }

  // Methods of the thread.

  private void work() {
    for (AppendJob job = next(); job != null; job = next()) {
      finish(job, run(job));
      listener.run();
      LockSupport.unpark(waiting);
    }
  }

  private synchronized void finish(AppendJob job, boolean done) {
    running = null;
    if (!done) {
      jobs.addFirst(job);
      stuck = true;
      jobs.forEach(each -> each.giveUpPreparation(progress.failure()));
    } else if (job.bytes != null && spare == null) {
      spare = job.bytes;
    } else if (job.bytes != null) {
      job.bytes.close();
    }
  }

  private @Nullable AppendJob next() {
    AppendJob job = begin();
    while (job == null && !ending && !Thread.currentThread().isInterrupted()) {
      LockSupport.park(this);
      job = begin();
    }
    return job;
  }

  private synchronized @Nullable AppendJob begin() {
    running = ending || stuck ? null : jobs.poll();
    return running;
  }

  /** Runs a job; returns false if it must be retried. */
  private boolean run(AppendJob job) {
    AppendBuffer bytes = job.bytes;
    if (bytes != null && !bytes.isEmpty()) {
      try {
        job.target.write(bytes);
      } catch (TornFile e) {
        progress.distrust(job.target, e);
        bytes.clear();
      } catch (IOException e) {
        progress.onFailure(e);
        return false;
      }
    }
    if (job.forces) {
      long start = monotonicNanos.getAsLong();
      FsyncWaitEvent event = FlightRecording.isOn() ? FsyncWaitEvent.start() : null;
      boolean forced = false;
      try {
        job.force();
        forced = true;
        progress.onForced(job.end);
      } catch (IOException e) {
        progress.distrust(job.target, e);
      }
      if (event != null) {
        event.end(job.end, forced);
      }
      syncTimes.record(monotonicNanos.getAsLong() - start);
    } else {
      progress.wrote(job.end);
    }
    job.prepare();
    if (job.closes) {
      closeQuietly(job.target);
    }
    return true;
  }
}
