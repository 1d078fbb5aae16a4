package io.redoubt.server.memory;

import io.redoubt.protocol.bytes.BufferMemory;

/**
 * Input and output buffers as blocks of the region, so that an argument in a request has a region
 * address, and a value is copied from region to region.
 */
public final class SlabBuffers implements BufferMemory {

  private final Slabs slabs;
  private long usedBytes;

  /** Buffers from the server's slabs. */
  public SlabBuffers(Slabs slabs) {
    this.slabs = slabs;
  }

  @Override
  public Block allocate(long sizeBytes) {
    long wholeBytes = slabs.blockBytes(sizeBytes);
    usedBytes += wholeBytes;
    return new Block(Region.MEMORY, slabs.allocateFar(wholeBytes), wholeBytes);
  }

  @Override
  public void free(Block block) {
    usedBytes -= block.sizeBytes();
    slabs.free(block.offset(), block.sizeBytes());
  }

  /** Bytes of the buffers in use; they are part of what the slabs have in use. */
  public long usedBytes() {
    return usedBytes;
  }
}
