package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * A small map from names to blocks, ordered by the names' bytes: a sorted array with binary search.
 * A block starts with the length of its name, as an int; the name is at a fixed offset.
 *
 * <p>The state is a header of {@link #HEADER_BYTES} in a block of its owner, all zero while the map
 * is empty. This object is a view and may be pointed at another map ({@link #pointTo(long)}).
 */
public final class NamedBlocks {

  /** The bytes of a map's state. */
  public static final int HEADER_BYTES = 16;

  // The header: the array, the number of blocks, the capacity of the array.
  private static final int ARRAY_AT = 0;
  private static final int COUNT_AT = 8;
  private static final int CAPACITY_AT = 12;

  private static final int ADDRESS_BYTES = 8;
  private static final int FIRST_CAPACITY = 2;

  private final Slabs slabs;
  private final int nameAt;
  private long header;

  /** Creates a view without a map, of blocks with their names at the given offset. */
  public NamedBlocks(Slabs slabs, int nameAt) {
    this.slabs = slabs;
    this.nameAt = nameAt;
  }

  /** Makes this a view of the map whose state is at an address. */
  public void pointTo(long address) {
    header = address;
  }

  public int count() {
    return Region.getInt(header + COUNT_AT);
  }

  public long get(int index) {
    return Region.getLong(array() + (long) index * ADDRESS_BYTES);
  }

  /** Returns the block of a name, or 0. */
  public long find(long name, int length) {
    int index = search(name, length);
    return index < 0 ? 0 : get(index);
  }

  /** Adds a block whose name is not in the map. */
  public void insert(long block) {
    int index = ~search(block + nameAt, Region.getInt(block));
    int count = count();
    makeRoom(count);
    long at = array() + (long) index * ADDRESS_BYTES;
    Region.copy(at, at + ADDRESS_BYTES, (long) (count - index) * ADDRESS_BYTES);
    Region.putLong(at, block);
    Region.putInt(header + COUNT_AT, count + 1);
  }

  /** Removes a block without freeing it. */
  public void remove(long block) {
    int index = search(block + nameAt, Region.getInt(block));
    int count = count() - 1;
    long at = array() + (long) index * ADDRESS_BYTES;
    Region.copy(at + ADDRESS_BYTES, at, (long) (count - index) * ADDRESS_BYTES);
    Region.putInt(header + COUNT_AT, count);
    if (count == 0) {
      clear();
    }
  }

  /** Removes the last block without freeing or reading it. */
  public void removeLast() {
    int count = count() - 1;
    Region.putInt(header + COUNT_AT, count);
    if (count == 0) {
      clear();
    }
  }

  /** Removes all blocks without freeing them. */
  public void clear() {
    if (array() != 0) {
      slabs.free(array(), sizeBytes());
    }
    Region.zero(header, HEADER_BYTES);
  }

  /** Returns the size of the array in bytes. */
  public long sizeBytes() {
    return (long) Region.getInt(header + CAPACITY_AT) * ADDRESS_BYTES;
  }

  private long array() {
    return Region.getLong(header + ARRAY_AT);
  }

  private void makeRoom(int count) {
    int capacity = Region.getInt(header + CAPACITY_AT);
    if (count < capacity) {
      return;
    }
    int larger = Math.max(FIRST_CAPACITY, capacity * 2);
    long array = slabs.allocateFar((long) larger * ADDRESS_BYTES);
    if (capacity > 0) {
      Region.copy(array(), array, (long) count * ADDRESS_BYTES);
      slabs.free(array(), sizeBytes());
    }
    Region.putLong(header + ARRAY_AT, array);
    Region.putInt(header + CAPACITY_AT, larger);
  }

  /** Returns the index of a name, or the complement of its insertion point. */
  private int search(long name, int length) {
    int low = 0;
    int high = count();
    while (low < high) {
      int middle = (low + high) >>> 1;
      long block = get(middle);
      int order = Region.compare(block + nameAt, Region.getInt(block), name, length);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return ~low;
  }
}
