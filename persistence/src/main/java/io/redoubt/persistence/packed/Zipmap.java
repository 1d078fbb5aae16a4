package io.redoubt.persistence.packed;

import static io.redoubt.persistence.packed.LittleEndian.unsigned32;
import static io.redoubt.persistence.packed.LittleEndian.unsignedByte;

import java.lang.foreign.MemorySegment;

/**
 * The format of small hashes in Redis up to 2.4, for reading old files.
 *
 * <pre>
 * zipmap  1 byte  number of pairs; 254 or more: to be counted
 *         pairs
 *         1 byte  0xff
 *
 * pair    length, the bytes of the key, length, one byte u, the bytes of the value, u unused bytes
 *
 * length  one byte up to 253, or 0xfe and 4 bytes, little-endian
 * </pre>
 *
 * <p>No method allocates. A pair is identified by its offset in the memory.
 */
public final class Zipmap {

  /** The result of {@link #first} and {@link #next} if there is no such pair. */
  public static final long NONE = -1;

  private static final int HEADER_BYTES = 1;
  private static final int UNKNOWN_COUNT = 254;
  private static final int LONG_LENGTH = 0xfe;
  private static final int END = 0xff;

  private Zipmap() {}

  /** Returns the number of pairs. From 254 on they have to be counted one by one. */
  public static int count(MemorySegment memory, long start) {
    int count = unsignedByte(memory, start);
    if (count >= UNKNOWN_COUNT) {
      count = 0;
      for (long at = first(memory, start); at != NONE; at = next(memory, at)) {
        count++;
      }
    }
    return count;
  }

  /** Returns the first pair, or {@link #NONE}. */
  public static long first(MemorySegment memory, long start) {
    return orNone(memory, start + HEADER_BYTES);
  }

  /** Returns the pair after this one, or {@link #NONE}. */
  public static long next(MemorySegment memory, long pair) {
    long value = valueLengthAt(memory, pair);
    long unusedAt = value + lengthBytes(memory, value);
    long unused = unsignedByte(memory, unusedAt);
    return orNone(memory, unusedAt + 1 + length(memory, value) + unused);
  }

  private static long orNone(MemorySegment memory, long position) {
    return unsignedByte(memory, position) == END ? NONE : position;
  }

  /** Returns the offset of a key's bytes. */
  public static long keyAt(MemorySegment memory, long pair) {
    return pair + lengthBytes(memory, pair);
  }

  /** Returns the length of a key in bytes. */
  public static int keyLength(MemorySegment memory, long pair) {
    return (int) length(memory, pair);
  }

  /** Returns the offset of a value's bytes. */
  public static long valueAt(MemorySegment memory, long pair) {
    long at = valueLengthAt(memory, pair);
    return at + lengthBytes(memory, at) + 1;
  }

  /** Returns the length of a value in bytes. */
  public static int valueLength(MemorySegment memory, long pair) {
    return (int) length(memory, valueLengthAt(memory, pair));
  }

  private static long valueLengthAt(MemorySegment memory, long pair) {
    return pair + lengthBytes(memory, pair) + length(memory, pair);
  }

  private static int lengthBytes(MemorySegment memory, long at) {
    return unsignedByte(memory, at) < LONG_LENGTH ? 1 : 5;
  }

  private static long length(MemorySegment memory, long at) {
    int first = unsignedByte(memory, at);
    return first < LONG_LENGTH ? first : unsigned32(memory, at + 1);
  }

  /**
   * Validates every byte of an untrusted zipmap, without reading beyond it.
   *
   * @param length the number of bytes available
   * @throws PackedException if it is not valid
   */
  public static void validate(MemorySegment memory, long start, long length)
      throws PackedException {
    if (length < HEADER_BYTES + 1) {
      throw new PackedException(0, "zipmap of fewer than " + (HEADER_BYTES + 1) + " bytes");
    }
    long end = start + length - 1;
    if (unsignedByte(memory, end) != END) {
      throw new PackedException(length - 1, "zipmap without end marker");
    }
    int count = 0;
    long at = start + HEADER_BYTES;
    for (; at < end; count++) {
      long value = validateLength(memory, start, at, end);
      long unusedAt = validateLength(memory, start, value, end) - length(memory, value);
      long next = unusedAt + 1 + length(memory, value) + unsignedByte(memory, unusedAt);
      if (next > end) {
        throw new PackedException(value - start, "zipmap value beyond the end");
      }
      at = next;
    }
    int stored = unsignedByte(memory, start);
    if (stored < UNKNOWN_COUNT && stored != count) {
      throw new PackedException(0, "zipmap's count of pairs is wrong");
    }
  }

  /**
   * Validates a length, and that as many bytes and one more follow; returns the end of these bytes.
   */
  private static long validateLength(MemorySegment memory, long start, long at, long end)
      throws PackedException {
    if (unsignedByte(memory, at) == END) {
      throw new PackedException(at - start, "zipmap ends early");
    }
    int lengthBytes = lengthBytes(memory, at);
    if (lengthBytes >= end - at || lengthBytes + length(memory, at) >= end - at) {
      throw new PackedException(at - start, "zipmap string beyond the end");
    }
    if (lengthBytes > 1 && length(memory, at) < LONG_LENGTH) {
      throw new PackedException(at - start, "zipmap length in more bytes than necessary");
    }
    return at + lengthBytes + length(memory, at);
  }
}
