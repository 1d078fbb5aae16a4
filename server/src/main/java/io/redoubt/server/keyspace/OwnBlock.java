package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;

/** The payload of {@link Encoding#OWN_BLOCK}. */
public final class OwnBlock {

  private static final int LENGTH_AT = 8;
  private static final int CAPACITY_AT = 12;

  private OwnBlock() {}

  /** Returns the address of the bytes. */
  public static long address(long payload) {
    return Region.getLong(payload);
  }

  /** Returns the length of the bytes. */
  public static int length(long payload) {
    return Region.getInt(payload + LENGTH_AT);
  }

  public static int capacity(long payload) {
    return Region.getInt(payload + CAPACITY_AT);
  }

  /** Writes the payload. */
  public static void put(long payload, long address, int length, int capacity) {
    Region.putLong(payload, address);
    Region.putInt(payload + LENGTH_AT, length);
    Region.putInt(payload + CAPACITY_AT, capacity);
  }

  /** Sets the length of the bytes. */
  public static void setLength(long payload, int length) {
    Region.putInt(payload + LENGTH_AT, length);
  }
}
