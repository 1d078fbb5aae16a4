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

  static void putDelivery(long element, long unixMillis, long deliveries) {
    Region.putLong(IdTree.value(element) + DELIVERED_AT, unixMillis);
    Region.putLong(IdTree.value(element) + DELIVERIES_AT, deliveries);
  }

  static void putOwner(long element, long consumer) {
    Region.putLong(IdTree.value(element) + OWNER_AT, consumer);
  }
}
