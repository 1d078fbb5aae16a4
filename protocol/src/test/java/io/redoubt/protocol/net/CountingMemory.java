package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.concurrent.atomic.AtomicLong;

/** Counts allocated blocks, so that tests can verify that all are freed. */
final class CountingMemory implements BufferMemory {

  final AtomicLong bytes = new AtomicLong();
  private final BufferMemory memory = BufferMemory.offHeap();

  /** The size of blocks from which on none is available. */
  volatile long refusedBytes = Long.MAX_VALUE;

  @Override
  public Block allocate(long sizeBytes) {
    if (sizeBytes >= refusedBytes) {
      throw new OutOfMemoryError("as in the test");
    }
    bytes.addAndGet(sizeBytes);
    return memory.allocate(sizeBytes);
  }

  @Override
  public void free(Block block) {
    bytes.addAndGet(-block.sizeBytes());
    memory.free(block);
  }
}
