package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;

/**
 * The encoding of a length in front of bytes in a block: one byte up to 127, otherwise four bytes
 * of which the first has its top bit set (31 bits, most significant byte first).
 */
public final class BlockLength {

  private static final int LONG_FORM = 0x80;

  private BlockLength() {}

  /** Returns the number of bytes that a length takes: 1 or 4. */
  public static int size(int length) {
    return length < LONG_FORM ? 1 : 4;
  }

  /** Returns the number of bytes that the length at an address takes. */
  public static int sizeAt(long address) {
    return Region.getByte(address) >= 0 ? 1 : 4;
  }

  /** Returns the length at an address. */
  public static int get(long address) {
    int first = Region.getByte(address);
    return first >= 0 ? first : Integer.reverseBytes(Region.getInt(address)) & Integer.MAX_VALUE;
  }

  /** Writes a length and returns the address after it. */
  public static long put(long address, int length) {
    return put(address, length, size(length));
  }

  /**
   * Writes a length in the given number of bytes, which must suffice; returns the address after it.
   */
  public static long put(long address, int length, int bytes) {
    if (bytes == 1) {
      Region.putByte(address, length);
      return address + 1;
    }
    Region.putInt(address, Integer.reverseBytes(length | Integer.MIN_VALUE));
    return address + 4;
  }
}
