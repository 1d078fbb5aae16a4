package io.redoubt.server.memory;

import io.redoubt.server.tuning.PagePopulator;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The address space that holds the data of all servers in this process, outside of the Java heap.
 *
 * <p>It is one segment, reserved once and never released. An address is an offset into it; 0 is
 * never a valid address. The segment is a constant, so its base and bounds are constants in
 * compiled code. Every access is checked against those bounds, and every page may be touched (an
 * untouched one reads as zero); so a wrong address can corrupt data but never crash the process.
 *
 * <p>Its lower part, {@link #NEAR_BYTES}, is <em>near</em>: a block there starts at a multiple of
 * {@link #GRANULE_BYTES} and can be referred to by 32 bits ({@link #reference}). Eight-byte
 * granules reach 32 GiB, some 300 million small entries; sixteen would reach twice as far and cost
 * four bytes an entry on average. Data that needs no short reference (large values, tables,
 * buffers) lives in the far part, so only entries count against the near one.
 *
 * <p>System properties: {@code io.redoubt.region.bytes} (bytes to reserve, default 1 TiB) and
 * {@code io.redoubt.region.hugepages} (request huge pages once the data exceeds some megabytes,
 * default true).
 *
 * <p>Extents are shared by servers and handed out under a lock; all other access is unsynchronized.
 */
public final class Region {

  /** The size of an extent, equal to that of a huge page. */
  public static final int EXTENT_BYTES = 2 << 20;

  /** The alignment of near blocks. */
  public static final int GRANULE_BYTES = 8;

  private static final int GRANULE_SHIFT = 3;
  private static final long MAX_NEAR_BYTES = (1L << 32) << GRANULE_SHIFT;

  /**
   * The guard at the end, so that reading a whole word at the last byte of the last block stays
   * inside.
   */
  private static final long GUARD_BYTES = EXTENT_BYTES;

  /** The size allocated if address space cannot be reserved; it takes memory at once. */
  private static final long ARENA_BYTES = 512L << 20;

  /**
   * The bytes held up to which ordinary pages are used, because no more of them is resident than is
   * used.
   */
  private static final long SMALL_BYTES = 64L << 20;

  /** The bytes held from which some extents have their pages populated in advance. */
  private static final long LARGE_BYTES = 64L << 20;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final NativeMemory NATIVE =
      NativeMemory.reserve(
          wholeExtents(Long.getLong("io.redoubt.region.bytes", 1L << 40)),
          ARENA_BYTES,
          EXTENT_BYTES);

  private static final boolean HUGE_PAGES =
      !System.getProperty("io.redoubt.region.hugepages", "true").equals("false");

  /**
   * The whole region, for passing it to other code; the static methods are preferred for access.
   */
  public static final MemorySegment MEMORY = NATIVE.memory();

  /** The first address after the near part. */
  public static final long NEAR_BYTES =
      Math.min(MAX_NEAR_BYTES, wholeExtents(MEMORY.byteSize() / 4 * 3));

  // The first extent stays unused, so that no block has address 0 or a small number as address.
  private static final PagePopulator PAGES =
      new PagePopulator(address -> NATIVE.makePages(address, EXTENT_BYTES));
  private static final RegionPart NEAR =
      new RegionPart(NATIVE, PAGES, EXTENT_BYTES, NEAR_BYTES - EXTENT_BYTES);
  private static final RegionPart FAR =
      new RegionPart(NATIVE, PAGES, NEAR_BYTES, MEMORY.byteSize() - GUARD_BYTES - NEAR_BYTES);
  private static final List<RegionPart> PARTS = List.of(NEAR, FAR);

  /**
   * The bounds of the reserve at the end of each part, which is a sixteenth of it. It is for code
   * that frees memory, for buffers, and for a command that started before the shortage was noticed.
   */
  private static final long LEAST_RESERVE_BYTES = 8L << 20;

  private static final long MAX_RESERVE_BYTES = 128L << 20;

  // Guarded by NATIVE: the bytes handed out, those of them whose pages were released, the limit,
  // and whether huge pages were requested.
  private static long heldBytes;
  private static long returnedBytes;
  private static long limitBytes = Long.MAX_VALUE;
  private static boolean hugePagesAdvised;

  private Region() {}

  private static long wholeExtents(long sizeBytes) {
    return sizeBytes & -(long) EXTENT_BYTES;
  }

  /**
   * Allocates zeroed memory of {@code sizeBytes}, a multiple of {@link #EXTENT_BYTES}, aligned to
   * extents. Any thread may call.
   *
   * @throws RegionFull if that part of the region has no such range, or the limit is reached
   */
  public static long allocateExtents(long sizeBytes, boolean near) {
    synchronized (NATIVE) {
      RegionPart part = near ? NEAR : FAR;
      // Only small blocks may use the whole reserve: they are allocated in the middle of a change,
      // large ones before it.
      long spared = sizeBytes > EXTENT_BYTES ? reserveBytes(part) / 2 : 0;
      boolean fits = sizeBytes <= availableBytes(part) - spared;
      long address = fits ? part.take(sizeBytes) : RegionPart.NONE;
      if (address == RegionPart.NONE) {
        throw new RegionFull(exhausted(part), sizeBytes + (near ? " near" : " far") + " bytes");
      }
      onTaken(sizeBytes);
      return address;
    }
  }

  private static void onTaken(long sizeBytes) {
    heldBytes += sizeBytes;
    if (HUGE_PAGES && !hugePagesAdvised && heldBytes >= SMALL_BYTES) {
      NATIVE.adviseHugePages();
      hugePagesAdvised = true;
    }
    keepReady();
  }

  private static void keepReady() {
    boolean ready = hugePagesAdvised && heldBytes >= LARGE_BYTES;
    NEAR.setKeepsReady(ready);
    FAR.setKeepsReady(ready);
  }

  /**
   * Frees memory from {@link #allocateExtents}, whole or in parts of whole extents, and releases
   * its pages to the system. Any thread may call.
   */
  public static void releaseExtents(long address, long sizeBytes) {
    synchronized (NATIVE) {
      heldBytes -= sizeBytes;
      keepReady();
      (isNear(address) ? NEAR : FAR).give(address, sizeBytes);
    }
  }

  /**
   * Releases the pages of a range that stays held, which then reads as zero. Any thread may call.
   *
   * @return false if they can't be released
   */
  static boolean returnPages(long address, long sizeBytes) {
    if (NATIVE.isMapped()) {
      NATIVE.release(address, sizeBytes);
    }
    return NATIVE.isMapped();
  }

  private static long availableBytes(RegionPart part) {
    return Math.min(part.freeBytes(), limitBytes - heldBytes);
  }

  private static long reserveBytes(RegionPart part) {
    return reserveOf(Math.min(part.sizeBytes(), limitBytes));
  }

  private static long reserveOf(long sizeBytes) {
    return Math.clamp(sizeBytes / 16, LEAST_RESERVE_BYTES, MAX_RESERVE_BYTES);
  }

  private static Shortage exhausted(RegionPart part) {
    if (limitBytes - heldBytes < part.freeBytes()) {
      return Shortage.LIMIT;
    }
    return part == NEAR ? Shortage.NEAR : Shortage.FAR;
  }

  /**
   * Returns the resource of which only the reserve is left, or {@link Shortage#NONE}. May be called
   * on any thread.
   */
  public static Shortage shortage() {
    return shortage(0);
  }

  /**
   * Returns the shortage that allocating {@code wantedBytes} more would cause, or {@link
   * Shortage#NONE}. May be called on any thread.
   */
  public static Shortage shortage(long wantedBytes) {
    synchronized (NATIVE) {
      for (RegionPart part : PARTS) {
        if (availableBytes(part) - wantedBytes < reserveBytes(part)) {
          return exhausted(part);
        }
      }
      return Shortage.NONE;
    }
  }

  /**
   * Returns the bytes that a command may still take without using the reserve, the lesser of both
   * parts. Any thread may call.
   */
  public static long roomBytes() {
    synchronized (NATIVE) {
      long near = availableBytes(NEAR) - reserveBytes(NEAR);
      long far = availableBytes(FAR) - reserveBytes(FAR);
      return Math.max(0, Math.min(near, far));
    }
  }

  /** Returns true if at least half of each part's reserve is left. Any thread may call. */
  static boolean hasHalfOfReserve() {
    synchronized (NATIVE) {
      for (RegionPart part : PARTS) {
        if (availableBytes(part) < reserveBytes(part) / 2) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Checks that the given far bytes are available, including the reserve. Any thread may call.
   *
   * @throws RegionFull if they are not
   */
  static void requireFar(long bytes) {
    synchronized (NATIVE) {
      if (availableBytes(FAR) < bytes) {
        throw new RegionFull(exhausted(FAR), bytes + " far bytes");
      }
    }
  }

  /**
   * Limits the bytes held by all servers of the process, for machines or control groups with less
   * memory than the region has addresses. Memory already held is kept. Any thread may call.
   */
  public static void limit(long bytes) {
    synchronized (NATIVE) {
      limitBytes = bytes;
    }
  }

  /** Returns the bytes of the limit, {@link Long#MAX_VALUE} for none. Any thread may call. */
  public static long limitBytes() {
    synchronized (NATIVE) {
      return limitBytes;
    }
  }

  /** Returns the bytes held by all servers of the process. Any thread may call. */
  public static long heldBytes() {
    synchronized (NATIVE) {
      return heldBytes;
    }
  }

  /** Counts bytes of held memory whose pages were released; negative for pages used again. */
  static void countReturned(long bytes) {
    synchronized (NATIVE) {
      returnedBytes += bytes;
    }
  }

  /**
   * Returns the bytes held by all servers of the process, without released pages. Any thread may
   * call.
   */
  public static long activeBytes() {
    synchronized (NATIVE) {
      return heldBytes - returnedBytes;
    }
  }

  /** Returns true if a block at this address can be referred to by 32 bits. */
  public static boolean isNear(long address) {
    return address < NEAR_BYTES;
  }

  /** Returns the 32-bit reference to a near block; 0 for 0. */
  public static int reference(long address) {
    return (int) (address >>> GRANULE_SHIFT);
  }

  /** Returns the address of a {@link #reference}. */
  public static long address(int reference) {
    return (reference & 0xffff_ffffL) << GRANULE_SHIFT;
  }

  /** Returns the byte at an address, signed. */
  public static byte getByte(long address) {
    return MEMORY.get(ValueLayout.JAVA_BYTE, address);
  }

  /** Returns the byte at an address, 0 to 255. */
  public static int getUnsignedByte(long address) {
    return MEMORY.get(ValueLayout.JAVA_BYTE, address) & 0xff;
  }

  /** Returns the four bytes at an address, little-endian. */
  public static int getInt(long address) {
    return MEMORY.get(INT, address);
  }

  /** Returns the eight bytes at an address, little-endian. */
  public static long getLong(long address) {
    return MEMORY.get(LONG, address);
  }

  public static void putByte(long address, int value) {
    MEMORY.set(ValueLayout.JAVA_BYTE, address, (byte) value);
  }

  /** Writes four bytes, little-endian. */
  public static void putInt(long address, int value) {
    MEMORY.set(INT, address, value);
  }

  /** Writes eight bytes, little-endian. */
  public static void putLong(long address, long value) {
    MEMORY.set(LONG, address, value);
  }

  /** Copies bytes; source and target may overlap. */
  public static void copy(long from, long to, long sizeBytes) {
    if (sizeBytes > 64) {
      copyBlock(from, to, sizeBytes);
    } else if (sizeBytes >= 8) {
      copyWords(from, to, (int) sizeBytes);
    } else if (sizeBytes >= 4) {
      int head = getInt(from);
      int tail = getInt(from + sizeBytes - 4);
      putInt(to, head);
      putInt(to + sizeBytes - 4, tail);
    } else if (sizeBytes > 0) {
      byte head = getByte(from);
      byte middle = getByte(from + (sizeBytes >> 1));
      byte tail = getByte(from + sizeBytes - 1);
      putByte(to, head);
      putByte(to + (sizeBytes >> 1), middle);
      putByte(to + sizeBytes - 1, tail);
    }
  }

  // A method of its own, because a compiler inlines all of the general copy wherever it stands.
  private static void copyBlock(long from, long to, long sizeBytes) {
    MemorySegment.copy(MEMORY, from, MEMORY, to, sizeBytes);
  }

  /**
   * Copies 8 to 64 bytes, faster than the general copy, whose call would take longer than the
   * copying.
   */
  private static void copyWords(long from, long to, int sizeBytes) {
    long tail = getLong(from + sizeBytes - 8);
    if (to <= from) {
      for (int at = 0; at < sizeBytes - 8; at += 8) {
        // The last word of the source was read above, because this may overwrite it.
        putLong(to + at, getLong(from + at));
      }
      putLong(to + sizeBytes - 8, tail);
    } else {
      long head = getLong(from);
      for (int at = sizeBytes - 8; at > 0; at -= 8) {
        putLong(to + at, getLong(from + at));
      }
      putLong(to, head);
    }
  }

  /** Writes the bytes of an array. */
  public static void put(long address, byte[] bytes) {
    MemorySegment.copy(bytes, 0, MEMORY, ValueLayout.JAVA_BYTE, address, bytes.length);
  }

  /** Returns a copy of the bytes on the heap. */
  public static byte[] toByteArray(long address, int length) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(MEMORY, ValueLayout.JAVA_BYTE, address, bytes, 0, length);
    return bytes;
  }

  /** Fills a range with zeros. */
  public static void zero(long address, long sizeBytes) {
    fill(address, sizeBytes, 0);
  }

  /** Fills a range with one byte. */
  public static void fill(long address, long sizeBytes, int value) {
    MEMORY.asSlice(address, sizeBytes).fill((byte) value);
  }

  /** Returns true if two ranges of bytes are equal. */
  public static boolean equal(long a, long b, int length) {
    if (length < 8) {
      // Reading past the end of a block is harmless: the excess bytes are shifted out.
      return length == 0 || (getLong(a) ^ getLong(b)) << (64 - 8 * length) == 0;
    }
    if (length <= 16) {
      long last = length - 8L;
      return ((getLong(a) ^ getLong(b)) | (getLong(a + last) ^ getLong(b + last))) == 0;
    }
    if (length <= 32) {
      long last = length - 16L;
      return equal16(a, b) && equal16(a + last, b + last);
    }
    return MemorySegment.mismatch(MEMORY, a, a + length, MEMORY, b, b + length) < 0;
  }

  private static boolean equal16(long a, long b) {
    return ((getLong(a) ^ getLong(b)) | (getLong(a + 8) ^ getLong(b + 8))) == 0;
  }

  /** Compares ranges of unsigned bytes lexicographically; a prefix is less. */
  public static int compare(long a, int lengthA, long b, int lengthB) {
    long at = MemorySegment.mismatch(MEMORY, a, a + lengthA, MEMORY, b, b + lengthB);
    if (at < 0 || at == Math.min(lengthA, lengthB)) {
      return Integer.compare(lengthA, lengthB);
    }
    return Integer.compare(getUnsignedByte(a + at), getUnsignedByte(b + at));
  }
}
