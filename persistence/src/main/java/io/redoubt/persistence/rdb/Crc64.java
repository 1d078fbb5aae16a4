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
 * byte by byte. One step of that waits for the one before; so of much memory four stripes are
 * summed side by side, and the sums joined: to put n zero bytes behind data multiplies its sum by
 * x<sup>8n</sup>.
 */
public final class Crc64 {

  /** The polynomial, bits reflected. */
  private static final long POLYNOMIAL = Long.reverse(0xad93d23594c935a9L);

  private static final ValueLayout.OfLong LITTLE_ENDIAN_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The contribution of byte b followed by k zero bytes at {@code TABLES[k * 256 + b]}. */
  private static final long[] TABLES = tables();

  private static final int STRIPE_BYTES = 1 << 13;

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

  /** Tables that join the sums of stripes, in a separate class: small payloads don't load it. */
  private static final class Stripes {
    /**
     * The contribution of each byte of a checksum when a stripe of zero bytes follows, laid out
     * like {@link #TABLES}.
     */
    static final long[] JOINING = joiningTables();

    private Stripes() {}

    private static long powerOfTwo(int exponent) {
      long power = 1L << 62; // x: the highest bit is the coefficient of 1
      for (int i = 0; i < exponent; i++) {
        power = product(power, power);
      }
      return power;
    }

    /** Returns the product of two polynomials modulo the checksum's. */
    private static long product(long a, long b) {
      long product = 0;
      long left = a;
      long shifted = b;
      for (int i = 0; i < Long.SIZE; i++) {
        product ^= shifted & (left >> 63);
        left <<= 1;
        shifted = (shifted >>> 1) ^ (POLYNOMIAL & -(shifted & 1));
      }
      return product;
    }

    private static long[] joiningTables() {
      // x to the power of the bits of a stripe, by repeated squaring
      long power = powerOfTwo(Integer.numberOfTrailingZeros(STRIPE_BYTES) + 3);
      long[] tables = new long[8 * 256];
      for (int position = 0; position < 8; position++) {
        int from = (7 - position) * 256;
        for (int b = 1; b < 256; b++) {
          int lowest = Integer.lowestOneBit(b);
          tables[from + b] =
              b == lowest
                  ? product((long) b << (8 * position), power)
                  : tables[from + lowest] ^ tables[from + b - lowest];
        }
      }
      return tables;
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
    for (; end - at >= 4 * STRIPE_BYTES; at += 4 * STRIPE_BYTES) {
      sum = stripes(sum, memory, at);
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

  private static long stripes(long crc, MemorySegment memory, long offset) {
    long[] tables = TABLES;
    long first = crc;
    long second = 0;
    long third = 0;
    long fourth = 0;
    for (long at = offset; at < offset + STRIPE_BYTES; at += 8) {
      first = next(tables, first ^ word(memory, at));
      second = next(tables, second ^ word(memory, at + STRIPE_BYTES));
      third = next(tables, third ^ word(memory, at + 2 * STRIPE_BYTES));
      fourth = next(tables, fourth ^ word(memory, at + 3 * STRIPE_BYTES));
    }
    long[] joining = Stripes.JOINING;
    second ^= next(joining, first);
    third ^= next(joining, second);
    return fourth ^ next(joining, third);
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
