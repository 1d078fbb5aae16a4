package io.redoubt.server.snapshot;

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
 * The queue from the loop to the writer thread: plain RDB, not compressed and without checksum. The
 * loop writes into it as into any output. It never blocks; whoever fills it is to look at {@link
 * #isFull()} and {@link #isOverfull()} before.
 *
 * <p>The record of a large value takes the loop many slices, in which other records have to be
 * written ahead. So it comes in chunks of its own ({@link #openLarge}), and the others that come
 * meanwhile are held back on the thread's side until it is complete.
 */
final class RawQueue extends RdbOutput {

  /** The walk waits when this many chunks are under way. */
  static final int FULL_CHUNKS = 16;

  /**
   * Writes wait when this many chunks are under way: pre-images come faster than the writer takes
   * them.
   */
  static final int OVERFULL_CHUNKS = 64;

  private static final int PRESSED_CHUNKS = FULL_CHUNKS * 3 / 2;

  private static final int NEARLY_OVERFULL_CHUNKS = OVERFULL_CHUNKS * 3 / 4;

  private final Arena arena;
  private final BlockingQueue<Chunk> filled = new LinkedBlockingQueue<>();
  private final Queue<Chunk> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger held = new AtomicInteger();

  /** The loop is to be told when so few chunks are under way; -1: it does not wait. */
  private final AtomicInteger wakeAt = new AtomicInteger(-1);

  private final Chunk end;
  private Chunk current;
  private long keys;

  // The thread's: records that came while a large one was not complete, and whether it is.
  private final ArrayDeque<Chunk> heldBack = new ArrayDeque<>();
  private boolean inLarge;

  /** A queue whose chunks live as long as the arena. */
  RawQueue(Arena arena) {
    super(false);
    this.arena = arena;
    this.current = newChunk();
    this.end = new Chunk(current.memory());
    window(current.memory(), 0, Chunk.SIZE_BYTES);
  }

  private Chunk newChunk() {
    return new Chunk(arena.allocate(Chunk.SIZE_BYTES));
  }

  @Override
  protected void renew(long endOfBytes, int atLeastBytes) {
    send(endOfBytes, Chunk.Part.RECORDS);
    current = freeChunk();
    window(current.memory(), 0, Chunk.SIZE_BYTES);
  }

  private Chunk freeChunk() {
    Chunk next = free.poll();
    return next == null ? newChunk() : next;
  }

  private void send(long endOfBytes, Chunk.Part part) {
    send(current.filled(endOfBytes, keys).part(part));
    keys = 0;
  }

  private void send(Chunk chunk) {
    underWay.incrementAndGet();
    filled.add(chunk);
  }

  /**
   * Begins the record of a large value; what has been written before ends with a record.
   *
   * @return a chunk for its bytes
   */
  Chunk openLarge() {
    send(position(), Chunk.Part.BEFORE_LARGE);
    current = freeChunk();
    window(current.memory(), 0, Chunk.SIZE_BYTES);
    return freeChunk();
  }

  /** Sends a piece of the large record; returns a chunk for the next. */
  Chunk sendLarge(Chunk piece, long bytes) {
    send(piece.filled(bytes, 0).part(Chunk.Part.OF_LARGE));
    return freeChunk();
  }

  /** Sends the last piece of the large record. */
  void endLarge(Chunk piece, long bytes) {
    send(piece.filled(bytes, 1).part(Chunk.Part.END_OF_LARGE));
  }

  /** Counts a key written. */
  void countKey() {
    keys++;
  }

  /** Sends what there is and tells the thread that nothing follows. */
  void finish() {
    send(position(), Chunk.Part.RECORDS);
    filled.add(end);
  }

  /** Tells the thread that nothing follows, without what has not been sent. */
  void abandon() {
    filled.add(end);
  }

  /** Whether the walk is to wait. */
  boolean isFull() {
    return underWay.get() - held.get() >= FULL_CHUNKS;
  }

  /** Whether pre-images come faster than they are taken, so that writes would have to wait soon. */
  boolean isPressed() {
    return underWay.get() >= PRESSED_CHUNKS;
  }

  /** Whether writes are to wait too. */
  boolean isOverfull() {
    return underWay.get() >= OVERFULL_CHUNKS;
  }

  /** Whether they were to wait soon again. */
  boolean isNearlyOverfull() {
    return underWay.get() > NEARLY_OVERFULL_CHUNKS;
  }

  /**
   * Waits for a chunk; null: nothing follows. On the thread.
   *
   * @param wake runs whenever {@link #isWakeDue}
   */
  @Nullable Chunk take(Runnable wake) throws InterruptedException {
    while (true) {
      if (!inLarge && !heldBack.isEmpty()) {
        held.decrementAndGet();
        return begun(heldBack.remove());
      }
      Chunk chunk = filled.take();
      if (chunk == end) {
        return null;
      }
      boolean isRecords =
          chunk.part() == Chunk.Part.RECORDS || chunk.part() == Chunk.Part.BEFORE_LARGE;
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

  private Chunk begun(Chunk chunk) {
    inLarge = chunk.part() == Chunk.Part.BEFORE_LARGE || chunk.part() == Chunk.Part.OF_LARGE;
    return chunk;
  }

  /** Notes that the walk waits; it is to look once more whether the queue is full. */
  void walkWaits() {
    wakeAt.accumulateAndGet(FULL_CHUNKS / 2, Math::max);
  }

  /** Notes that writes wait; they are to look once more whether the queue is overfull. */
  void writesWait() {
    wakeAt.accumulateAndGet(NEARLY_OVERFULL_CHUNKS, Math::max);
  }

  /** Whether writes wait for room. On the thread. */
  boolean doWritesWait() {
    return wakeAt.get() >= NEARLY_OVERFULL_CHUNKS;
  }

  /** Whether somebody waits and there is room again; true once a wait. On the thread. */
  boolean isWakeDue() {
    int at = wakeAt.get();
    return underWay.get() - held.get() <= at && wakeAt.compareAndSet(at, -1);
  }

  /** Gives a chunk back. On the thread. */
  void release(Chunk chunk) {
    free.add(chunk);
    underWay.decrementAndGet();
  }
}
