package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbOutput;
import java.lang.foreign.Arena;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The queue from the loop to the writer thread: plain RDB, not compressed and without checksum. The
 * loop writes into it as into any output. It never blocks; whoever fills it is to look at {@link
 * #isFull()} and {@link #isOverfull()} before.
 */
final class RawQueue extends RdbOutput {

  /** The walk waits when this many chunks are under way. */
  static final int FULL_CHUNKS = 32;

  /**
   * Writes wait when this many chunks are under way: pre-images come faster than the writer takes
   * them.
   */
  static final int OVERFULL_CHUNKS = 256;

  private final Arena arena;
  private final BlockingQueue<Chunk> filled = new LinkedBlockingQueue<>();
  private final Queue<Chunk> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicBoolean waiting = new AtomicBoolean();
  private final Chunk end;
  private Chunk current;
  private long keys;

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
    send(endOfBytes);
    Chunk next = free.poll();
    current = next == null ? newChunk() : next;
    window(current.memory(), 0, Chunk.SIZE_BYTES);
  }

  private void send(long endOfBytes) {
    underWay.incrementAndGet();
    filled.add(current.filled(endOfBytes, keys));
    keys = 0;
  }

  /** Counts a key written. */
  void countKey() {
    keys++;
  }

  /** Sends what there is and tells the thread that nothing follows. */
  void finish() {
    send(position());
    filled.add(end);
  }

  /** Tells the thread that nothing follows, without what has not been sent. */
  void abandon() {
    filled.add(end);
  }

  /** Whether the walk is to wait. */
  boolean isFull() {
    return underWay.get() >= FULL_CHUNKS;
  }

  /** Whether writes are to wait too. */
  boolean isOverfull() {
    return underWay.get() >= OVERFULL_CHUNKS;
  }

  /** Waits for a chunk; null: nothing follows. On the thread. */
  @Nullable Chunk take() throws InterruptedException {
    Chunk chunk = filled.take();
    return chunk == end ? null : chunk;
  }

  /** Notes that the walk waits; it is to look once more whether the queue is full. */
  void walkWaits() {
    waiting.set(true);
  }

  /** Whether somebody waits and there is room again; true once a wait. On the thread. */
  boolean isWakeDue() {
    return underWay.get() <= FULL_CHUNKS / 2 && waiting.compareAndSet(true, false);
  }

  /** Gives a chunk back. On the thread. */
  void release(Chunk chunk) {
    free.add(chunk);
    underWay.decrementAndGet();
  }
}
