package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A buffer for output: the bytes {@code [start(), limit())} of {@code memory()} may be written and
 * then sent. Owned by the caller until it is sent or released.
 */
public final class Chunk {

  private final ChunkPool pool;
  private final BufferMemory.Block block;
  private final boolean usualSize;
  private final Sendable sendable;
  private @Nullable IntConsumer onSent;
  private int queuedBytes;

  public Chunk(ChunkPool pool, BufferMemory.Block block, boolean usualSize) {
    this.pool = pool;
    this.usualSize = usualSize;
    this.block = block;
    this.sendable = new Sendable(block);
  }

  public MemorySegment memory() {
    return block.memory();
  }

  /** Returns the start of the chunk within {@link #memory()}. */
  public long start() {
    return block.offset();
  }

  /** Returns the end of the chunk within {@link #memory()}. */
  public long limit() {
    return block.end();
  }

  /** Returns an unsent chunk to its pool. */
  public void release() {
    pool.giveBack(this);
  }

  /** Returns true if the chunk has the size that the pool reuses. */
  boolean isUsualSize() {
    return usualSize;
  }

  BufferMemory.Block block() {
    return block;
  }

  /**
   * Returns the message for the channel: the chunk's bytes {@code [from, to)}.
   *
   * @param onSent takes the number of bytes when they have been written, unless it is null
   */
  Object queued(@Nullable IntConsumer onSent, int from, int to) {
    this.onSent = onSent;
    queuedBytes = to - from;
    sendable.setIndex(from, to);
    return sendable;
  }

  long nativeAddress() {
    return sendable.memoryAddress();
  }

  private void finishSend() {
    IntConsumer listener = onSent;
    onSent = null;
    pool.giveBack(this);
    if (listener != null) {
      listener.accept(queuedBytes);
    }
  }

  /** The chunk's memory as a Netty buffer, created once; its release means that it was sent. */
  private final class Sendable extends UnpooledDirectByteBuf {

    private final long address;

    Sendable(BufferMemory.Block block) {
      super(
          UnpooledByteBufAllocator.DEFAULT,
          block.memory().asSlice(block.offset(), block.sizeBytes()).asByteBuffer(),
          Math.toIntExact(block.sizeBytes()));
      this.address = block.memory().address() + block.offset();
    }

    @Override
    public boolean hasMemoryAddress() {
      return true;
    }

    @Override
    public long memoryAddress() {
      return address;
    }

    @Override
    protected void deallocate() {
      resetRefCnt();
      finishSend();
    }
  }
}
