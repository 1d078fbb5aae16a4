package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;

/** A block for reads of several sockets, as a Netty buffer; never released as a whole. */
final class ReadBlock extends UnpooledDirectByteBuf {
  /** The size of a block, and the maximum size of a read. */
  static final int BYTES = 64 * 1024;

  /** The maximum size of a read without an announced large argument. */
  static final int USUAL_BYTES = 16 * 1024;

  private static final int LINE_BYTES = 64;

  private final long address;

  /** The number of bytes that a read must leave free at the end. */
  private int withheldBytes;

  ReadBlock(BufferMemory.Block block) {
    super(
        UnpooledByteBufAllocator.DEFAULT,
        block.memory().asSlice(block.offset(), BYTES).asByteBuffer(),
        BYTES);
    this.address = block.memory().address() + block.offset();
  }

  /** Returns the start of the first cache line that does not contain bytes before an offset. */
  static int lineAfter(int end) {
    return (end + LINE_BYTES - 1) & -LINE_BYTES;
  }

  /** Prepares a read at a position, which fetches at most that many bytes. */
  ReadBlock prepareRead(int position, long maxBytes) {
    withheldBytes = (int) Math.max(0, BYTES - position - maxBytes);
    setIndex(position, position).retain();
    return this;
  }

  @Override
  public int capacity() {
    return super.capacity() - withheldBytes;
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
