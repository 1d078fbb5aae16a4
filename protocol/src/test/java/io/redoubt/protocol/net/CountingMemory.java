package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is out, so that a test sees whether all of it comes back. */
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
