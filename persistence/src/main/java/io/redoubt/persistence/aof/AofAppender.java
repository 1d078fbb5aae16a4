package io.redoubt.persistence.aof;

import io.redoubt.persistence.aof.AppendTarget.TornFile;
import io.redoubt.persistence.io.DiskFile;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends to the open incremental file: collects the bytes of a turn of the loop, has them written
 * and forced to the disk as the policy says, and tells how far that has come. Offsets count all
 * bytes that were ever appended, over all files.
 *
 * <p>{@link Policy#ALWAYS}: the thread of the appender writes and forces what {@link #flush} hands
 * it, all that has come together at once, while the loop goes on; or {@link #forceHere} does it at
 * once. A {@link CommitJournal} makes that quicker. Otherwise {@link #flush} writes by itself, into
 * the cache of the operating system, and the thread only forces.
 *
 * <p><b>Failures.</b> What could not be written is kept, and the file is cut back to where it was
 * whole; {@link #retry} tries again. After a failure to force, nobody knows what the disk has of
 * the file: nothing counts as durable then until a rewrite has put the whole data set into a new
 * base and a new file has been started, {@link #supersede}.
 *
 * <p>Methods are called on the loop unless they say otherwise.
 */
public final class AofAppender implements AutoCloseable {

  /** When appended bytes are forced to the disk. */
  public enum Policy {
    /** All, before replies leave. */
    ALWAYS,
    /** When {@link AofAppender#force} asks for it. */
    EVERYSEC,
    /** When the operating system likes. */
    NO
  }

  /** Hears that {@link #passed}, {@link #durable} or {@link #failure} changed; on the thread. */
  public interface Listener {
    /** Something changed. */
    void progressed();
  }

  private static final long NOT_HELD = -1;

  /** For how long writing waits for a sync under way, which it would be held up by. */
  private static final long LONGEST_POSTPONEMENT_NANOS = 2_000_000_000L;

  private final Listener listener;
  private final LongSupplier monotonicNanos;
  private final Thread thread;

  // The loop's own.
  private Policy policy = Policy.NO;
  private Policy wantedPolicy = Policy.NO;
  private boolean forcing = true;
  private AppendBuffer filling = new AppendBuffer();
  private @Nullable AppendTarget target;
  private @Nullable CommitJournal journal;
  private long appended;

  /** What is appended from here on is kept; or {@link #NOT_HELD}. */
  private long heldFrom = NOT_HELD;

  private long postponedSinceNanos = -1;
  private long delayed;

  // Guarded by this.
  private final Deque<AppendJob> jobs = new ArrayDeque<>();
  private @Nullable AppendJob running;
  private @Nullable AppendBuffer spare;
  private boolean stuck;

  private final ForceTimes forceTimes = new ForceTimes();

  private volatile boolean ending;

  /** Who waits for the thread to have done everything. */
  private volatile @Nullable Thread waiting;

  private final AppendProgress progress = new AppendProgress();

  /**
   * An appender without a file; its thread is started at once.
   *
   * @param monotonicNanos the time, also for the thread
   */
  public AofAppender(ThreadFactory threads, Listener listener, LongSupplier monotonicNanos) {
    this.listener = listener;
    this.monotonicNanos = monotonicNanos;
    this.thread = threads.newThread(this::work);
    thread.start();
  }

  // The loop.

  /** Sets when bytes are forced to the disk; what was begun under another policy is ended first. */
  public void policy(Policy newPolicy) {
    wantedPolicy = newPolicy;
    if (newPolicy != policy) {
      drain();
      takePolicy();
    }
  }

  /** What the thread has still to write comes before what the loop writes. */
  private void takePolicy() {
    if (policy != wantedPolicy && !isBusy()) {
      policy = wantedPolicy;
    }
  }

  /** When bytes are forced to the disk at this time. */
  public Policy policy() {
    return policy;
  }

  /** Whether the thread forces at all; if not, only to the operating system for a while. */
  public void forcing(boolean on) {
    forcing = on;
  }

  /**
   * Has the thread write and force what was appended so far, and then prepare the next file. What
   * is appended meanwhile is kept, until {@link #open} or {@link #release} tells where it goes.
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

  /** There is no next file: what was kept since {@link #hold} goes to the one before. */
  public void release() {
    heldFrom = NOT_HELD;
  }

  /**
   * Goes on with another file: bytes appended from now on, or kept since {@link #hold}, go there.
   * The file before, if there is one, is written to its end, forced and closed by the thread.
   *
   * @param sequence the number that the file has in the manifest, or will have
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
   * Sets the journal that makes what is appended with {@link Policy#ALWAYS} durable sooner; null:
   * the files themselves are forced each time. The one before is closed.
   */
  public void journal(@Nullable CommitJournal next) {
    CommitJournal old = journal;
    if (next == old) {
      return;
    }
    drain();
    if (target != null && failure() == null) {
      add(settling(target, appended)); // also what a load has found
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

  /** Whether there is a journal. */
  public boolean hasJournal() {
    return journal != null;
  }

  /** Whether there is a file. */
  public boolean isOpen() {
    return target != null;
  }

  /** The length of the file, in bytes; what has not been written is not counted. */
  public long fileBytes() {
    return target == null ? 0 : target.sizeBytes();
  }

  /** Adds bytes, which stay in memory until the next {@link #flush}. */
  public void append(MemorySegment memory, long from, long length) {
    filling.append(memory, from, length);
    appended += length;
  }

  /** Whether bytes wait for {@link #flush}. */
  public boolean hasUnflushed() {
    return !filling.isEmpty();
  }

  /** The end of everything appended so far. */
  public long appended() {
    return appended;
  }

  /** Bytes that are not written yet. */
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
   * Writes what was appended, or hands it to the thread.
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

  /** Whether there are bytes to write and the file that they belong to. */
  private boolean canFlush() {
    return !filling.isEmpty() && target != null && heldFrom == NOT_HELD;
  }

  /** Gives the thread what is to be written and forced, together with what it has not begun. */
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
   * Writes and forces what was appended here and now, with {@link Policy#ALWAYS} and when the
   * thread has nothing to do.
   *
   * @return whether that was so; if it failed, {@link #failure} tells
   */
  public boolean forceHere() {
    if (!canFlush()) {
      return false;
    }
    takePolicy();
    if (policy != Policy.ALWAYS || !forcing || failure() != null) {
      return false;
    }
    AppendJob job = new AppendJob(requireTarget(), appended);
    synchronized (this) {
      if (isBusy()) {
        return false;
      }
      running = job;
    }
    job.bytes = takeFilling();
    job.forces = true;
    finish(job, run(job));
    return true;
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

  /** Writes on the loop. */
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

  /** Tries again what could not be written. */
  public void retry() {
    synchronized (this) {
      stuck = false;
    }
    LockSupport.unpark(thread);
    if (target != null && !isBusy()) {
      writeOut();
    }
  }

  /** Has the thread force what has been written, unless it is busy or nothing is new. */
  public void force() {
    if (target != null && forcing && !isBusy() && (durable() < passed() || isAhead())) {
      add(settling(target, passed()));
    }
  }

  /** Whether the journal has something that the file does not have for good. */
  private boolean isAhead() {
    return failure() == null && journal != null && journal.isAhead();
  }

  private static AppendJob settling(AppendTarget file, long end) {
    AppendJob job = new AppendJob(file, end);
    job.forces = true;
    job.settles = true;
    return job;
  }

  /** Whether the thread has something to do. */
  public synchronized boolean isBusy() {
    return running != null || !jobs.isEmpty();
  }

  /** How often writing waited in vain for a sync under way. */
  public long delayed() {
    return delayed;
  }

  /** Counts that anew. */
  public void resetDelayed() {
    delayed = 0;
  }

  /** Waits until the thread has done everything, or is stuck by a failure. */
  public void drain() {
    if (target != null && heldFrom == NOT_HELD) {
      if (policy == Policy.ALWAYS && !filling.isEmpty()) {
        handOver();
      } else {
        writeOut();
      }
    }
    waiting = Thread.currentThread();
    while (isAtWork() && thread.isAlive() && !Thread.currentThread().isInterrupted()) {
      LockSupport.park(this);
    }
    waiting = null;
  }

  private synchronized boolean isAtWork() {
    return isBusy() && !stuck;
  }

  /** Writes and forces everything; the failure that prevents it, or null. */
  public @Nullable IOException writeAndForce() {
    drain();
    if (target != null && failure() == null && (durable() < appended || isAhead())) {
      add(settling(target, appended));
      drain();
    }
    return failure();
  }

  /** Lets the file go, written and forced as far as that can be done. */
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

  /** A rewrite is in place: what was appended before the open file was opened is durable by it. */
  public void supersede() {
    if (target != null) {
      progress.supersede(target);
    }
  }

  /** Ends the thread; what was not written is lost. */
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
      return; // nothing that was to be kept depends on it
    }
  }

  /** The memory of what has not been written yet, and of what is kept for more. */
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

  /** The longest time that forcing has taken since this was asked last, in nanoseconds. */
  public long takeLongestForceNanos() {
    return forceTimes.takeLongest();
  }

  /** How long forcing takes usually, in nanoseconds; 0 while that is not known. */
  public long usualForceNanos() {
    return forceTimes.usualNanos();
  }

  // Any thread.

  /** Up to where replies may leave: it is written, and with {@link Policy#ALWAYS} forced. */
  public long passed() {
    return progress.passed();
  }

  /** Up to where everything is on the disk. */
  public long durable() {
    return progress.durable();
  }

  /** Why appending does not work at this time, or null when it does. */
  public @Nullable IOException failure() {
    return progress.failure();
  }

  /** Whether only a rewrite helps: what the file holds is not known. */
  public boolean isDistrusted() {
    return progress.isDistrusted();
  }

  // The thread.

  private void work() {
    for (AppendJob job = next(); job != null; job = next()) {
      finish(job, run(job));
      LockSupport.unpark(waiting);
      listener.progressed();
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

  /** Does a job; false when it is to be tried again. */
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
      forceTimes.took(monotonicNanos.getAsLong() - start);
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
