package io.redoubt.server.structure.list;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.Lzf;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/** The data blocks of a {@link Quicklist}'s nodes, which grow, shrink and are compressed. */
final class QuicklistData {

  /** The minimum data size for compression. */
  private static final int MIN_COMPRESSED_BYTES = 48;

  /** The minimum saving for compressed data to be kept. */
  private static final int MIN_GAIN_BYTES = 8;

  /** The initial block size of a listpack. */
  private static final int FIRST_BYTES = 128;

  /** The largest block that is never shrunk. */
  private static final int SMALL_BYTES = 256;

  /** The step in which larger blocks are freed. */
  private static final int FREE_STEP_BYTES = 8 << 20;

  private final Slabs slabs;
  private final Lzf.Compressor compressor = new Lzf.Compressor();
  private final Lzf.Decompressor decompressor = new Lzf.Decompressor();

  QuicklistData(Slabs slabs) {
    this.slabs = slabs;
  }

  // Creating and freeing.

  /** Creates a node whose data is an empty listpack. */
  long newPacked() {
    return newPacked(FIRST_BYTES);
  }

  /** Creates a node whose data is an empty listpack, in a block of the given size. */
  long newPacked(int capacity) {
    long node = newNode(false, capacity);
    Listpack.create(Region.MEMORY, QuicklistNode.data(node));
    QuicklistNode.update(node, 0);
    return node;
  }

  /** Creates a node whose data is a copy of a listpack. */
  long newPacked(long listpack, int count) {
    int sizeBytes = (int) Listpack.sizeBytes(Region.MEMORY, listpack);
    long node = newNode(false, sizeBytes);
    Region.copy(listpack, QuicklistNode.data(node), sizeBytes);
    QuicklistNode.update(node, count);
    return node;
  }

  /** Creates a node whose data is one large element. */
  long newPlain(long address, int length) {
    long node = newNode(true, Math.max(length, 1));
    Region.copy(address, QuicklistNode.data(node), length);
    QuicklistNode.sizeBytes(node, length);
    QuicklistNode.count(node, 1);
    return node;
  }

  /** Creates a copy of a node, without neighbours. */
  long copyOf(long node) {
    int stored = QuicklistNode.storedBytes(node);
    long copy = newNode(QuicklistNode.isPlain(node), Math.max(stored, 1));
    Region.copy(QuicklistNode.data(node), QuicklistNode.data(copy), stored);
    QuicklistNode.sizeBytes(copy, QuicklistNode.sizeBytes(node));
    QuicklistNode.count(copy, QuicklistNode.count(node));
    if (QuicklistNode.isCompressed(node)) {
      QuicklistNode.markCompressed(copy, stored);
    } else if (QuicklistNode.isIncompressible(node)) {
      QuicklistNode.incompressible(copy);
    }
    return copy;
  }

  private long newNode(boolean plain, int capacity) {
    long node = slabs.allocateFar(QuicklistNode.BYTES);
    try {
      QuicklistNode.clear(node, plain);
      QuicklistNode.block(node, slabs.allocateFar(capacity), capacity, 0);
    } catch (OutOfMemoryError full) {
      slabs.free(node, QuicklistNode.BYTES);
      throw full;
    }
    return node;
  }

  void free(long node) {
    slabs.free(QuicklistNode.block(node), QuicklistNode.capacity(node));
    slabs.free(node, QuicklistNode.BYTES);
  }

  /** Frees part of a node; returns true if some is left. */
  boolean freeStep(long node) {
    int capacity = QuicklistNode.capacity(node);
    if (capacity > FREE_STEP_BYTES) {
      long left = slabs.freeStep(QuicklistNode.block(node), capacity, FREE_STEP_BYTES);
      if (left > 0) {
        QuicklistNode.capacity(node, (int) left);
        return true;
      }
      slabs.free(node, QuicklistNode.BYTES);
    } else {
      free(node);
    }
    return false;
  }

  long sizeBytes(long node) {
    return slabs.blockBytes(QuicklistNode.BYTES) + slabs.blockBytes(QuicklistNode.capacity(node));
  }

  // Capacity.

