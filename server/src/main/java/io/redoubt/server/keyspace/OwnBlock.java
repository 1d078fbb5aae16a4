package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;

/** The payload of {@link Encoding#OWN_BLOCK}. */
public final class OwnBlock {

  private static final int LENGTH_AT = 8;
  private static final int CAPACITY_AT = 12;

  private OwnBlock() {}

  /** Where the bytes are. */
  public static long address(long payload) {
    return Region.getLong(payload);
  }

  /** How many bytes there are. */
  public static int length(long payload) {
    return Region.getInt(payload + LENGTH_AT);
  }

  /** How many bytes there is room for. */
  public static int capacity(long payload) {
    return Region.getInt(payload + CAPACITY_AT);
  }

  /** Writes the payload. */
  public static void put(long payload, long address, int length, int capacity) {
    Region.putLong(payload, address);
    Region.putInt(payload + LENGTH_AT, length);
    Region.putInt(payload + CAPACITY_AT, capacity);
  }

  /** Changes how many bytes there are. */
  public static void length(long payload, int length) {
    Region.putInt(payload + LENGTH_AT, length);
  }
}
