package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;

/** An output that collects RDB bytes in one growing block, for payloads that must be contiguous. */
public final class BlockOutput extends RdbOutput implements AutoCloseable {

  private static final int FIRST_BLOCK_BYTES = 1 << 10;

  private final BufferMemory buffers;
  private BufferMemory.Block block;

  /** Creates an empty output that computes a checksum. */
  public BlockOutput(BufferMemory buffers) {
    super(true);
    this.buffers = buffers;
    this.block = buffers.allocate(FIRST_BLOCK_BYTES);
    window(block.memory(), block.offset(), block.end());
  }

  /** Returns the memory that holds the bytes. */
  public MemorySegment memory() {
    return block.memory();
  }

  /** Returns the offset of the first of {@link #sizeBytes()} bytes. */
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
