package io.redoubt.server.value.stream;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;

/**
 * The pending entries of a consumer group in the order of their last delivery, those of equal time
 * by id. Released entries have the lowest times (see {@link PendingEntry#isReleased}), so they come
 * first.
 *
 * <p>A group has an order only after a command has asked for it ({@link #ensure}): it takes about
 * as much memory as the pending entries themselves. It is given up when memory runs out, and built
 * again when it is next needed.
 *
 * <p>An element of the tree has the delivery time and a tie as its id, and the id of the entry as
 * its value. A usual id (a time of 43 bits, a sequence number of 20) is its own tie. Other ids are
 * mixed into a tie that need not be unique: an occupied one moves on to the next.
 */
public final class DeliveryOrder {
  private static final int SEQUENCE_BITS = 20;
  private static final int MILLIS_BITS = 43;
  private static final long MIXED = 1L << 63;
  private static final long MIXED_BITS = (1L << 62) - 1;

  private final IdTree tree;
  private final StreamId id = new StreamId();

  /** The address of the flag that says whether the group has an order, before the tree's header. */
  private long flag;

  DeliveryOrder(Slabs slabs) {
    tree = new IdTree(slabs, StreamId.BYTES);
  }

  /** The bytes of an order's state, all zero while there is none. */
  static final int HEADER_BYTES = Long.BYTES + IdTree.HEADER_BYTES;

  /** Makes this a view of the order whose state is at an address. */
  void pointTo(long address) {
    flag = address;
    tree.pointTo(address + Long.BYTES);
  }

  boolean exists() {
    return Region.getLong(flag) != 0;
  }

  long sizeBytes() {
    return tree.sizeBytes();
  }

  /** Builds the order of a group's pending entries if there is none. */
  void ensure(IdTree pending) {
    if (exists()) {
      return;
    }
    Region.putLong(flag, 1);
    try {
      for (long at = pending.first(); at != 0; at = pending.next()) {
        put(PendingEntry.delivered(at), IdTree.high(at), IdTree.low(at));
      }
    } catch (OutOfMemoryError full) {
      giveUp();
      throw full;
    }
  }

  /** Records a delivery of an entry that has none in this order. */
  void add(long delivered, long millis, long sequence) {
    if (!exists()) {
      return;
    }
    try {
      put(delivered, millis, sequence);
    } catch (OutOfMemoryError full) {
      giveUp(); // the command itself may still succeed
    }
  }

  private void put(long delivered, long millis, long sequence) {
    long tie = tie(millis, sequence);
    long element = tree.put(delivered, tie);
    while (!tree.added()) {
      tie++;
      element = tree.put(delivered, tie);
    }
    Region.putLong(IdTree.value(element), millis);
    Region.putLong(IdTree.value(element) + Long.BYTES, sequence);
  }

  private static long tie(long millis, long sequence) {
    if (millis >>> MILLIS_BITS == 0 && sequence >>> SEQUENCE_BITS == 0) {
      return millis << SEQUENCE_BITS | sequence;
    }
    long mixed = (millis * 0x9e3779b97f4a7c15L ^ sequence) * 0xbf58476d1ce4e5b9L;
    return MIXED | ((mixed ^ mixed >>> 31) & MIXED_BITS);
  }

  /** Removes the delivery of an entry. */
  void remove(long delivered, long millis, long sequence) {
    if (!exists()) {
      return;
    }
    long element = tree.ceiling(delivered, tie(millis, sequence));
    while (element != 0 && IdTree.high(element) == delivered) {
      id.load(IdTree.value(element));
      if (id.compare(millis, sequence) == 0) {
        boolean unused = tree.remove(delivered, IdTree.low(element));
        return;
      }
      element = tree.next();
    }
    throw new IllegalStateException("a pending entry has no place in the order of deliveries");
  }

  private void giveUp() {
    tree.clear();
    Region.putLong(flag, 0);
  }

  /** Frees a part of an order that is no longer used; returns false if nothing was left. */
  boolean dismantle() {
    if (tree.size() == 0) {
      return false;
    }
    boolean unused = tree.dismantle(element -> {});
    return true;
  }

  // Reading; elements are valid until the next change.

  /** Returns the first element, 0 for none. */
  public long first() {
    return tree.first();
  }

  /** Returns the element after the one returned last, 0 for none. */
  public long next() {
    return tree.next();
  }

  /** Returns the last element with a delivery time below the given one, 0 for none. */
  long lastBefore(long delivered) {
    return tree.floor(delivered - 1, -1);
  }

  /** Returns the delivery time of an element, in Unix milliseconds. */
  public static long delivered(long element) {
    return IdTree.high(element);
  }

  /** Returns the address of the id of an element's entry. */
  public static long entryId(long element) {
    return IdTree.value(element);
  }
}