  /**
   * Makes room for the given bytes at the front or at the back of a listpack.
   *
   * @param usualBytes the size up to which a block is made larger than needed
   */
  void makeRoom(long node, int bytes, boolean atFront, int usualBytes) {
    int start = QuicklistNode.start(node);
    int size = QuicklistNode.sizeBytes(node);
    int capacity = QuicklistNode.capacity(node);
    int room = atFront ? start : capacity - start - size;
    if (room >= bytes) {
      return;
    }
    int free = capacity - size;
    int wanted = Math.max(size + bytes, Math.min(2 * capacity, usualBytes));
    if (free >= bytes && (free >= capacity / 2 || wanted <= capacity)) {
      int small = Math.min(free / 4, free - bytes); // most of the room goes to the requested end
      moveWithin(node, atFront ? free - small : small);
      return;
    }
    int newCapacity = (int) slabs.blockBytes(wanted);
    moveTo(node, newCapacity, atFront ? newCapacity - size : 0);
  }

  private static void moveWithin(long node, int start) {
    Region.copy(
        QuicklistNode.data(node), QuicklistNode.block(node) + start, QuicklistNode.sizeBytes(node));
    QuicklistNode.start(node, start);
  }

  private void moveTo(long node, int capacity, int start) {
    long block = slabs.allocateFar(capacity);
    Region.copy(QuicklistNode.data(node), block + start, QuicklistNode.sizeBytes(node));
    slabs.free(QuicklistNode.block(node), QuicklistNode.capacity(node));
    QuicklistNode.block(node, block, capacity, start);
  }

  /** Shrinks the block to its data if much of it is unused. */
  void trim(long node) {
    int size = QuicklistNode.sizeBytes(node);
    int capacity = QuicklistNode.capacity(node);
    if (!QuicklistNode.isCompressed(node) && capacity > SMALL_BYTES && size < capacity / 4 * 3) {
      moveTo(node, (int) slabs.blockBytes(size), 0);
    }
  }

  /** Halves the block if most of it is unused, leaving room to grow again. */
  void shrink(long node) {
    int capacity = QuicklistNode.capacity(node);
    if (capacity > SMALL_BYTES && QuicklistNode.sizeBytes(node) < capacity / 4) {
      moveTo(node, capacity / 2, 0);
    }
  }

  // Compression.

  /** Compresses a node's data unless that saves too little. */
  void compress(long node) {
    int size = QuicklistNode.sizeBytes(node);
    if (QuicklistNode.isCompressed(node)
        || QuicklistNode.isIncompressible(node)
        || size < MIN_COMPRESSED_BYTES) {
      return;
    }
    int room = size - MIN_GAIN_BYTES;
    long target = slabs.allocateFar(room);
    int stored =
        compressor.compress(
            Region.MEMORY, QuicklistNode.data(node), size, Region.MEMORY, target, room);
    if (stored == 0) {
      QuicklistNode.incompressible(node);
    } else {
      long block;
      try {
        block = slabs.allocateFar(stored);
      } catch (OutOfMemoryError full) {
        slabs.free(target, room);
        throw full;
      }
      Region.copy(target, block, stored);
      slabs.free(QuicklistNode.block(node), QuicklistNode.capacity(node));
      QuicklistNode.block(node, block, stored, 0);
      QuicklistNode.markCompressed(node, stored);
    }
    slabs.free(target, room);
  }

  /** Decompresses a node's data so that it can be edited. */
  void decompress(long node) {
    if (QuicklistNode.isCompressed(node)) {
      int size = QuicklistNode.sizeBytes(node);
      long block = slabs.allocateFar(size);
      decompressTo(node, block);
      slabs.free(QuicklistNode.block(node), QuicklistNode.capacity(node));
      QuicklistNode.block(node, block, size, 0);
      QuicklistNode.markUncompressed(node);
    }
  }

  /** Decompresses a node's data to an address with enough room. */
  void decompressTo(long node, long target) {
    long data = QuicklistNode.data(node);
    int size = QuicklistNode.sizeBytes(node);
    decompressor.run(
        Region.MEMORY,
        data,
        data + QuicklistNode.storedBytes(node),
        Region.MEMORY,
        target,
        target,
        target + size);
    if (decompressor.output() != target + size) {
      throw new IllegalStateException("compressed data of a list's node is corrupt");
    }
  }
}
