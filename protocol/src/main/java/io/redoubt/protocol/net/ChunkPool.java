package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of an event loop. Chunks of the usual size are reused, the most recently returned
 * first, since it is still in the cache; larger ones are freed.
 *
 * <p>A chunk in a queue has objects on the Java heap. So that a client that does not read can't
 * fill the heap, chunks grow with its queue, and few of them are bytes of the data.
 */
final class ChunkPool {

  static final int CHUNK_BYTES = 16 * 1024;
  private static final int MAX_IDLE = 256;
  private static final int MAX_CHUNK_BYTES = 256 * 1024;

  /** A chunk is at most this part of what is queued before it. */
  private static final int QUEUE_SHARE = 16;

  /** The chunks of bytes of the data; further ones are copied. */
  static final int MAX_PINNED = 4096;

  /** The measured heap size of a queued chunk, with netty's objects for it. */
  private static final long OBJECT_BYTES = 450;

  private final BufferMemory memory;
  private final ArrayDeque<Chunk> idle = new ArrayDeque<>(MAX_IDLE);
  private int pinned;

  ChunkPool(BufferMemory memory) {
    this.memory = memory;
  }

  /** Returns the size of the next chunk of a queue that has this many bytes. */
  static int chunkBytes(long queuedBytes) {
    long share = Long.highestOneBit(queuedBytes) / QUEUE_SHARE;
    return Math.clamp(share, CHUNK_BYTES, MAX_CHUNK_BYTES);
  }

  /** Returns an estimate of the Java heap that the chunks of a queue take, in bytes. */
  static long heapBytes(long queuedBytes) {
    return queuedBytes / chunkBytes(queuedBytes) * OBJECT_BYTES;
  }

  Chunk take(int atLeastBytes) {
    if (atLeastBytes > CHUNK_BYTES) {
      return new Chunk(this, memory.allocate(atLeastBytes), false);
    }
    Chunk chunk = idle.pollLast();
    return chunk != null ? chunk : new Chunk(this, memory.allocate(CHUNK_BYTES), true);
  }

  /**
   * Returns a chunk of bytes of the data, which are pinned until it is released; null if they must
   * be copied.
   */
  @Nullable Chunk refer(MemorySegment source, long block, long offset, int bytes) {
    if (pinned >= MAX_PINNED || !memory.pin(block)) {
      return null;
    }
    pinned++;
    return Chunk.ofPinned(this, new BufferMemory.Block(source, offset, bytes), block);
  }

  void giveBack(Chunk chunk) {
    if (chunk.isPinned()) {
      assert chunk.isUnchanged();
      pinned--;
      memory.unpin(chunk.pinned());
    } else if (chunk.isUsualSize() && idle.size() < MAX_IDLE) {
      idle.addLast(chunk);
    } else {
      memory.free(chunk.block());
    }
  }

  /** Returns the size of the chunks that wait for reuse, in bytes. */
  long idleBytes() {
    return (long) idle.size() * CHUNK_BYTES;
  }

  /** Frees all idle chunks. */
  void close() {
    for (Chunk chunk = idle.pollLast(); chunk != null; chunk = idle.pollLast()) {
      memory.free(chunk.block());
    }
  }
}
