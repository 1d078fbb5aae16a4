package io.redoubt.server.value.stream;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;

/**
 * A pending entry of a consumer group, identified by its element in the group's tree, which is
 * valid until the next change of that tree.
 *
 * <pre>
 *   0  the time of the last delivery, in Unix milliseconds
 *   8  the number of deliveries
 *  16  the consumer; 0 only during loading
 * </pre>
 */
public final class PendingEntry {
  /**
   * The lowest delivery time of an entry that was not released. Released entries (XNACK) have no
   * time; lower numbers count them in the order of their release. They belong to a consumer with an
   * empty name, so that Redis 7.2 can hold the same state.
   */
  public static final long LEAST_TIME = 1L << 40; // a day in 2004, in Unix milliseconds

  private static final int DELIVERED_AT = 0;
  private static final int DELIVERIES_AT = 8;
  private static final int OWNER_AT = 16;
  static final int SIZE_BYTES = 24;

  private PendingEntry() {}

  /** Returns the time of the last delivery, in Unix milliseconds. */
  public static long delivered(long element) {
    return Region.getLong(IdTree.value(element) + DELIVERED_AT);
  }

  public static long deliveries(long element) {
    return Region.getLong(IdTree.value(element) + DELIVERIES_AT);
  }

  /** Returns the consumer; 0 only during loading. */
  public static long owner(long element) {
    return Region.getLong(IdTree.value(element) + OWNER_AT);
  }

  /**
   * Returns true if the entry was released: it belongs to no consumer and may be claimed at once.
   */
  public static boolean isReleased(long element) {
    return isReleased(delivered(element), Region.getInt(owner(element)));
  }

  /**
   * Returns true for the delivery time and the length of the consumer's name of a released entry.
   */
  public static boolean isReleased(long delivered, int ownerLength) {
    return ownerLength == 0 && delivered >= 0 && delivered < LEAST_TIME;
  }

  static void putDelivery(long element, long unixMillis, long deliveries) {
    Region.putLong(IdTree.value(element) + DELIVERED_AT, unixMillis);
    Region.putLong(IdTree.value(element) + DELIVERIES_AT, deliveries);
  }

  static void putOwner(long element, long consumer) {
    Region.putLong(IdTree.value(element) + OWNER_AT, consumer);
  }
}
