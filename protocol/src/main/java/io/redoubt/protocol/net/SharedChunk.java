package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;

/**
 * A chunk of messages to several connections. Messages are appended by the loop that owns the
 * connections; what has been passed to one of them does not change any more, so that I/O threads
 * may read it meanwhile. Each output with some of the bytes holds a reference; references are
 * counted on the owner's loop only.
 */
public final class SharedChunk {
  private final Chunk chunk;
  private int references = 1;

  /** Takes over a chunk, with one reference, the caller's. */
  public SharedChunk(Chunk chunk) {
    this.chunk = chunk;
  }

  public MemorySegment memory() {
    return chunk.memory();
  }

  /** Returns the start of the chunk within {@link #memory()}. */
  public long start() {
    return chunk.start();
  }

  /** Returns the end of the chunk within {@link #memory()}. */
  public long limit() {
    return chunk.limit();
  }

  /** Adds a reference. */
  public void retain() {
    references++;
  }

  /** Ends a reference. */
  public void release() {
    release(1);
  }

  void release(int count) {
    references -= count;
    if (references == 0) {
      assert scrub();
      chunk.release();
    }
  }

  /** Returns true if no reference is left, so that the chunk must not be used any more. */
  public boolean isReleased() {
    return references == 0;
  }

  /** Overwrites the bytes, so that tests notice a later use. */
  private boolean scrub() {
    memory().asSlice(start(), limit() - start()).fill((byte) 0xEE);
    return true;
  }

  /** Returns the address of a byte, for system calls; on any thread. */
  long nativeAddress(long offset) {
    return memory().address() + offset;
  }

  /** Returns bytes as a message for a channel; on any thread. */
  ByteBuf slice(long from, int bytes) {
    return Unpooled.wrappedBuffer(memory().asSlice(from, bytes).asByteBuffer());
  }
}
