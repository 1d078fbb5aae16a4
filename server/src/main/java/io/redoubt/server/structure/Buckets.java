package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * The buckets of a {@link ByteTable}: their addresses, their number and the mapping of hashes to
 * them. Their contents are up to the table.
 *
 * <p>With {@code n} buckets and {@code p} the largest power of two not above n, a hash belongs to
 * bucket {@code hash mod 2p} if that exists, and otherwise to {@code hash mod p}. So bucket n, when
 * added, takes blocks from bucket {@code n - p} alone, and returns them to it when removed.
 *
 * <p>Buckets lie in segments that never move: the first has one bucket, each further one as many as
 * all before it, up to 16 KiB, then 16 KiB each. A directory holds the addresses of the segments.
 */
final class Buckets {

  static final int BUCKET_BYTES = 64;

  private static final int SEGMENT_SHIFT = 8; // 256 buckets
  private static final int SMALL_SEGMENTS = SEGMENT_SHIFT + 1;
  private static final int FIRST_DIRECTORY_SIZE = 4;

  // The state in the region.
  private static final int COUNT_AT = 0;
  private static final int DIRECTORY_SIZE_AT = 4;
  private static final int DIRECTORY_AT = 8;
  static final int STATE_BYTES = 16;

  private final Slabs slabs;
  private long state;

  Buckets(Slabs slabs) {
    this.slabs = slabs;
  }

  /** Makes this a view of the buckets whose state is at an address. */
  void pointTo(long address) {
    state = address;
  }

  /** Creates one bucket, with its state at an address. */
  void create(long address) {
    state = address;
    Region.putInt(state + COUNT_AT, 0);
    Region.putInt(state + DIRECTORY_SIZE_AT, FIRST_DIRECTORY_SIZE);
    Region.putLong(state + DIRECTORY_AT, slabs.allocateFar(directoryBytes(FIRST_DIRECTORY_SIZE)));
    try {
      add();
    } catch (OutOfMemoryError full) {
      free();
      throw full;
    }
  }

  /** Frees the directory, once the last bucket has been removed. */
  void free() {
    slabs.free(directory(), directoryBytes(directorySize()));
  }

  int count() {
    return Region.getInt(state + COUNT_AT);
  }

  private int directorySize() {
    return Region.getInt(state + DIRECTORY_SIZE_AT);
  }

  private long directory() {
    return Region.getLong(state + DIRECTORY_AT);
  }

  private static long directoryBytes(int size) {
    return (long) size * Long.BYTES;
  }

  int numberOf(long hash) {
    return numberOf(count(), hash);
  }

  static int numberOf(int count, long hash) {
    int power = Integer.highestOneBit(count);
    int number = (int) hash & (2 * power - 1);
    return number < count ? number : number & (power - 1);
  }

  /** Returns the bucket that an added one splits and that a removed one merges into. */
  static int origin(int number) {
    return number - Integer.highestOneBit(number);
  }

  /**
   * Returns the cursor that follows a bucket in scan order.
   *
   * @param cursor a position within the bucket
   * @return the first position after it, 0 if it is the last bucket in scan order
   */
  long after(long cursor, int number) {
    int count = count();
    int power = Integer.highestOneBit(count);
    boolean isSplit = number >= power || number < count - power;
    int bits = Integer.numberOfTrailingZeros(power) + (isSplit ? 1 : 0);
    // A single bucket is the whole order: -1 >>> 0 has all bits set, and its successor is 0.
    return Long.reverse((Long.reverse(cursor) | (-1L >>> bits)) + 1);
  }

  long address(int number) {
    return address(directory(), number);
  }

  private static long address(long directory, int number) {
    int segment = segmentOf(number);
    long start = Region.getLong(directory + directoryBytes(segment));
    return start + (long) (number - firstIn(segment)) * BUCKET_BYTES;
  }

  long addressOf(long hash) {
    return addressOf(state, hash);
  }

  /** Returns the address of a hash's bucket, among the buckets whose state is at an address. */
  static long addressOf(long state, long hash) {
    int number = numberOf(Region.getInt(state + COUNT_AT), hash);
    return address(Region.getLong(state + DIRECTORY_AT), number);
  }

  /** Adds a bucket of undefined contents and returns its address. */
  long add() {
    int number = count();
    int segment = segmentOf(number);
    if (number == firstIn(segment)) {
      if (segment == directorySize()) {
        growDirectory();
      }
      Region.putLong(
          directory() + directoryBytes(segment), slabs.allocateFar(segmentBytes(segment)));
    }
    Region.putInt(state + COUNT_AT, number + 1);
    return address(number);
  }

  void removeLast() {
    int number = count() - 1;
    Region.putInt(state + COUNT_AT, number);
    int segment = segmentOf(number);
    if (number == firstIn(segment)) {
      slabs.free(Region.getLong(directory() + directoryBytes(segment)), segmentBytes(segment));
    }
  }

  private void growDirectory() {
    long old = directory();
    int size = directorySize();
    long larger = slabs.allocateFar(directoryBytes(2 * size));
    Region.copy(old, larger, directoryBytes(size));
    slabs.free(old, directoryBytes(size));
    Region.putLong(state + DIRECTORY_AT, larger);
    Region.putInt(state + DIRECTORY_SIZE_AT, 2 * size);
  }

  private static int segmentOf(int number) {
    return number >>> SEGMENT_SHIFT == 0
        ? 32 - Integer.numberOfLeadingZeros(number)
        : SMALL_SEGMENTS - 1 + (number >>> SEGMENT_SHIFT);
  }

  private static int firstIn(int segment) {
    if (segment < SMALL_SEGMENTS) {
      return segment == 0 ? 0 : 1 << (segment - 1);
    }
    return (segment - SMALL_SEGMENTS + 1) << SEGMENT_SHIFT;
  }

  private static long segmentBytes(int segment) {
    int buckets = segment < SMALL_SEGMENTS ? Math.max(1, firstIn(segment)) : 1 << SEGMENT_SHIFT;
    return (long) buckets * BUCKET_BYTES;
  }

  /** Returns the bytes that the buckets and the directory take. */
  long sizeBytes() {
    int segment = segmentOf(count() - 1);
    return directoryBytes(directorySize()) + (long) firstIn(segment + 1) * BUCKET_BYTES;
  }
}
