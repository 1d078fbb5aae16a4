package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.flight.SnapshotEvent;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.SnapshotGate;
import io.redoubt.server.keyspace.Walk;
import io.redoubt.server.keyspace.WalkSink;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.snapshot.record.EntryWriter;
import io.redoubt.server.snapshot.record.LargeValues;
import io.redoubt.server.snapshot.record.RawQueue;
import io.redoubt.server.snapshot.record.SnapshotChunk;
import io.redoubt.server.tuning.WalkShare;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The event loop's half of a snapshot in progress: walks the keyspace in slices between commands,
 * saves pre-images, feeds the writer thread and passes its output to the sinks. Each entry that
 * existed at the start is written exactly once, in its state at the start.
 *
 * <p>States: walking; walked (the thread still writes); over. The chunks of {@link RawQueue} and
 * the pre-images of {@link LargeValues} bound the memory.
 */
final class Snapshot implements SnapshotGate, SnapshotWriter.Loop {

  /** The failure of a snapshot that was aborted on purpose. */
  static final String ABORTED = "The snapshot was aborted";

  /** The number of entries written between two readings of the clock. */
  private static final int ENTRIES_A_STEP = 16;

  /** Called once, on the loop, at the end of the snapshot. */
  interface Listener {

    /** Reports the end; the failure is null if the snapshot is complete. */
    void onOver(@Nullable String failure);
  }

  private final SnapshotContext context;
  private final Listener listener;
  private final @Nullable SnapshotTarget target;
  private final List<SnapshotSink> sinks;
  private final Runnable writesMayGoOn;
  private final Arena arena = Arena.ofShared();
  private final RawQueue raw;
  private final RdbWriter records;
  private final SnapshotWriter writer;
  private final Walk walk;
  private final EntryWriter entries;
  private final LargeValues large;
  private final WalkShare share;
  private final WalkSink visitor = this::entry;
  private final long keysAtStart;
  private final Thread thread;

  /** Finished chunks not yet passed to the sinks. */
  private final Deque<SnapshotChunk> made = new ArrayDeque<>();

  private boolean walking = true;
  private boolean walkWaits;
  private boolean writesWait;
  private boolean aborted;
  private boolean threadEnded;
  private boolean over;

  /** Set once the event loop's part ran out of memory: the queue is incomplete. */
  private @Nullable String loopFailure;

  private @Nullable String failure;

  /** The event of a running flight recording. */
  private @Nullable SnapshotEvent event;

  /**
   * Starts a snapshot of the keyspace's current state.
   *
   * @param withFieldExpiry true to include the expiry times of hash fields
   * @throws OutOfMemoryError if there is no memory, or no thread, for it; then nothing has started
   */
  Snapshot(
      SnapshotContext context,
      @Nullable SnapshotTarget target,
      List<SnapshotSink> sinks,
      boolean withFieldExpiry,
      Runnable writesMayGoOn,
      Listener listener) {
    this.context = context;
    this.target = target;
    this.sinks = new ArrayList<>(sinks);
    this.writesMayGoOn = writesMayGoOn;
    this.listener = listener;
    Deque<Runnable> undone = new ArrayDeque<>();
    undone.push(arena::close);
    boolean started = false;
    try {
      this.raw = new RawQueue(arena, context.keyspace().slabs().usedBytes());
      this.writer =
          new SnapshotWriter(context, raw, arena, target, !sinks.isEmpty(), withFieldExpiry, this);
      this.records =
          new RdbWriter(raw, false, new SlabBuffers(context.keyspace().slabs()))
              .version(RdbFormat.NEWEST_VERSION)
              .plain();
      undone.push(records::close);
      this.keysAtStart = context.keyspace().size();
      writeHead();
      this.walk = context.keyspace().startWalk(this);
      undone.push(walk::close);
      int version = FileFormat.version(target, context.settings());
      this.entries = new EntryWriter(records, context, version, walkSizes(walk));
      this.share =
          new WalkShare(
              context.turns()::commands,
              context.settings().loopPercent(!sinks.isEmpty()),
              context.clock().monotonicNanos());
      this.large =
          new LargeValues(context, entries, version, raw, walk.number(), this::ranOutOfMemory);
      undone.push(large::close);
      boolean rewrite = target != null && target.isBase();
      this.thread =
          context
              .threads()
              .unstarted(rewrite ? SnapshotContext.REWRITE_THREAD : "redoubt-snapshot", writer);
      thread.start();
      started = true;
    } finally {
      if (!started) {
        undone.forEach(Runnable::run);
      }
    }
  }

