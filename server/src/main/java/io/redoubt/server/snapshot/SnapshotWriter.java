package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.tuning.ThreadPriority;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.record.RawQueue;
import io.redoubt.server.snapshot.record.SnapshotChunk;
import io.redoubt.server.tuning.SnapshotThrottle;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The writer thread's half of a snapshot in progress: compresses plain chunks, computes the
 * checksum, writes the file, and passes finished chunks to the loop if there are sinks. The thread
 * ends by itself; its last action is to notify the loop.
 */
final class SnapshotWriter implements Runnable {

  /** The maximum number of finished chunks waiting for the sinks. */
  private static final int WAITING_FOR_SINKS = 16;

  /** The interval at which a pausing thread checks whether it is needed. */
  private static final long LOOK_NANOS = 5_000_000;

  private enum Stage {
    WRITING,
    PUBLISHING,
    ABORTED
  }

  /** The loop's half. Its methods are called on the loop. */
  interface Loop {

    /** Passes a finished chunk for the sinks, to be returned by {@link SnapshotWriter#release}. */
    void onChunk(SnapshotChunk chunk);

    /** Signals that the queue has room again. */
    void onDrained();

    /** Signals that the thread has finished; the failure is null on success. */
    void onEnd(@Nullable String failure);
  }

  private final SnapshotContext context;
  private final RawQueue raw;
  private final Arena arena;
  private final @Nullable SnapshotTarget target;
  private final boolean toSinks;
  private final boolean withFieldExpiry;
  private final int version;
  private final boolean compress;
  private final boolean checksum;
  private final boolean rests;
  private final long keyDelayMicros;
  private final Loop loop;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WRITING);
  private final CountDownLatch abort = new CountDownLatch(1);
  private final CountDownLatch published = new CountDownLatch(1);

  /** A marker in the queue of free chunks: no more will follow. */
  private final SnapshotChunk nothing = new SnapshotChunk(MemorySegment.NULL);

  private final BlockingQueue<SnapshotChunk> free = new LinkedBlockingQueue<>();
  private @Nullable RdbFile file;
  private long commands; // the number of executed commands at the thread's last check
  private long removalNanos;

  /** Creates the writer on the loop; reads the settings once. */
  SnapshotWriter(
      SnapshotContext context,
      RawQueue raw,
      Arena arena,
      @Nullable SnapshotTarget target,
      boolean toSinks,
      boolean withFieldExpiry,
      Loop loop) {
    this.context = context;
    this.raw = raw;
    this.arena = arena;
    this.target = target;
    this.toSinks = toSinks;
    this.withFieldExpiry = withFieldExpiry;
    this.version = context.settings().version();
    this.compress = context.settings().compress();
    this.checksum = context.settings().checksum() && (target == null || !target.holdsCommands());
    this.rests = !toSinks && context.settings().threadRests();
    this.keyDelayMicros = context.settings().keySaveDelayMicros();
    this.loop = loop;
  }

  /**
   * Orders the thread to finish soon without a result; the queue must be finished or abandoned,
   * too. The file does not change any more after the return: if the thread is already renaming it,
   * this method waits.
   */
  void abort() {
    if (stage.compareAndSet(Stage.WRITING, Stage.ABORTED)) {
      abort.countDown();
      free.add(nothing); // for a thread that waits for the sinks
    } else if (stage.get() == Stage.PUBLISHING) {
      try {
        published.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Returns a chunk after the sinks have consumed it. */
  void release(SnapshotChunk chunk) {
    free.add(chunk);
  }

  /** Returns the time it took to delete the file of a failed snapshot; valid after the end. */
  long removalNanos() {
    return removalNanos;
  }

  private boolean isAborted() {
    return stage.get() == Stage.ABORTED;
  }

  @Override
  public void run() {
    ThreadPriority.lowerPriority(); // commands have precedence
    String failure;
    try {
      failure = write();
    } catch (IOException e) {
      failure = writeError(e);
    } catch (WriteFailure e) {
      failure = writeError(e.cause);
    } catch (InterruptedException e) {
      failure = "interrupted";
    } catch (OutOfMemoryError e) {
      failure = SaveFailure.line(e);
    } catch (RdbException | RuntimeException e) {
      failure = "Error while saving: " + e;
    }
    RdbFile closed = file;
    removalNanos = closed == null ? 0 : closed.removalNanos();
    published.countDown();
    String result = isAborted() ? Snapshot.ABORTED : failure;
    context.turns().execute(() -> loop.onEnd(result));
  }

  private static String writeError(IOException e) {
    return SaveFailure.line(e);
  }

  private @Nullable String write() throws IOException, InterruptedException, RdbException {
    BufferMemory buffers = BufferMemory.offHeap();
    try (SnapshotThrottle throttle = throttle();
        RdbFile opened = target == null ? null : new RdbFile(context, target)) {
      file = opened;
      Output out = new Output();
      try (FileFormat format = new FileFormat(out, target, compress, version, buffers);
          RdbReader reader =
              new RdbReader(buffers, format.visitor(), RdbWriter.LONGEST_COMPRESSED_BYTES)
                  .checksum(false)
                  .trusting()) {
        if (!withFieldExpiry) {
          format.leaveOutFieldExpiry();
        }
        format.shorten(reader);
        Runnable wake = () -> context.turns().execute(loop::onDrained);
        for (SnapshotChunk chunk = raw.take(wake); chunk != null; chunk = raw.take(wake)) {
          delay(chunk.keys() * keyDelayMicros);
          if (!isAborted()) {
            reader.feed(chunk.memory(), 0, chunk.length());
          }
          raw.release(chunk);
          if (raw.isWakeDue()) {
            wake.run();
          }
          rest(throttle.restNanos());
        }
        if (isAborted()) {
          return Snapshot.ABORTED;
        }
        format.visitor().end();
        out.flush();
      }
      if (opened != null) {
        opened.sync();
        if (!stage.compareAndSet(Stage.WRITING, Stage.PUBLISHING)) {
          return Snapshot.ABORTED;
        }
        opened.publish();
      }
      return null;
    }
  }

  /** Returns the throttle of this thread, which never rests while replicas wait. */
  private SnapshotThrottle throttle() {
    return new SnapshotThrottle(rests ? context.threads().ownTimes().orElse(null) : null);
  }

  /** Delays the snapshot for rdb-key-save-delay, unless writes wait for the thread. */
  private void delay(long micros) throws InterruptedException {
    pause(TimeUnit.MICROSECONDS.toNanos(micros), raw::doWritesWait);
  }

  /** Leaves a processor to commands if some were executed, unless this thread falls behind. */
  private void rest(long nanos) throws InterruptedException {
    long executed = context.turns().commands();
    if (executed != commands) {
      commands = executed;
      pause(nanos, raw::isPressed);
    }
  }

  private void pause(long nanos, BooleanSupplier isNeeded) throws InterruptedException {
    for (long left = nanos; left > 0 && !isNeeded.getAsBoolean(); left -= LOOK_NANOS) {
      if (abort.await(Math.min(left, LOOK_NANOS), TimeUnit.NANOSECONDS)) {
        return;
      }
    }
  }

  /** Carries an I/O error of the file through the reader and the writer. */
  private static final class WriteFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final IOException cause;

    WriteFailure(IOException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  /** The output of finished bytes: to the file, and to the loop for the sinks. */
  private final class Output extends RdbOutput {
    private SnapshotChunk current = nothing;

    /**
     * The number of chunks that may still be allocated. Allocation is slow, so it is done on this
     * thread.
     */
    private int notMade = toSinks ? WAITING_FOR_SINKS : 1;

    Output() throws InterruptedException {
      super(checksum);
      next();
    }

    private void next() throws InterruptedException {
      SnapshotChunk next = notMade > 0 ? free.poll() : free.take();
      if (next == null) {
        notMade--;
        next = new SnapshotChunk(arena.allocate(RdbFile.WRITE_BYTES));
      }
      if (next == nothing) {
        throw new InterruptedException(); // no more chunks are returned
      }
      current = next;
      window(current.memory(), 0, RdbFile.WRITE_BYTES);
    }

    @Override
    protected void renew(long end, int atLeastBytes) {
      try {
        pass(end);
        if (toSinks) {
          next();
        } else {
          window(current.memory(), 0, RdbFile.WRITE_BYTES);
        }
      } catch (IOException e) {
        throw new WriteFailure(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e); // the result of an aborted snapshot is ignored
      }
    }

    void flush() throws IOException {
      pass(position());
    }

    private void pass(long end) throws IOException {
      RdbFile written = file;
      if (written != null) {
        written.write(current.memory(), 0, end);
        if (!raw.isPressed()) {
          written.syncSome();
        }
      }
      if (toSinks) {
        SnapshotChunk full = current.filled(end, 0);
        context.turns().execute(() -> loop.onChunk(full));
      }
    }
  }
}
