package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.ArrayDeque;

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

  void giveBack(Chunk chunk) {
    if (chunk.isUsualSize() && idle.size() < MAX_IDLE) {
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
