package io.redoubt.server.memory;

import io.redoubt.protocol.bytes.BufferMemory;

/**
 * Input and output buffers allocated as blocks of the region, so that request arguments have region
 * addresses, and values are copied within the region.
 */
public final class SlabBuffers implements BufferMemory {

  private final Slabs slabs;
  private long usedBytes;

  /** Creates buffers in the server's slabs. */
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

  @Override
  public void giveAway(Block block) {
    usedBytes -= block.sizeBytes();
  }

  @Override
  public boolean pin(long block) {
    slabs.pin(block);
    return true;
  }

  @Override
  public void unpin(long block) {
    slabs.unpin(block);
  }

  /** Returns the bytes of the buffers in use; the slabs' figures include them. */
  public long usedBytes() {
    return usedBytes;
  }
}
