package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;

/** Keeps RDB bytes in one block that grows: for a payload that is wanted in one piece. */
public final class BlockOutput extends RdbOutput implements AutoCloseable {

  private static final int FIRST_BLOCK_BYTES = 1 << 10;

  private final BufferMemory buffers;
  private BufferMemory.Block block;

  /** An empty output that sums its bytes. */
  public BlockOutput(BufferMemory buffers) {
    super(true);
    this.buffers = buffers;
    this.block = buffers.allocate(FIRST_BLOCK_BYTES);
    window(block.memory(), block.offset(), block.end());
  }

  /** The memory that the bytes are in. */
  public MemorySegment memory() {
    return block.memory();
  }

  /** Where the bytes begin; they are {@link #sizeBytes()} many. */
  public long offset() {
    return block.offset();
  }

  @Override
  protected void renew(long end, int atLeastBytes) {
    long used = end - block.offset();
    BufferMemory.Block larger =
        buffers.allocate(Math.max(block.sizeBytes() * 2, used + atLeastBytes));
    MemorySegment.copy(block.memory(), block.offset(), larger.memory(), larger.offset(), used);
    buffers.free(block);
    block = larger;
    window(larger.memory(), larger.offset() + used, larger.end());
  }

  @Override
  public void close() {
    buffers.free(block);
  }
}
