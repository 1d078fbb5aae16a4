package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.concurrent.atomic.AtomicLong;

/** Counts allocated blocks, so that tests can verify that all are freed. */
final class CountingMemory implements BufferMemory {

  final AtomicLong bytes = new AtomicLong();
  private final BufferMemory memory = BufferMemory.offHeap();

  @Override
  public Block allocate(long sizeBytes) {
    bytes.addAndGet(sizeBytes);
    return memory.allocate(sizeBytes);
  }

  @Override
  public void free(Block block) {
    bytes.addAndGet(-block.sizeBytes());
    memory.free(block);
  }
}
