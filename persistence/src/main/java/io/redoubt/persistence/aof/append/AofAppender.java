package io.redoubt.persistence.aof.append;

import io.redoubt.persistence.aof.CommitJournal;
import io.redoubt.persistence.aof.append.AppendTarget.TornFile;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Threads;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the open incremental file: collects the bytes of a turn of the event loop, writes and
 * syncs them according to the policy, and reports the progress. Offsets count all bytes ever
 * appended, across files.
 *
 * <p>{@link Policy#ALWAYS}: the appender's thread writes and syncs the bytes handed over by {@link
 * #flush}, all pending ones at once, while the event loop continues; {@link #forceWithin} also
 * waits for it. A {@link CommitJournal} makes the sync faster. Other policies: {@link #flush}
 * writes into the operating system's cache, and the thread only syncs.
 *
 * <p><b>Failures.</b> Bytes that could not be written are kept, and the file is truncated to its
 * last complete write; {@link #retry} writes again. After a failed sync the durable content of the
 * file is unknown: the file is distrusted. Nothing counts as durable any more until a rewrite has
 * put the whole data set into a new base and started a new file; see {@link #supersede}.
 *
 * <p>Methods are called on the event loop unless stated otherwise.
 */
public final class AofAppender implements AutoCloseable {

  /** When appended bytes are synced ({@code appendfsync}). */
  public enum Policy {
    /** Before replies are sent. */
    ALWAYS,
    /** On {@link AofAppender#force}, which the caller invokes every second. */
    EVERYSEC,
    /** Left to the operating system. */
    NO
  }

  /**
   * Listens for changes of {@link #passed}, {@link #durable} and {@link #failure}; called on the
   * appender's thread.
   */
  public interface Listener {
    /** Called after a change. */
    void progressed();
  }

  private static final long NOT_HELD = -1;

  /** The longest time for which a write waits for a concurrent sync, which would block it. */
  private static final long LONGEST_POSTPONEMENT_NANOS = 2_000_000_000L;

  /**
   * The number of parks of a limited wait. A wake-up left over from an earlier wait ends one of
   * them; the limit ends the wait even if the clock stands still.
   */
  private static final int MOST_PARKS = 3;

  private final Listener listener;
  private final Threads threads;
  private final LongSupplier monotonicNanos;
  private final Thread thread;

  // State of the event loop.
  private Policy policy = Policy.NO;
  private Policy wantedPolicy = Policy.NO;
  private boolean forcing = true;
  private AppendBuffer filling = new AppendBuffer();
  private @Nullable AppendTarget target;
  private @Nullable CommitJournal journal;
  private long appended;

  /** The offset at which held bytes start, or {@link #NOT_HELD}. */
  private long heldFrom = NOT_HELD;

  private long postponedSinceNanos = -1;
  private long delayed;

  // Guarded by this.
  private final Deque<AppendJob> jobs = new ArrayDeque<>();
  private @Nullable AppendJob running;
  private @Nullable AppendBuffer spare;
  private boolean stuck;

  private final SyncTimes syncTimes = new SyncTimes();

  private volatile boolean ending;

  /** The thread that waits for the appender's thread to become idle. */
  private volatile @Nullable Thread waiting;

  private final AppendProgress progress = new AppendProgress();

  /**
   * Creates an appender without a file and starts its thread.
   *
   * @param threads creates the appender's thread, and parks the event loop while it waits for that
   *     thread
   * @param monotonicNanos the monotonic clock, read by both threads
   */
  public AofAppender(
      Threads threads, String threadName, Listener listener, LongSupplier monotonicNanos) {
    this.threads = threads;
    this.listener = listener;
    this.monotonicNanos = monotonicNanos;
    this.thread = threads.unstarted(threadName, this::work);
    thread.start();
  }

  // Methods of the event loop.

  /** Sets the policy, after completing the work started under the previous one. */
  public void policy(Policy newPolicy) {
    wantedPolicy = newPolicy;
    if (newPolicy != policy) {
      drain();
      takePolicy();
    }
  }

  /**
   * Applies a new policy once the thread is idle, since its writes must precede those of the loop.
   */
  private void takePolicy() {
    if (policy != wantedPolicy && !isBusy()) {
      policy = wantedPolicy;
    }
  }

  /** Returns the current policy. */
  public Policy policy() {
    return policy;
  }

  /** Sets whether the thread syncs; otherwise it only writes. */
  public void forcing(boolean on) {
    forcing = on;
  }

  /**
   * Makes the thread write and sync all appended bytes and then prepare the next file. Bytes
   * appended afterwards are held back until {@link #open} or {@link #release}.
   */
  public void hold(Preparation preparation) {
    AppendTarget current = requireTarget();
    writeOut();
    AppendJob last = new AppendJob(current, appended);
    last.bytes = takeFilling();
    last.forces = true;
    last.preparation = preparation;
    heldFrom = appended;
    add(last);
  }

  /** Ends a hold without a next file: held bytes go to the current one. */
  public void release() {
    heldFrom = NOT_HELD;
  }

  /**
   * Switches to another file, which receives held and later bytes. The thread finishes, syncs and
   * closes the previous file, if there is one.
   *
   * @param sequence the file's number in the manifest, present or future
   */
  public void open(DiskFile file, long sequence) throws IOException {
    long start = heldFrom == NOT_HELD ? appended : heldFrom;
    AppendTarget next = new AppendTarget(file, sequence, start, journal);
    closeTarget();
    target = next;
  }

  private void closeTarget() {
    AppendTarget old = target;
    if (old == null) {
      return;
    }
    AppendJob last = new AppendJob(old, heldFrom);
    if (heldFrom == NOT_HELD) {
      writeOut();
      last.end = appended;
      last.bytes = takeFilling();
    }
    last.forces = true;
    last.closes = true;
    add(last);
    target = null;
    heldFrom = NOT_HELD;
  }

  /**
   * Sets the journal for commits under {@link Policy#ALWAYS}; null to sync the file at each commit.
   * Closes the previous journal.
   */
  public void journal(@Nullable CommitJournal next) {
    CommitJournal old = journal;
    if (next == old) {
      return;
    }
    drain();
    if (target != null && failure() == null) {
      add(settling(target, appended)); // includes bytes found by a load
      drain();
    }
    journal = next;
    if (target != null) {
      target.journal(next);
    }
    if (old != null) {
      closeQuietly(old);
    }
  }

  /** Returns true if there is a journal. */
  public boolean hasJournal() {
    return journal != null;
  }

  /** Returns the length of the file in bytes, without unwritten ones. */
  public long fileBytes() {
    return target == null ? 0 : target.sizeBytes();
  }

  /** Appends bytes, which stay in memory until the next {@link #flush}. */
  public void append(MemorySegment memory, long from, long length) {
    filling.append(memory, from, length);
    appended += length;
  }

  /** Returns true if bytes wait for {@link #flush}. */
  public boolean hasUnflushed() {
    return !filling.isEmpty();
  }

  /** Returns the end offset of all appended bytes. */
  public long appended() {
    return appended;
  }

  /** Returns the number of unwritten bytes. */
  public long bufferedBytes() {
    long bytes = filling.length();
    synchronized (this) {
      for (AppendJob job : jobs) {
        bytes += job.bytes == null ? 0 : job.bytes.length();
      }
      if (running != null && running.bytes != null) {
        bytes += running.bytes.length();
      }
    }
    return bytes;
  }

  /**
   * Writes the appended bytes or hands them to the thread.
   *
   * @param nowNanos the monotonic time
   */
  public void flush(long nowNanos) {
    if (!canFlush()) {
      return;
    }
    takePolicy();
    if (policy == Policy.ALWAYS) {
      handOver();
      return;
    }
    if (failure() != null && !isDistrusted()) {
      return; // until retry()
    }
    if (policy == Policy.EVERYSEC && isBusy()) {
      if (postponedSinceNanos < 0) {
        postponedSinceNanos = nowNanos;
      }
      if (nowNanos - postponedSinceNanos < LONGEST_POSTPONEMENT_NANOS) {
        return;
      }
      delayed++;
    }
    postponedSinceNanos = -1;
    writeOut();
  }

  /** Returns true if there are bytes to write and their file is open. */
  private boolean canFlush() {
    return !filling.isEmpty() && target != null && heldFrom == NOT_HELD;
  }

  /** Hands the bytes to the thread, merged into its last pending job if possible. */
  private void handOver() {
    AppendTarget current = requireTarget();
    synchronized (this) {
      AppendJob last = jobs.peekLast();
      if (last != null && last.bytes != null && !last.closes && last.target == current) {
        last.bytes.append(filling.memory(), filling.start(), filling.length());
        last.end = appended;
        last.forces = forcing;
        filling.clear();
      } else {
        AppendJob job = new AppendJob(current, appended);
        job.bytes = takeFilling();
        job.forces = forcing;
        add(job);
      }
    }
  }

  /**
   * Hands the appended bytes to the thread, which writes and syncs them, and waits for it, if the
   * policy is {@link Policy#ALWAYS} and the thread is idle. After the maximum wait the loop
   * continues without it.
   *
   * @param mostNanos the maximum wait
   * @return false if nothing was handed over; {@link #failure} reports a failed attempt
   */
  public boolean forceWithin(long mostNanos) {
    if (!canFlush()) {
      return false;
    }
    takePolicy();
    if (policy != Policy.ALWAYS || !forcing || failure() != null || isBusy()) {
      return false;
    }
    AppendJob job = new AppendJob(requireTarget(), appended);
    job.bytes = takeFilling();
    job.forces = true;
    add(job);
    awaitIdle(mostNanos);
    return true;
  }

  /** Waits until the thread is idle or stuck, or until a timeout. */
  private void awaitIdle(long mostNanos) {
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

  private AppendTarget requireTarget() {
    AppendTarget current = target;
    if (current == null) {
      throw new IllegalStateException("no file is open");
    }
    return current;
  }

  private AppendBuffer takeFilling() {
    AppendBuffer full = filling;
    synchronized (this) {
      filling = spare == null ? new AppendBuffer() : spare;
      spare = null;
    }
    return full;
  }

  private void add(AppendJob job) {
    synchronized (this) {
      jobs.add(job);
      if (stuck) {
        job.giveUpPreparation(failure());
      }
    }
    LockSupport.unpark(thread);
  }

  /** Writes on the event loop. */
  private void writeOut() {
    AppendTarget current = requireTarget();
    if (filling.isEmpty() || policy == Policy.ALWAYS || heldFrom != NOT_HELD) {
      return;
    }
    try {
      current.write(filling);
      progress.wrote(appended);
    } catch (TornFile e) {
      progress.distrust(current, e);
    } catch (IOException e) {
      progress.failed(e);
    }
  }

  /** Retries failed writes. */
  public void retry() {
    synchronized (this) {
      stuck = false;
    }
    LockSupport.unpark(thread);
    if (target != null && !isBusy()) {
      writeOut();
    }
  }

  /** Makes the thread sync the written bytes, unless it is busy or they are synced. */
  public void force() {
    if (target != null && forcing && !isBusy() && (durable() < passed() || isAhead())) {
      add(settling(target, passed()));
    }
  }

  /** Returns true if the journal has bytes that the file does not durably have. */
  private boolean isAhead() {
    return failure() == null && journal != null && journal.isAhead();
  }

  private static AppendJob settling(AppendTarget file, long end) {
    AppendJob job = new AppendJob(file, end);
    job.forces = true;
    job.settles = true;
    return job;
  }

  /** Returns true if the thread has work. */
  public synchronized boolean isBusy() {
    return running != null || !jobs.isEmpty();
  }

  /** Returns the number of writes that were delayed by a concurrent sync. */
  public long delayed() {
    return delayed;
  }

  /** Resets the number of delayed writes. */
  public void resetDelayed() {
    delayed = 0;
  }

  /** Waits until the thread is idle, or stuck because of a failure. */
  public void drain() {
    if (target != null && heldFrom == NOT_HELD) {
      if (policy == Policy.ALWAYS && !filling.isEmpty()) {
        handOver();
      } else {
        writeOut();
      }
    }
    waiting = Thread.currentThread();
    while (isAwaited()) {
      LockSupport.park(this);
    }
    waiting = null;
  }

  private synchronized boolean isAtWork() {
    return isBusy() && !stuck;
  }

  /** Writes and syncs everything; returns the failure that prevents it, or null. */
  public @Nullable IOException writeAndForce() {
    drain();
    if (target != null && failure() == null && (durable() < appended || isAhead())) {
      add(settling(target, appended));
      drain();
    }
    return failure();
  }

  /** Closes the file after writing and syncing as far as possible. */
  public void closeFile() {
    drain();
    closeTarget();
    drain();
    synchronized (this) {
      if (stuck) {
        giveUpJobs();
        stuck = false;
      }
    }
    filling.clear();
    progress.closed(appended);
  }

  /** Reports that a rewrite is in place: it makes all bytes before the open file durable. */
  public void supersede() {
    if (target != null) {
      progress.supersede(target);
    }
  }

  /** Stops the thread; unwritten bytes are lost. */
  @Override
  public void close() {
    ending = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    filling.close();
    if (spare != null) {
      spare.close();
    }
    giveUpJobs();
    if (target != null) {
      closeQuietly(target);
    }
    if (journal != null) {
      closeQuietly(journal);
    }
  }

  private void giveUpJobs() {
    for (AppendJob job : jobs) {
      job.giveUpPreparation(failure());
      if (job.bytes != null) {
        job.bytes.close();
      }
      if (job.closes) {
        closeQuietly(job.target);
      }
    }
    jobs.clear();
  }

  private static void closeQuietly(Closeable file) {
    try {
      file.close();
    } catch (IOException e) {
      return; // nothing that is still needed depends on the close
    }
  }

  /** Returns the bytes held by all buffers. */
  public long heldBytes() {
    long bytes = filling.heldBytes() + (journal == null ? 0 : journal.heldBytes());
    synchronized (this) {
      for (AppendJob job : jobs) {
        bytes += job.bytes == null ? 0 : job.bytes.heldBytes();
      }
      if (running != null && running.bytes != null) {
        bytes += running.bytes.heldBytes();
      }
      return bytes + (spare == null ? 0 : spare.heldBytes());
    }
  }

  /** Returns the longest sync since the last call, in nanoseconds. */
  public long takeLongestForceNanos() {
    return syncTimes.takeLongest();
  }

  /** Returns the moving average of the sync time in nanoseconds; 0 while it is unknown. */
  public long usualForceNanos() {
    return syncTimes.averageNanos();
  }

  /** Returns the number of syncs since the start. */
  public long forces() {
    return syncTimes.count();
  }

  /** Returns the time of all syncs since the start, in nanoseconds. */
  public long forceNanos() {
    return syncTimes.totalNanos();
  }

  /** Returns the longest sync since the start, in nanoseconds. */
  public long maxForceNanos() {
    return syncTimes.maxNanos();
  }

  // Methods of any thread.

  /**
   * Returns the offset up to which replies may be sent: bytes are written and, under {@link
   * Policy#ALWAYS}, synced.
   */
  public long passed() {
    return progress.passed();
  }

  /** Returns the offset up to which bytes are durable. */
  public long durable() {
    return progress.durable();
  }

  /** Returns the failure that currently prevents appending, or null. */
  public @Nullable IOException failure() {
    return progress.failure();
  }

  /** Returns true if the content of the file is unknown, so that only a rewrite helps. */
  public boolean isDistrusted() {
    return progress.isDistrusted();
  }

  // Methods of the appender's thread.

  private void work() {
    for (AppendJob job = next(); job != null; job = next()) {
      finish(job, run(job));
      listener.progressed();
      LockSupport.unpark(waiting);
    }
  }

  private synchronized void finish(AppendJob job, boolean done) {
    running = null;
    if (!done) {
      jobs.addFirst(job);
      stuck = true;
      jobs.forEach(each -> each.giveUpPreparation(failure()));
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
        progress.failed(e);
        return false;
      }
    }
    if (job.forces) {
      long start = monotonicNanos.getAsLong();
      try {
        job.force();
        progress.forced(job.end);
      } catch (IOException e) {
        progress.distrust(job.target, e);
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
