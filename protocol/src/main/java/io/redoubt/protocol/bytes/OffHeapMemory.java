package io.redoubt.protocol.bytes;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;

/** Allocates each block as a segment in its own arena, which is closed when the block is freed. */
final class OffHeapMemory implements BufferMemory {

  private static final long ALIGNMENT_BYTES = 8;

  private final IdentityHashMap<MemorySegment, Arena> arenas = new IdentityHashMap<>();

  @Override
  public Block allocate(long sizeBytes) {
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(sizeBytes, ALIGNMENT_BYTES);
    arenas.put(memory, arena);
    return new Block(memory, 0, sizeBytes);
  }

  @Override
  public void free(Block block) {
    Arena arena = arenas.remove(block.memory());
    if (arena == null) {
      throw new IllegalArgumentException("not a block of this memory, or freed already");
    }
    arena.close();
  }
}
