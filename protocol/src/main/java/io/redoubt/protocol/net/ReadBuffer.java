package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;

/**
 * The one buffer into which a loop reads from all of its connections, one after the other. A read
 * makes no garbage: Netty is handed the same wrapped buffer each time.
 *
 * <p>A connection is read once a turn of the loop, so that a busy one doesn't keep the others
 * waiting; what is left in the socket is ready again in the next turn.
 */
final class ReadBuffer implements RecvByteBufAllocator {

  static final int READ_BYTES = 64 * 1024;

  private final BufferMemory source;
  private final BufferMemory.Block block;
  private final Shared shared;

  ReadBuffer(BufferMemory source) {
    this.source = source;
    this.block = source.allocate(READ_BYTES);
    this.shared = new Shared(block);
  }

  MemorySegment memory() {
    return block.memory();
  }

  long offset() {
    return block.offset();
  }

  void close() {
    source.free(block);
  }

  @Override
  @SuppressWarnings("deprecation") // it is what the interface has
  public Handle newHandle() {
    return new ConnectionReads();
  }

  /** What the channel asks about its reads. */
  private final class ConnectionReads implements ExtendedHandle {

    private int lastBytes;
    private int attemptedBytes;

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return shared.clear().retain();
    }

    @Override
    public int guess() {
      return READ_BYTES;
    }

    @Override
    public void reset(ChannelConfig config) {
      lastBytes = 0;
    }

    @Override
    public void incMessagesRead(int messages) {}

    @Override
    public void lastBytesRead(int bytes) {
      lastBytes = bytes;
    }

    @Override
    public int lastBytesRead() {
      return lastBytes;
    }

    @Override
    public void attemptedBytesRead(int bytes) {
      attemptedBytes = bytes;
    }

    @Override
    public int attemptedBytesRead() {
      return attemptedBytes;
    }

    @Override
    public boolean continueReading() {
      return false;
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
      return false;
    }

    @Override
    public void readComplete() {}
  }

  /** The block as Netty knows it; never released as a whole. */
  private static final class Shared extends UnpooledDirectByteBuf {

    private final long address;

    Shared(BufferMemory.Block block) {
      super(
          UnpooledByteBufAllocator.DEFAULT,
          block.memory().asSlice(block.offset(), READ_BYTES).asByteBuffer(),
          READ_BYTES);
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
    protected void deallocate() {}
  }
}
