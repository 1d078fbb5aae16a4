package io.redoubt.server.value.stream;

/**
 * The pending entries of consumer groups that XNACK has released: they belong to no consumer. Redis
 * 7.2 has no such entries, so they are kept as those of a consumer with an empty name, hidden from
 * clients, with times below {@link PendingEntry#LEAST_TIME} in the order of their release. Files,
 * copies and propagated claims carry them without further ado.
 */
public final class ReleasedEntries {
  /** The seen time of a consumer that only stands for released entries. */
  public static final long HIDDEN = 0;

  private final StreamGroups groups;
  private final StreamId id = new StreamId();

  ReleasedEntries(StreamGroups groups) {
    this.groups = groups;
  }

  /**
   * Releases an entry, pending or not, from its consumer: it becomes the last of the released ones.
   */
  public void release(long group, StreamId released, long deliveries) {
    long last = groups.byDelivery(group).lastBefore(PendingEntry.LEAST_TIME);
    long time = last == 0 ? 0 : DeliveryOrder.delivered(last) + 1;
    long nobody = groups.findConsumer(group, group, 0);
    if (nobody == 0) {
      nobody = groups.createConsumer(group, group, 0, HIDDEN);
    }
    groups.deliver(
        group, nobody, released, Math.min(time, PendingEntry.LEAST_TIME - 1), deliveries);
  }

  /**
   * Returns true if a consumer only stands for the released entries. Clients do not see it, unless
   * one of them uses the empty name itself.
   */
  public static boolean isHidden(long consumer) {
    return StreamGroups.nameLength(consumer) == 0 && StreamGroups.seen(consumer) == HIDDEN;
  }

  /** Returns the number of a group's consumers that clients see. */
  public int visibleConsumers(long group) {
    int count = groups.consumers(group);
    // The empty name is the first in the order of names.
    return count > 0 && isHidden(groups.consumer(group, 0)) ? count - 1 : count;
  }

  /** Returns the number of a group's released entries. */
  public long count(long group) {
    long nobody = groups.findConsumer(group, group, 0);
    if (nobody == 0) {
      return 0;
    }
    if (isHidden(nobody)) {
      return groups.pendingIds(nobody).size();
    }
    long count = 0;
    DeliveryOrder order = groups.byDelivery(group);
    for (long at = order.first(); at != 0; at = order.next()) {
      if (DeliveryOrder.delivered(at) >= PendingEntry.LEAST_TIME) {
        break;
      }
      id.load(DeliveryOrder.entryId(at));
      long element = groups.pending(group).find(id.millis(), id.sequence());
      count += PendingEntry.isReleased(element) ? 1 : 0;
    }
    return count;
  }
}
