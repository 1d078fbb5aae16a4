package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A piece of output: the bytes {@code [start(), limit())} of {@code memory()} may be written and
 * then be sent. It belongs to whoever got it until it is sent or released.
 */
public final class Chunk {

  private final ChunkPool pool;
  private final BufferMemory.Block block;
  private final boolean usualSize;
  private final Sendable sendable;
  private @Nullable Connection queuedOn;
  private int queuedBytes;

  Chunk(ChunkPool pool, BufferMemory.Block block, boolean usualSize) {
    this.pool = pool;
    this.usualSize = usualSize;
    this.block = block;
    this.sendable = new Sendable(block);
  }

  /** The segment in which the chunk lies. */
  public MemorySegment memory() {
    return block.memory();
  }

  /** Where the chunk begins within {@link #memory()}. */
  public long start() {
    return block.offset();
  }

  /** Where the chunk ends within {@link #memory()}. */
  public long limit() {
    return block.end();
  }

  /** Gives back a chunk that isn't sent. */
  public void release() {
    pool.takeBack(this);
  }

  /** Whether it has the size that the pool keeps. */
  boolean isUsualSize() {
    return usualSize;
  }

  BufferMemory.Block block() {
    return block;
  }

  /**
   * What the channel is to write: the chunk's bytes {@code [from, to)}.
   *
   * @param connection is told when they are no longer needed, unless it is null
   */
  Object queued(@Nullable Connection connection, int from, int to) {
    queuedOn = connection;
    queuedBytes = to - from;
    sendable.setIndex(from, to);
    return sendable;
  }

  /** Where the chunk begins for the operating system. */
  long nativeAddress() {
    return sendable.memoryAddress();
  }

  private void sent() {
    Connection connection = queuedOn;
    queuedOn = null;
    pool.takeBack(this);
    if (connection != null) {
      connection.sent(queuedBytes);
    }
  }

  /** The chunk's memory as Netty knows it, wrapped once; released means sent. */
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
      sent();
    }
  }
}
