package io.redoubt.server.structure.hyperloglog;

import io.redoubt.server.memory.Region;

/**
 * The registers of a HyperLogLog packed at six bits each: register 0 is the low bits of the first
 * byte, and a register that crosses into the next byte continues in its low bits.
 */
public final class DenseRegisters {
  private static final int BITS = 6;
  private static final int MASK = (1 << BITS) - 1;

  /** Spreads eight packed registers to a byte each. */
  private static final long MASK_OF_EACH_BYTE = 0x3f3f_3f3f_3f3f_3f3fL;

  /** The size of all registers in bytes. */
  public static final int SIZE_BYTES = HyperLogLog.REGISTERS * BITS / Byte.SIZE;

  private DenseRegisters() {}

  public static int get(long address, int index) {
    int bit = index * BITS;
    long at = address + (bit >> 3);
    int shift = bit & 7;
    int value = Region.getUnsignedByte(at) >>> shift;
    if (shift > Byte.SIZE - BITS) {
      value |= Region.getUnsignedByte(at + 1) << (Byte.SIZE - shift);
    }
    return value & MASK;
  }

  public static void put(long address, int index, int value) {
    int bit = index * BITS;
    long at = address + (bit >> 3);
    int shift = bit & 7;
    Region.putByte(at, (Region.getUnsignedByte(at) & ~(MASK << shift)) | value << shift);
    if (shift > Byte.SIZE - BITS) {
      int back = Byte.SIZE - shift;
      int next = Region.getUnsignedByte(at + 1);
      Region.putByte(at + 1, (next & ~(MASK >>> back)) | value >>> back);
    }
  }

  /** Raises a register to a value; returns true if it was lower. */
  public static boolean raise(long address, int index, int value) {
    if (get(address, index) >= value) {
      return false;
    }
    put(address, index, value);
    return true;
  }

  /** Raises the plain registers to these. */
  public static void mergeInto(long plain, long address) {
    long packed = address;
    for (int i = 0; i < HyperLogLog.REGISTERS; i += Long.BYTES) {
      // The two bytes read beyond the last group are not used; reading past a block is harmless.
      HyperLogLog.raiseEight(plain + i, Long.expand(Region.getLong(packed), MASK_OF_EACH_BYTE));
      packed += BITS;
    }
  }

  public static void pack(long plain, long address) {
    long packed = address;
    for (int i = 0; i < HyperLogLog.REGISTERS; i += Long.BYTES) {
      long eight = Long.compress(Region.getLong(plain + i), MASK_OF_EACH_BYTE);
      Region.putInt(packed, (int) eight);
      Region.putByte(packed + 4, (int) (eight >>> 32));
      Region.putByte(packed + 5, (int) (eight >>> 40));
      packed += BITS;
    }
  }
}
