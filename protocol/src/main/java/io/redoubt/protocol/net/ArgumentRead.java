package io.redoubt.protocol.net;

import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;

/**
 * The target of one read: the memory in which the owner of a large argument collects it, so that
 * its bytes are not copied from the loop's {@link ReadBuffer}.
 */
final class ArgumentRead extends UnpooledDirectByteBuf {
  /** The maximum size of a read, so that other connections do not wait long. */
  private static final long MAX_BYTES = 1 << 20;

  private final BufferMemory.Block room;

  private ArgumentRead(BufferMemory.Block room, int sizeBytes) {
    super(
        UnpooledByteBufAllocator.DEFAULT,
        room.memory().asSlice(room.offset(), sizeBytes).asByteBuffer(),
        sizeBytes);
    this.room = room;
    clear(); // the buffer counts as full
  }

  static ArgumentRead into(BufferMemory.Block room) {
    return new ArgumentRead(room, (int) Math.min(room.sizeBytes(), MAX_BYTES));
  }

  MemorySegment memory() {
    return room.memory();
  }

  long offset() {
    return room.offset();
  }

  @Override
  public boolean hasMemoryAddress() {
    return true;
  }

  @Override
  public long memoryAddress() {
    return room.memory().address() + room.offset();
  }

  @Override
  protected void deallocate() {}
}
