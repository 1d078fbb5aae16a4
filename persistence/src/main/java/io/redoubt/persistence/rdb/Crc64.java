package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The 64-bit cyclic redundancy check that ends an RDB file: polynomial ad93d23594c935a9 (Jones),
 * bits reflected, initial value and final exclusive-or zero. The check value of "123456789" is
 * e9c6d914c4b8d9ca.
 *
 * <p>Computed eight bytes at a time with eight tables (slicing-by-8), about ten times as fast as
 * byte by byte. One step of that waits for the one before, so four lanes take every fourth word
 * each, and each of their steps skips the words of the other lanes.
 */
public final class Crc64 {

  /** The polynomial, bits reflected. */
  private static final long POLYNOMIAL = Long.reverse(0xad93d23594c935a9L);

  private static final ValueLayout.OfLong LITTLE_ENDIAN_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The contribution of byte b followed by k zero bytes at {@code TABLES[k * 256 + b]}. */
  private static final long[] TABLES = tables();

  private static final int LANES = 4;

  /** The bytes of a word of each lane. */
  private static final int ROUND_BYTES = LANES * Long.BYTES;

  /** The least bytes for which the lanes are faster than a single one. */
  private static final int LEAST_BYTES = 2 * ROUND_BYTES;

  private Crc64() {}

  private static long[] tables() {
    long[] tables = new long[8 * 256];
    long crc = 1;
    for (int bit = 128; bit > 0; bit >>= 1) { // contributions add up: one for each bit suffices
      crc = (crc >>> 1) ^ (POLYNOMIAL & -(crc & 1));
      tables[bit] = crc;
    }
    for (int b = 3; b < 256; b++) {
      int lowest = b & -b;
      tables[b] = tables[lowest] ^ tables[b - lowest];
    }
    for (int i = 256; i < tables.length; i++) {
      long shorter = tables[i - 256];
      tables[i] = (shorter >>> 8) ^ tables[(int) shorter & 0xff];
    }
    return tables;
  }

  /** Tables of the lanes, in a separate class: small payloads don't load it. */
  private static final class Lanes {
    /** The contributions of {@link #TABLES} when the words of the other lanes follow as zeros. */
    static final long[] TABLES = skippingTables();

    private Lanes() {}

    private static long[] skippingTables() {
      long[] skipping = new long[8 * 256];
      for (int i = 0; i < skipping.length; i++) {
        int b = i & 0xff;
        int lowest = b & -b;
        skipping[i] =
            b == lowest ? skip(Crc64.TABLES[i]) : skipping[i - b + lowest] ^ skipping[i - lowest];
      }
      return skipping;
    }

    private static long skip(long crc) {
      long skipped = crc;
      for (int lane = 1; lane < LANES; lane++) {
        skipped = next(Crc64.TABLES, skipped);
      }
      return skipped;
    }
  }

  /**
   * Continues a checksum over more bytes.
   *
   * @param crc the checksum of the preceding bytes, 0 at the start
   * @return the checksum including [offset, offset + length) of memory
   */
  public static long update(long crc, MemorySegment memory, long offset, long length) {
    long sum = crc;
    long at = offset;
    long end = offset + length;
    if (length >= LEAST_BYTES) {
      long rounds = length & -ROUND_BYTES;
      sum = lanes(sum, memory, at, at + rounds);
      at += rounds;
    }
    long[] tables = TABLES;
    for (; end - at >= 8; at += 8) {
      sum = next(tables, sum ^ word(memory, at));
    }
    for (; at < end; at++) {
      sum = (sum >>> 8) ^ tables[((int) sum ^ memory.get(ValueLayout.JAVA_BYTE, at)) & 0xff];
    }
    return sum;
  }

  /** Continues a checksum over whole rounds, at least one. */
  private static long lanes(long crc, MemorySegment memory, long from, long to) {
    long[] tables = Lanes.TABLES;
    long first = crc;
    long second = 0;
    long third = 0;
    long fourth = 0;
    long at = from;
    for (; at < to - ROUND_BYTES; at += ROUND_BYTES) {
      first = next(tables, first ^ word(memory, at));
      second = next(tables, second ^ word(memory, at + 8));
      third = next(tables, third ^ word(memory, at + 16));
      fourth = next(tables, fourth ^ word(memory, at + 24));
    }
    long sum = next(TABLES, first ^ word(memory, at));
    sum = next(TABLES, sum ^ second ^ word(memory, at + 8));
    sum = next(TABLES, sum ^ third ^ word(memory, at + 16));
    return next(TABLES, sum ^ fourth ^ word(memory, at + 24));
  }

  private static long word(MemorySegment memory, long offset) {
    return memory.get(LITTLE_ENDIAN_LONG, offset);
  }

  /** Combines the contributions of a word's eight bytes. */
  private static long next(long[] tables, long word) {
    return tables[7 * 256 + ((int) word & 0xff)]
        ^ tables[6 * 256 + ((int) (word >>> 8) & 0xff)]
        ^ tables[5 * 256 + ((int) (word >>> 16) & 0xff)]
        ^ tables[4 * 256 + ((int) (word >>> 24) & 0xff)]
        ^ tables[3 * 256 + ((int) (word >>> 32) & 0xff)]
        ^ tables[2 * 256 + ((int) (word >>> 40) & 0xff)]
        ^ tables[256 + ((int) (word >>> 48) & 0xff)]
        ^ tables[(int) (word >>> 56)];
  }
}
