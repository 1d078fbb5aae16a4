package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Removed data that is yet to be freed: contents of flushed databases, large blocks and structures.
 * It is freed in slices, so that the latency of a command does not depend on the amount of data it
 * removes.
 */
final class Garbage {

  /** The size from which blocks are not freed within the command that removes their value. */
  static final long LARGE_BYTES = 8L << 20;

  /** The step in which a large block is freed: releasing its pages takes some 100 µs. */
  private static final long STEP_BYTES = 8L << 20;

  /** The cost of a freeing step, in entries. */
  private static final int STEP_ENTRIES = 32;

  /** The most elements of a structure that is freed within the command that removes its value. */
  private static final long LARGE_ELEMENTS = 64;

  private record LargeBlock(long address, long sizeBytes) {}

  private record LargeStructure(Dismantling kind, long root) {}

  private final Slabs slabs;
  private final ArrayDeque<Contents> contents = new ArrayDeque<>();

  private final ArrayDeque<LargeBlock> blocks = new ArrayDeque<>();
  private final ArrayDeque<LargeStructure> structures = new ArrayDeque<>();
  private final @Nullable Structures[] kinds = new @Nullable Structures[Type.values().length];
  private final BlockConsumer freeEntry = this::freeEntry;
  private final DroppedSlots slots;
  private final OldValue oldValue = new OldValue(this);
  private @Nullable SnapshotGate gate;
  private int freed;
  private long freedCount;

  Garbage(Slabs slabs) {
    this.slabs = slabs;
    slots = new DroppedSlots(slabs, freeEntry);
  }

  /** Sets the gate that may keep structures and blocks from being freed; null for none. */
  void setGate(@Nullable SnapshotGate keeper) {
    gate = keeper;
  }

  void kind(Type type, Structures kind) {
    kinds[type.ordinal()] = kind;
  }

  Structures kind(Type type) {
    Structures kind = kinds[type.ordinal()];
    if (kind == null) {
      throw new IllegalStateException("no structures of type " + type.word());
    }
    return kind;
  }

  void add(Contents detached) {
    detached.isGarbage = true;
    contents.add(detached);
  }

  DroppedSlots dropped() {
    return slots;
  }

  /** Frees an entry that has left its table; a large value is freed later. */
  void free(long entry) {
    freeValue(entry);
    slabs.free(entry, Entry.sizeBytes(entry));
  }

  /** Frees the parts of an entry's value that are outside of the entry. */
  void freeValue(long entry) {
    oldValue(entry).free();
  }

  /** Returns the parts of an entry's value that are outside of the entry, to be freed later. */
  OldValue oldValue(long entry) {
    return oldValue.of(entry);
  }

  /** Frees a structure, immediately or, if it is large, later. */
  void freeStructure(Type type, long root) {
    if (gate != null && gate.keeps(root)) {
      return;
    }
    free(kind(type), root);
  }

  /** Frees an object, immediately or, if it is large, later. */
  void free(Dismantling kind, long root) {
    if (kind.elements(root) > LARGE_ELEMENTS) {
      structures.add(new LargeStructure(kind, root));
    } else {
      while (kind.dismantle(root)) {
        // one step at a time
      }
    }
  }

  void beforeBytes(long block, long from, long to) {
    if (gate != null) {
      gate.beforeBytes(block, from, to);
    }
  }

  /** Frees a block of a value, immediately or, if it is large, later. */
  void freeBlock(long address, long sizeBytes) {
    if (gate != null && gate.keeps(address)) {
      return;
    }
    if (sizeBytes >= LARGE_BYTES) {
      blocks.add(new LargeBlock(address, sizeBytes));
    } else {
      slabs.free(address, sizeBytes);
    }
  }

  private void freeEntry(long entry) {
    free(entry);
    freed++;
    freedCount++;
  }

  long freedCount() {
    return freedCount;
  }

  void resetFreedCount() {
    freedCount = 0;
  }

  long count() {
    long count = (long) blocks.size() + structures.size();
    for (Contents detached : contents) {
      count += detached.size();
    }
    return count + slots.count();
  }

  int freeSome(int limit) {
    freed = 0;
    while (freed < limit
        && (freeBlockStep() || freeStructureStep() || slots.freeStep() || freeContentsStep())) {
      freed++;
    }
    return freed;
  }

  /** Frees everything at once, for a synchronous command. */
  void freeAll() {
    long freedLater = freedCount;
    int freedNow;
    do {
      freedNow = freeSome(Integer.MAX_VALUE);
    } while (freedNow > 0);
    freedCount = freedLater;
  }

  private boolean freeBlockStep() {
    LargeBlock block = blocks.poll();
    if (block == null) {
      return false;
    }
    long left = slabs.freeStep(block.address(), block.sizeBytes(), STEP_BYTES);
    if (left > 0) {
      blocks.addFirst(new LargeBlock(block.address(), left));
    } else {
      freedCount++;
    }
    freed += STEP_ENTRIES;
    return true;
  }

  private boolean freeStructureStep() {
    LargeStructure first = structures.peek();
    if (first == null) {
      return false;
    }
    if (!first.kind().dismantle(first.root())) {
      structures.remove();
      freedCount++;
    }
    freed += STEP_ENTRIES - 1;
    return true;
  }

  private boolean freeContentsStep() {
    if (contents.isEmpty()) {
      return false; // the usual case; an iterator would be allocated below
    }
    for (Contents detached : contents) {
      if (!detached.isWalked()) {
        if (!detached.dismantle(freeEntry)) {
          contents.remove(detached);
        }
        return true;
      }
    }
    return false;
  }
}
