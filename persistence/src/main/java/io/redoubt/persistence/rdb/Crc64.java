package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The 64-bit cyclic redundancy check that ends an RDB file: polynomial ad93d23594c935a9 (Jones),
 * bits reflected, initial value and final exclusive-or zero. The check value of "123456789" is
 * e9c6d914c4b8d9ca.
 *
 * <p>Eight bytes at a time through eight tables (slicing-by-8), about ten times as fast as byte by
 * byte.
 */
public final class Crc64 {

  /** The polynomial with its bits reflected. */
  private static final long POLYNOMIAL = Long.reverse(0xad93d23594c935a9L);

  private static final ValueLayout.OfLong LITTLE_ENDIAN_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** {@code TABLES[k * 256 + b]}: what byte b followed by k zero bytes contributes. */
  private static final long[] TABLES = tables();

  private Crc64() {}

  private static long[] tables() {
    long[] tables = new long[8 * 256];
    for (int b = 0; b < 256; b++) {
      long crc = b;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      }
      tables[b] = crc;
    }
    for (int i = 256; i < tables.length; i++) {
      long shorter = tables[i - 256];
      tables[i] = (shorter >>> 8) ^ tables[(int) shorter & 0xff];
    }
    return tables;
  }

  /**
   * Continues a checksum over more bytes.
   *
   * @param crc the checksum of what came before, 0 at the start
   * @return the checksum including [offset, offset + length) of memory
   */
  public static long update(long crc, MemorySegment memory, long offset, long length) {
    long[] tables = TABLES;
    long at = offset;
    long end = offset + length;
    for (; end - at >= 8; at += 8) {
      long word = crc ^ memory.get(LITTLE_ENDIAN_LONG, at);
      crc =
          tables[7 * 256 + ((int) word & 0xff)]
              ^ tables[6 * 256 + ((int) (word >>> 8) & 0xff)]
              ^ tables[5 * 256 + ((int) (word >>> 16) & 0xff)]
              ^ tables[4 * 256 + ((int) (word >>> 24) & 0xff)]
              ^ tables[3 * 256 + ((int) (word >>> 32) & 0xff)]
              ^ tables[2 * 256 + ((int) (word >>> 40) & 0xff)]
              ^ tables[256 + ((int) (word >>> 48) & 0xff)]
              ^ tables[(int) (word >>> 56)];
    }
    for (; at < end; at++) {
      crc = (crc >>> 8) ^ tables[((int) crc ^ memory.get(ValueLayout.JAVA_BYTE, at)) & 0xff];
    }
    return crc;
  }
}
