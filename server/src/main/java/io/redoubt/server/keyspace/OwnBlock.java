package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;

/**
 * The payload of {@link Encoding#OWN_BLOCK}: the address of the bytes in 48 bits, their distance
 * from the start of the block in 16, their length and their capacity in 32 each. The distance is 0,
 * unless the block was received from a client: then the start of the request precedes the bytes.
 */
public final class OwnBlock {

  /** The maximum distance of the bytes from the start of the block. */
  public static final int MAX_LEAD_BYTES = 0xffff;

  private static final int LEAD_SHIFT = 48;
  private static final long ADDRESS_MASK = (1L << LEAD_SHIFT) - 1;
  private static final int LENGTH_AT = 8;
  private static final int CAPACITY_AT = 12;

  private OwnBlock() {}

  public static long address(long payload) {
    return Region.getLong(payload) & ADDRESS_MASK;
  }

  /** Returns the address of the block, which identifies the value and is freed. */
  public static long block(long payload) {
    return address(payload) - leadBytes(payload);
  }

  public static long blockBytes(long payload) {
    return leadBytes(payload) + capacity(payload);
  }

  private static long leadBytes(long payload) {
    return Region.getLong(payload) >>> LEAD_SHIFT;
  }

  public static int length(long payload) {
    return Region.getInt(payload + LENGTH_AT);
  }

  public static int capacity(long payload) {
    return Region.getInt(payload + CAPACITY_AT);
  }

  /** Writes the payload for a block that starts with the bytes. */
  public static void put(long payload, long address, int length, int capacity) {
    put(payload, address, 0, length, capacity);
  }

  /** Writes the payload for a block that starts {@code leadBytes} before the bytes. */
  static void put(long payload, long address, long leadBytes, int length, int capacity) {
    Region.putLong(payload, leadBytes << LEAD_SHIFT | address);
    Region.putInt(payload + LENGTH_AT, length);
    Region.putInt(payload + CAPACITY_AT, capacity);
  }

  public static void setLength(long payload, int length) {
    Region.putInt(payload + LENGTH_AT, length);
  }
}