  /** Starts the walk in the next turn of the loop. */
  void start() {
    if (FlightRecording.isOn()) {
      event = SnapshotEvent.start(isSave() ? "save" : isBase() ? "rewrite" : "sync");
    }
    context.turns().nextTurn(this::slice);
  }

  private void writeHead() {
    FileHead.begin(records, context);
    try {
      FileHead.write(records, context, target);
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts everything
    }
  }

  private static EntryWriter.Sizes walkSizes(Walk walk) {
    return new EntryWriter.Sizes() {
      @Override
      public long keys(int position) {
        return walk.size(position);
      }

      @Override
      public long expiring(int position) {
        return walk.expires(position);
      }
    };
  }

  /** Returns the file to be written, null for a snapshot to sinks only. */
  @Nullable SnapshotTarget target() {
    return target;
  }

  /** Returns true if the snapshot becomes the file of BGSAVE. */
  boolean isSave() {
    return target != null && !target.isBase();
  }

  /** Returns true if the snapshot becomes the base of an append-only file. */
  boolean isBase() {
    return target != null && target.isBase();
  }

  /** Returns true if the snapshot ends with a failure once its thread has finished. */
  boolean isAborted() {
    return aborted || loopFailure != null;
  }

  long keysAtStart() {
    return keysAtStart;
  }

  long keysWritten() {
    return entries.written();
  }

  /** Returns the time it took to delete the file of a failed snapshot; valid after the end. */
  long removalNanos() {
    return writer.removalNanos();
  }

  /**
   * Returns true if write commands must wait, because pre-images arrive faster than they are
   * processed.
   */
  boolean writesMustWait() {
    // Once paused, writes remain so until the callback resumes them.
    if (!writesWait && walking && (raw.isOverfull() || large.isOverfull())) {
      writesWait = true;
      raw.writesWait();
    }
    return writesWait;
  }

  /** Saves the pre-image of an entry that is about to change or to be removed. */
  @Override
  public void beforeChange(int database, long entry) {
    if (loopFailure != null) {
      return;
    }
    try {
      entry(database, entry);
    } catch (OutOfMemoryError full) {
      ranOutOfMemory(full);
    }
  }

  /**
   * Fails because memory ran out. The caller may be a command about to change an entry, which must
   * continue, so the walk is ended in a later turn.
   */
  private void ranOutOfMemory(OutOfMemoryError full) {
    if (loopFailure == null) {
      loopFailure = SaveFailure.line(full);
      context.turns().nextTurn(this::abort);
    }
  }

  @Override
  public boolean keeps(long root) {
    return large.keeps(root);
  }

  @Override
  public void beforeBytes(long block, long from, long to) {
    if (loopFailure != null) {
      return;
    }
    try {
      large.beforeBytes(block, from, to);
    } catch (OutOfMemoryError full) {
      ranOutOfMemory(full);
    }
  }

  private void entry(int database, long entry) {
    if (isSave() && sinks.isEmpty() && DatabaseIndex.isStaged(database)) {
      return; // staged by a slot migration, which would not survive a restart
    }
    if (large.isLarge(entry)) {
      large.add(database, entry);
    } else {
      raw.countKey();
      entries.write(database, entry);
    }
  }

