package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbOutput;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The queue from the loop to the writer thread: plain RDB, uncompressed and without a checksum. The
 * loop writes to it as to any output. Writing never blocks; the writer checks {@link #isFull()} and
 * {@link #isOverfull()} beforehand.
 *
 * <p>The record of a large value takes the loop many slices, during which other records must be
 * written ahead. It is sent in chunks of its own ({@link #openLarge}), and the thread holds back
 * other records until it is complete.
 */
public final class RawQueue extends RdbOutput {

  /** The size of a chunk; {@link RdbOutput} needs at least twice the length of a short string. */
  static final int CHUNK_BYTES = 1 << 16;

  /** The number of queued chunks at which the walk waits. */
  static final int FULL_CHUNKS = 16;

  private static final int PRESSED_CHUNKS = FULL_CHUNKS * 3 / 2;

  private static final int LEAST_OVERFULL_CHUNKS = 64;
  private static final int MOST_OVERFULL_CHUNKS = 256;

  /** The share of the data that may be queued. */
  private static final int DATA_SHARE = 64;

  private final Arena arena;
  private final BlockingQueue<SnapshotChunk> filled = new LinkedBlockingQueue<>();
  private final Queue<SnapshotChunk> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();

  /** The number of queued chunks at which the loop is notified; -1 if it does not wait. */
  private final AtomicInteger wakeAt = new AtomicInteger(-1);

  /**
   * The number of queued chunks at which writes wait, because pre-images arrive faster than the
   * thread processes them.
   */
  private final int overfullChunks;

  private final int nearlyOverfullChunks;

  private final SnapshotChunk end;
  private SnapshotChunk current;
  private long keys;

  // Owned by the thread: the records held back during a large one, and true while one is in
  // progress.
  private final ArrayDeque<SnapshotChunk> heldBack = new ArrayDeque<>();
  private boolean inLarge;

  /**
   * Creates a queue whose chunks live as long as the arena.
   *
   * @param dataBytes the size of the data set, which bounds that of the queue
   */
  public RawQueue(Arena arena, long dataBytes) {
    super(false);
    this.arena = arena;
    this.overfullChunks =
        Math.clamp(
            dataBytes / DATA_SHARE / CHUNK_BYTES, LEAST_OVERFULL_CHUNKS, MOST_OVERFULL_CHUNKS);
    this.nearlyOverfullChunks = overfullChunks / 4 * 3;
    this.current = newChunk();
    this.end = new SnapshotChunk(current.memory());
    window(current.memory(), 0, CHUNK_BYTES);
  }

  private SnapshotChunk newChunk() {
    return new SnapshotChunk(arena.allocate(CHUNK_BYTES));
  }

  @Override
  protected void renew(long endOfBytes, int atLeastBytes) {
    send(endOfBytes, SnapshotChunk.Part.RECORDS);
    current = freeChunk();
    window(current.memory(), 0, CHUNK_BYTES);
  }

  private SnapshotChunk freeChunk() {
    SnapshotChunk next = free.poll();
    return next == null ? newChunk() : next;
  }

  private void send(long endOfBytes, SnapshotChunk.Part part) {
    send(current.filled(endOfBytes, keys).part(part));
    keys = 0;
  }

  private void send(SnapshotChunk chunk) {
    underWay.incrementAndGet();
    filled.add(chunk);
  }

  /**
   * Starts the record of a large value; the preceding output must end with a record.
   *
   * @return a chunk for the record
   */
  SnapshotChunk openLarge() {
    send(position(), SnapshotChunk.Part.BEFORE_LARGE);
    current = freeChunk();
    window(current.memory(), 0, CHUNK_BYTES);
    return freeChunk();
  }

  /** Sends a part of the large record; returns a chunk for the next part. */
  SnapshotChunk sendLarge(SnapshotChunk piece, long bytes) {
    send(piece.filled(bytes, 0).part(SnapshotChunk.Part.OF_LARGE));
    return freeChunk();
  }

  /** Sends the last part of the large record. */
  void endLarge(SnapshotChunk piece, long bytes) {
    send(piece.filled(bytes, 1).part(SnapshotChunk.Part.END_OF_LARGE));
  }

  public void countKey() {
    keys++;
  }

  /** Sends the pending output and signals end of input to the thread. */
  public void finish() {
    send(position(), SnapshotChunk.Part.RECORDS);
    filled.add(end);
  }

  /** Signals end of input to the writer thread and discards unsent output. */
  public void abandon() {
    filled.add(end);
  }

  /** Returns true if the walk must wait. */
  public boolean isFull() {
    return underWay.get() - held.get() >= FULL_CHUNKS;
  }

  /**
   * Returns true if pre-images arrive faster than they are processed, so that writes would soon
   * have to wait.
   */
  public boolean isPressed() {
    return underWay.get() >= PRESSED_CHUNKS;
  }

  /** Returns true if writes must wait, too. */
  public boolean isOverfull() {
    return underWay.get() >= overfullChunks;
  }

  /** Returns true if writes would soon have to wait again. */
  public boolean isNearlyOverfull() {
    return underWay.get() > nearlyOverfullChunks;
  }

  /**
   * Waits for a chunk; returns null at the end of input. Called by the thread.
   *
   * @param wake runs whenever {@link #isWakeDue}
   */
  public @Nullable SnapshotChunk take(Runnable wake) throws InterruptedException {
    while (true) {
      if (!inLarge && !heldBack.isEmpty()) {
        held.decrementAndGet();
        return begun(heldBack.remove());
      }
      SnapshotChunk chunk = filled.take();
      if (chunk == end) {
        return null;
      }
      boolean isRecords =
          chunk.part() == SnapshotChunk.Part.RECORDS
              || chunk.part() == SnapshotChunk.Part.BEFORE_LARGE;
      if (!inLarge || !isRecords) {
        return begun(chunk);
      }
      heldBack.add(chunk);
      held.incrementAndGet();
      if (isWakeDue()) {
        wake.run();
      }
    }
  }

  private SnapshotChunk begun(SnapshotChunk chunk) {
    inLarge =
        chunk.part() == SnapshotChunk.Part.BEFORE_LARGE
            || chunk.part() == SnapshotChunk.Part.OF_LARGE;
    return chunk;
  }

  /** Registers the waiting walk, which must then check {@link #isFull} once more. */
  public void walkWaits() {
    wakeAt.accumulateAndGet(FULL_CHUNKS / 2, Math::max);
  }

  /** Registers waiting writes, which must then check {@link #isOverfull} once more. */
  public void writesWait() {
    wakeAt.accumulateAndGet(nearlyOverfullChunks, Math::max);
  }

  /** Returns true if writes wait for room. Called by the thread. */
  public boolean doWritesWait() {
    return wakeAt.get() >= nearlyOverfullChunks;
  }

  /**
   * Returns true, once per wait, if something waits and there is room again. Called by the thread.
   */
  public boolean isWakeDue() {
    int at = wakeAt.get();
    return underWay.get() - held.get() <= at && wakeAt.compareAndSet(at, -1);
  }

  /** Releases a chunk. Called by the thread. */
  public void release(SnapshotChunk chunk) {
    free.add(chunk);
    underWay.decrementAndGet();
  }
}
