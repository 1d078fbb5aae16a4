package io.redoubt.persistence.aof.append;

import io.redoubt.persistence.aof.CommitJournal;
import io.redoubt.persistence.aof.append.AppendTarget.TornFile;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
    void onProgress();
  }

  private static final long NOT_HELD = -1;

  /** The longest time for which a write waits for a concurrent sync, which would block it. */
  private static final long LONGEST_POSTPONEMENT_NANOS = 2_000_000_000L;

  private final AppendProgress progress = new AppendProgress();
  private final AppendWorker worker;

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

  /**
   * Creates an appender without a file and starts its thread.
   *
   * @param threads creates the appender's thread, and parks the event loop while it waits for that
   *     thread
   * @param monotonicNanos the monotonic clock, read by both threads
   */
  public AofAppender(
      Threads threads, String threadName, Listener listener, LongSupplier monotonicNanos) {
    worker = new AppendWorker(threads, threadName, monotonicNanos, progress, listener::onProgress);
    worker.start();
  }

  /** Sets the policy, after completing the work started under the previous one. */
  public void setPolicy(Policy newPolicy) {
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

  public Policy policy() {
    return policy;
  }

  /** Sets whether the thread syncs; otherwise it only writes. */
  public void setForcing(boolean on) {
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
    worker.add(last);
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
    worker.add(last);
    target = null;
    heldFrom = NOT_HELD;
  }

  /**
   * Sets the journal for commits under {@link Policy#ALWAYS}; null to sync the file at each commit.
   * Closes the previous journal.
   */
  public void setJournal(@Nullable CommitJournal next) {
    CommitJournal old = journal;
    if (next == old) {
      return;
    }
    drain();
    if (target != null && failure() == null) {
      worker.add(settling(target, appended)); // includes bytes found by a load
      drain();
    }
    journal = next;
    if (target != null) {
      target.setJournal(next);
    }
    if (old != null) {
      AppendWorker.closeQuietly(old);
    }
  }

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
    return filling.length() + worker.unwrittenBytes();
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
    if (worker.merge(current, filling, appended, forcing)) {
      return;
    }
    AppendJob job = new AppendJob(current, appended);
    job.bytes = takeFilling();
    job.forces = forcing;
    worker.add(job);
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
    worker.add(job);
    worker.awaitIdle(mostNanos);
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
    filling = worker.takeBuffer();
    return full;
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
      progress.onFailure(e);
    }
  }

  /** Retries failed writes. */
  public void retry() {
    worker.retry();
    if (target != null && !isBusy()) {
      writeOut();
    }
  }

  /** Makes the thread sync the written bytes, unless it is busy or they are synced. */
  public void force() {
    if (target != null && forcing && !isBusy() && (durable() < passed() || isAhead())) {
      worker.add(settling(target, passed()));
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
  public boolean isBusy() {
    return worker.isBusy();
  }

  /** Returns the number of writes that were delayed by a concurrent sync. */
  public long delayed() {
    return delayed;
  }

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
    worker.awaitIdle();
  }

  /** Writes and syncs everything; returns the failure that prevents it, or null. */
  public @Nullable IOException writeAndForce() {
    drain();
    if (target != null && failure() == null && (durable() < appended || isAhead())) {
      worker.add(settling(target, appended));
      drain();
    }
    return failure();
  }

  /** Closes the file after writing and syncing as far as possible. */
  public void closeFile() {
    drain();
    closeTarget();
    drain();
    worker.giveUpIfStuck();
    filling.clear();
    progress.onClosed(appended);
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
    if (!worker.close()) {
      return;
    }
    filling.close();
    if (target != null) {
      AppendWorker.closeQuietly(target);
    }
    if (journal != null) {
      AppendWorker.closeQuietly(journal);
    }
  }

  public long heldBytes() {
    return filling.heldBytes() + (journal == null ? 0 : journal.heldBytes()) + worker.heldBytes();
  }

  /** Returns the longest sync since the last call, in nanoseconds. */
  public long takeLongestForceNanos() {
    return worker.syncTimes().takeLongest();
  }

  /** Returns the moving average of the sync time in nanoseconds; 0 while it is unknown. */
  public long usualForceNanos() {
    return worker.syncTimes().averageNanos();
  }

  /** Returns the number of syncs since the start. */
  public long forces() {
    return worker.syncTimes().count();
  }

  /** Returns the time of all syncs since the start, in nanoseconds. */
  public long forceNanos() {
    return worker.syncTimes().totalNanos();
  }

  /** Returns the longest sync since the start, in nanoseconds. */
  public long maxForceNanos() {
    return worker.syncTimes().maxNanos();
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
}