  private void slice() {
    if (!walking || loopFailure != null) {
      return;
    }
    try {
      walkOn();
    } catch (OutOfMemoryError full) {
      ranOutOfMemory(full);
    }
  }

  private void walkOn() {
    long now = context.clock().monotonicNanos();
    long nanos = share.sliceNanos(now, writesWait);
    if (nanos == 0) {
      context.turns().soon(this::slice);
      return;
    }
    long end = now + nanos;
    boolean more = true;
    while (more && now < end) {
      if (raw.isFull()) {
        raw.walkWaits();
        if (raw.isFull()) {
          walkWaits = true;
          share.chargeSlice(now);
          return; // drained() continues
        }
      }
      more = large.step() || walk.step(ENTRIES_A_STEP, visitor) || large.areLeft();
      now = context.clock().monotonicNanos();
    }
    share.chargeSlice(now);
    if (more) {
      letWritesGoOn();
      context.turns().nextTurn(this::slice);
    } else {
      endWalk();
      raw.finish();
    }
  }

  private void endWalk() {
    walking = false;
    large.close();
    walk.close();
    letWritesGoOn();
  }

  private void letWritesGoOn() {
    // With some hysteresis, so that writes are not paused again at once.
    if (writesWait && !(walking && (raw.isNearlyOverfull() || large.isNearlyOverfull()))) {
      writesWait = false;
      writesMayGoOn.run();
    }
  }

  @Override
  public void onDrained() {
    if (walking) {
      letWritesGoOn();
      if (walkWaits) {
        walkWaits = false;
        slice();
      }
    }
  }

  @Override
  public void onChunk(SnapshotChunk chunk) {
    if (over) {
      return;
    }
    made.add(chunk);
    pump();
  }

  /** Passes finished chunks to the sinks as long as all of them are ready. */
  void pump() {
    while (!made.isEmpty() && (aborted || sinks.stream().allMatch(SnapshotSink::isReady))) {
      SnapshotChunk chunk = made.remove();
      if (!aborted) {
        for (SnapshotSink sink : List.copyOf(sinks)) {
          sink.bytes(chunk.memory(), 0, chunk.length());
        }
      }
      writer.release(chunk);
    }
    if (threadEnded && made.isEmpty()) {
      finish();
    }
  }

  /** Removes a sink; a snapshot without a target or sinks is aborted. */
  void drop(SnapshotSink sink) {
    if (sinks.remove(sink)) {
      if (sinks.isEmpty() && target == null) {
        abort();
      } else {
        pump();
      }
    }
  }

  /** Aborts the snapshot. The listener is called when the thread has finished. */
  void abort() {
    if (aborted || over) {
      return;
    }
    aborted = true;
    writer.abort();
    if (walking) {
      endWalk();
      raw.abandon();
    }
    pump();
  }

  @Override
  public void onEnd(@Nullable String threadFailure) {
    if (over) {
      return; // closed in the meantime
    }
    threadEnded = true;
    failure = loopFailure == null ? threadFailure : loopFailure;
    if (failure != null) {
      aborted = true;
      if (walking) {
        endWalk();
      }
    }
    pump();
  }

  /** Aborts the snapshot and waits for the thread, at shutdown. The listener is not called. */
  void close() {
    abort();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // the thread may still use the memory
    }
    if (!over) {
      release();
    }
  }

  private void release() {
    over = true;
    arena.close();
    records.close();
  }

  private void finish() {
    if (over) {
      return;
    }
    release();
    String result = failure == null && aborted ? ABORTED : failure;
    if (event != null) {
      event.end(keysWritten(), result);
    }
    List<SnapshotSink> served = List.copyOf(sinks);
    sinks.clear();
    for (SnapshotSink sink : served) {
      if (result == null) {
        sink.onComplete();
      } else {
        sink.onFailure();
      }
    }
    listener.onOver(result);
  }
}
