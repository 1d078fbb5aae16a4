package io.redoubt.server.loading;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.MemorySegment;

/** A listpack built element by element in a reusable block. */
final class ScratchListpack implements AutoCloseable {

  private static final MemorySegment MEMORY = Region.MEMORY;
  private static final int FIRST_BYTES = 4 << 10;

  /** The maximum overhead of an element. */
  private static final int OVERHEAD_BYTES = 16;

  private final Slabs slabs;
  private long block;
  private long blockBytes;
  private long usedBytes;

  ScratchListpack(Slabs slabs) {
    this.slabs = slabs;
  }

  /** Starts a new listpack. */
  void begin() {
    if (block == 0) {
      blockBytes = FIRST_BYTES;
      block = slabs.allocateFar(blockBytes);
    }
    Listpack.create(MEMORY, block);
    usedBytes = Listpack.EMPTY_BYTES;
  }

  /** Appends an element. */
  void append(RdbBytes element) {
    long most = usedBytes + element.length() + OVERHEAD_BYTES;
    if (most > blockBytes) {
      long larger = slabs.allocateFar(2 * most);
      Region.copy(block, larger, usedBytes);
      slabs.free(block, blockBytes);
      block = larger;
      blockBytes = 2 * most;
    }
    Listpack.append(
        MEMORY, block, element.memory(), element.offset(), element.length(), MEMORY, block);
    usedBytes = Listpack.sizeBytes(MEMORY, block);
  }

  long address() {
    return block;
  }

  @Override
  public void close() {
    if (block != 0) {
      slabs.free(block, blockBytes);
      block = 0;
    }
  }
}
