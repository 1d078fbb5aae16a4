package io.redoubt.persistence.packed;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Access to the little-endian integers of the packed formats at any offset, and comparison of
 * bytes. Other code calls these methods instead of accessing memory itself: the first compiler (C1)
 * inlines all of an access wherever it stands.
 */
final class LittleEndian {

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int MAX_COPIED_AS_WORDS = 64;

  private LittleEndian() {}

  static int unsignedByte(MemorySegment memory, long at) {
    return memory.get(JAVA_BYTE, at) & 0xff;
  }

  static void setByte(MemorySegment memory, long at, int value) {
    memory.set(JAVA_BYTE, at, (byte) value);
  }

  static short int16(MemorySegment memory, long at) {
    return memory.get(SHORT, at);
  }

  static int unsigned16(MemorySegment memory, long at) {
    return memory.get(SHORT, at) & 0xffff;
  }

  static void set16(MemorySegment memory, long at, int value) {
    memory.set(SHORT, at, (short) value);
  }

  static int int24(MemorySegment memory, long at) {
    return unsigned16(memory, at) | (memory.get(JAVA_BYTE, at + 2) << 16);
  }

  static void set24(MemorySegment memory, long at, int value) {
    memory.set(SHORT, at, (short) value);
    memory.set(JAVA_BYTE, at + 2, (byte) (value >> 16));
  }

  static int int32(MemorySegment memory, long at) {
    return memory.get(INT, at);
  }

  static long unsigned32(MemorySegment memory, long at) {
    return memory.get(INT, at) & 0xffff_ffffL;
  }

  static void set32(MemorySegment memory, long at, int value) {
    memory.set(INT, at, value);
  }

  static long int64(MemorySegment memory, long at) {
    return memory.get(LONG, at);
  }

  static void set64(MemorySegment memory, long at, long value) {
    memory.set(LONG, at, value);
  }

  /**
   * Copies bytes between places that do not overlap; tuned for up to 64 bytes, for which the call
   * of the general copy would take longer than the copying.
   */
  static void copy(MemorySegment from, long at, MemorySegment to, long toAt, long length) {
    long last = length - Long.BYTES;
    if (last < 0) {
      copyFew(from, at, to, toAt, length);
      return;
    }
    if (length > MAX_COPIED_AS_WORDS) {
      MemorySegment.copy(from, at, to, toAt, length);
      return;
    }
    for (long done = 0; done < last; done += Long.BYTES) {
      set64(to, toAt + done, int64(from, at + done));
    }
    set64(to, toAt + last, int64(from, at + last));
  }

  /** Copies up to seven bytes; four or more as two integers, which may overlap. */
  private static void copyFew(
      MemorySegment from, long at, MemorySegment to, long toAt, long length) {
    long last = length - Integer.BYTES;
    if (last >= 0) {
      set32(to, toAt, int32(from, at));
      set32(to, toAt + last, int32(from, at + last));
      return;
    }
    for (long done = 0; done < length; done++) {
      setByte(to, toAt + done, unsignedByte(from, at + done));
    }
  }

  /**
   * Returns true if {@code length} bytes are equal; tuned for short ones. Compares their ends
   * first, since names often start alike.
   */
  static boolean bytesEqual(MemorySegment a, long atA, MemorySegment b, long atB, long length) {
    long last = length - Long.BYTES;
    if (last < 0) {
      return fewEqual(a, atA, b, atB, length);
    }
    if (int64(a, atA + last) != int64(b, atB + last)) {
      return false;
    }
    for (long at = 0; at < last; at += Long.BYTES) {
      if (int64(a, atA + at) != int64(b, atB + at)) {
        return false;
      }
    }
    return true;
  }

  /** Returns true if up to seven bytes are equal. */
  private static boolean fewEqual(
      MemorySegment a, long atA, MemorySegment b, long atB, long length) {
    long last = length - Integer.BYTES;
    if (last >= 0) {
      return int32(a, atA) == int32(b, atB) && int32(a, atA + last) == int32(b, atB + last);
    }
    for (long at = 0; at < length; at++) {
      if (unsignedByte(a, atA + at) != unsignedByte(b, atB + at)) {
        return false;
      }
    }
    return true;
  }
}
