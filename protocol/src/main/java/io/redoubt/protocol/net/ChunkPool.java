package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of an event loop. Chunks of the usual size are reused, the most recently returned
 * first, since it is still in the cache; larger ones are freed.
 */
final class ChunkPool {

  static final int CHUNK_BYTES = 16 * 1024;
  private static final int MAX_IDLE = 256;

  private final BufferMemory memory;
  private final ArrayDeque<Chunk> idle = new ArrayDeque<>(MAX_IDLE);

  ChunkPool(BufferMemory memory) {
    this.memory = memory;
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
    return memory.pin(block)
        ? Chunk.ofPinned(this, new BufferMemory.Block(source, offset, bytes), block)
        : null;
  }

  void giveBack(Chunk chunk) {
    if (chunk.isPinned()) {
      assert chunk.isUnchanged();
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
