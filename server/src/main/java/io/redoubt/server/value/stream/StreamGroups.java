package io.redoubt.server.value.stream;

import io.redoubt.server.keyspace.Dismantling;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.structure.NamedBlocks;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of streams, their consumers and their pending entries. Groups and consumers
 * are identified by the addresses of their blocks, a {@link PendingEntry} by its tree element.
 *
 * <pre>
 *   group      0  length of the name (4 bytes)
 *              8  the id of the last delivered entry
 *             24  the number of entries read, -1 if unknown
 *             32  the tree of pending entries
 *             48  the consumers by name
 *             64  the order of deliveries
 *             88  the name
 *   consumer   0  length of the name (4 bytes)
 *              8  when it was last seen, in Unix milliseconds
 *             16  when it last received an entry, -1 for never
 *             24  the tree of the ids pending for it
 *             40  the name
 * </pre>
 */
public final class StreamGroups {

  /** The number of entries read of a group that does not know it. */
  public static final long UNKNOWN_COUNT = -1;

  /** Marks a consumer that has never received an entry. */
  public static final long NEVER = -1;

  private static final int LAST_ID_AT = 8;
  private static final int READ_AT = 24;
  private static final int PENDING_AT = 32;
  private static final int CONSUMERS_AT = PENDING_AT + IdTree.HEADER_BYTES;
  private static final int ORDER_AT = CONSUMERS_AT + NamedBlocks.HEADER_BYTES;
  private static final int GROUP_NAME_AT = ORDER_AT + DeliveryOrder.HEADER_BYTES;

  private static final int SEEN_AT = 8;
  private static final int ACTIVE_AT = 16;
  private static final int IDS_AT = 24;
  private static final int CONSUMER_NAME_AT = IDS_AT + IdTree.HEADER_BYTES;

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final NamedBlocks groups;
  private final NamedBlocks consumers;
  private final IdTree pending;
  private final IdTree ids;
  private final DeliveryOrder order;
  private final Dismantling wholeGroup = new WholeGroup();
  private final Dismantling tree = new PendingTree();
  private final ReleasedEntries released = new ReleasedEntries(this);
  private @Nullable PartGate gate;

  StreamGroups(Keyspace keyspace) {
    this.keyspace = keyspace;
    slabs = keyspace.slabs();
    groups = new NamedBlocks(slabs, GROUP_NAME_AT);
    consumers = new NamedBlocks(slabs, CONSUMER_NAME_AT);
    pending = new IdTree(slabs, PendingEntry.SIZE_BYTES);
    ids = new IdTree(slabs, 0);
    order = new DeliveryOrder(slabs);
  }

  void setGate(@Nullable PartGate newGate) {
    gate = newGate;
  }

  private void beforePending(long group, long high, long low) {
    if (gate != null) {
      gate.beforePending(group, high, low);
    }
  }

  /** Returns the access to entries that no consumer holds. */
  public ReleasedEntries released() {
    return released;
  }

  // Groups.

  public int count(long root) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    return groups.count();
  }

  /** Returns the group at an index, in the order of names. */
  public long get(long root, int index) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    return groups.get(index);
  }

  /** Returns the group of a name, or 0. */
  public long find(long root, long name, int length) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    return groups.find(name, length);
  }

  /** Adds a group; its name must be new. */
  public long create(long root, long name, int length, StreamId lastId, long entriesRead) {
    long group = named(GROUP_NAME_AT, name, length);
    setLastId(group, lastId);
    setEntriesRead(group, entriesRead);
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    insert(groups, group, GROUP_NAME_AT + (long) length);
    return group;
  }

  /** Removes a group with its consumers and pending entries. */
  public void destroy(long root, long group) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    groups.remove(group);
    if (gate == null || !gate.takesGroup(group)) {
      free(group);
    }
  }

  /** Frees a group that has been removed from its stream, lazily if many entries are pending. */
  public void free(long group) {
    keyspace.free(wholeGroup, group);
  }

  /** Frees a tree of pending entries, including its header, now or lazily. */
  public void freePending(long header) {
    keyspace.free(tree, header);
  }

  private final class WholeGroup implements Dismantling {
    @Override
    public boolean dismantle(long group) {
      if (dismantleGroupStep(group)) {
        return true;
      }
      freeGroup(group);
      return false;
    }

    @Override
    public long elements(long group) {
      return elementsOf(group);
    }
  }

  private final class PendingTree implements Dismantling {
    @Override
    public boolean dismantle(long header) {
      pending.pointTo(header);
      if (pending.dismantle(element -> {})) {
        return true;
      }
      slabs.free(header, IdTree.HEADER_BYTES);
      return false;
    }

    @Override
    public long elements(long header) {
      pending.pointTo(header);
      return pending.size();
    }
  }

  /** Inserts a block, or frees it if the names cannot grow. */
  private void insert(NamedBlocks names, long block, long sizeBytes) {
    try {
      names.insert(block);
    } catch (OutOfMemoryError full) {
      slabs.free(block, sizeBytes);
      throw full;
    }
  }

  private long named(int nameAt, long name, int length) {
    long block = slabs.allocateFar(nameAt + (long) length);
    Region.zero(block, nameAt);
    Region.putInt(block, length);
    Region.copy(name, block + nameAt, length);
    return block;
  }

  /** Returns the address of a group's name. */
  public static long groupName(long group) {
    return group + GROUP_NAME_AT;
  }

  /** Returns the length of the name of a group or a consumer, in bytes. */
  public static int nameLength(long groupOrConsumer) {
    return Region.getInt(groupOrConsumer);
  }

  /** Returns the address of the id of the last delivered entry. */
  public static long lastId(long group) {
    return group + LAST_ID_AT;
  }

  public static void setLastId(long group, StreamId id) {
    id.store(group + LAST_ID_AT);
  }

  /** Returns the number of entries read, or {@link #UNKNOWN_COUNT}. */
  public static long entriesRead(long group) {
    return Region.getLong(group + READ_AT);
  }

  public static void setEntriesRead(long group, long count) {
    Region.putLong(group + READ_AT, count);
  }

  // Consumers.

  public int consumers(long group) {
    consumers.pointTo(group + CONSUMERS_AT);
    return consumers.count();
  }

  /** Returns the consumer at an index, in the order of names. */
  public long consumer(long group, int index) {
    consumers.pointTo(group + CONSUMERS_AT);
    return consumers.get(index);
  }

  /** Returns the consumer of a name, or 0. */
  public long findConsumer(long group, long name, int length) {
    consumers.pointTo(group + CONSUMERS_AT);
    return consumers.find(name, length);
  }

  /** Adds a consumer, seen now and never active; its name must be new in the group. */
  public long createConsumer(long group, long name, int length, long nowMillis) {
    long consumer = named(CONSUMER_NAME_AT, name, length);
    setSeen(consumer, nowMillis);
    setActive(consumer, NEVER);
    consumers.pointTo(group + CONSUMERS_AT);
    insert(consumers, consumer, CONSUMER_NAME_AT + (long) length);
    return consumer;
  }

  /** Removes a consumer with its pending entries; returns their number. */
  public long deleteConsumer(long group, long consumer) {
    ids.pointTo(consumer + IDS_AT);
    pending.pointTo(group + PENDING_AT);
    long count = ids.size();
    for (long id = ids.first(); id != 0; id = ids.next()) {
      beforePending(group, IdTree.high(id), IdTree.low(id));
      long element = pending.find(IdTree.high(id), IdTree.low(id));
      order(group).remove(PendingEntry.delivered(element), IdTree.high(id), IdTree.low(id));
      pending.remove(IdTree.high(id), IdTree.low(id));
    }
    ids.clear();
    consumers.pointTo(group + CONSUMERS_AT);
    consumers.remove(consumer);
    freeConsumer(consumer);
    return count;
  }

  private void freeConsumer(long consumer) {
    slabs.free(consumer, CONSUMER_NAME_AT + (long) nameLength(consumer));
  }

  /** Returns the address of a consumer's name. */
  public static long consumerName(long consumer) {
    return consumer + CONSUMER_NAME_AT;
  }

  /** Returns the time at which a consumer was last seen, in Unix milliseconds. */
  public static long seen(long consumer) {
    return Region.getLong(consumer + SEEN_AT);
  }

  /** Sets {@link #seen(long)}. */
  public static void setSeen(long consumer, long unixMillis) {
    Region.putLong(consumer + SEEN_AT, unixMillis);
  }

  /**
   * Returns the time at which a consumer last received an entry, in Unix milliseconds, or {@link
   * #NEVER}.
   */
  public static long active(long consumer) {
    return Region.getLong(consumer + ACTIVE_AT);
  }

  /** Sets {@link #active(long)}. */
  public static void setActive(long consumer, long unixMillis) {
    Region.putLong(consumer + ACTIVE_AT, unixMillis);
  }

  // Pending entries.

  /** Returns the pending entries of a group by id; the view is valid until the next call. */
  public IdTree pending(long group) {
    pending.pointTo(group + PENDING_AT);
    return pending;
  }

  /** Returns a separate view of the pending entries of a group. */
  public IdTree newPending(long group) {
    IdTree view = new IdTree(slabs, PendingEntry.SIZE_BYTES);
    view.pointTo(group + PENDING_AT);
    return view;
  }

  /** Returns the ids pending for a consumer; the view is valid until the next call. */
  public IdTree pendingIds(long consumer) {
    ids.pointTo(consumer + IDS_AT);
    return ids;
  }

  private DeliveryOrder order(long group) {
    order.pointTo(group + ORDER_AT);
    return order;
  }

  /** Returns the pending entries of a group by delivery time; valid until the next call. */
  public DeliveryOrder byDelivery(long group) {
    order(group).ensure(pending(group));
    return order;
  }

  /** Records one more delivery of a pending entry. */
  public void countDelivery(long group, long element, long unixMillis) {
    beforePending(group, IdTree.high(element), IdTree.low(element));
    moveInOrder(group, element, unixMillis);
    PendingEntry.putDelivery(
        element, unixMillis, StreamRoot.next(PendingEntry.deliveries(element)));
  }

  private void moveInOrder(long group, long element, long unixMillis) {
    if (order(group).exists() && PendingEntry.delivered(element) != unixMillis) {
      long millis = IdTree.high(element);
      long sequence = IdTree.low(element);
      order.remove(PendingEntry.delivered(element), millis, sequence);
      order.add(unixMillis, millis, sequence);
    }
  }

  /** Makes an entry pending for a consumer, even if it is pending already for any consumer. */
  public void deliver(long group, long consumer, StreamId id, long unixMillis, long deliveries) {
    beforePending(group, id.millis(), id.sequence());
    long element = pending(group).put(id.millis(), id.sequence());
    boolean added = pending.added();
    long before = added ? 0 : PendingEntry.owner(element);
    if (!added) {
      moveInOrder(group, element, unixMillis);
    }
    PendingEntry.putDelivery(element, unixMillis, deliveries);
    if (before == consumer) {
      return;
    }
    try {
      pendingIds(consumer).put(id.millis(), id.sequence());
    } catch (OutOfMemoryError full) {
      if (added) {
        pending.remove(id.millis(), id.sequence());
      }
      throw full;
    }
    PendingEntry.putOwner(element, consumer);
    if (before != 0) {
      pendingIds(before).remove(id.millis(), id.sequence());
    }
    if (added) {
      order(group).add(unixMillis, id.millis(), id.sequence());
    }
  }

  /** Removes a pending entry; returns false if the entry is not pending. */
  public boolean acknowledge(long group, StreamId id) {
    long element = pending(group).find(id.millis(), id.sequence());
    if (element == 0) {
      return false;
    }
    beforePending(group, id.millis(), id.sequence());
    order(group).remove(PendingEntry.delivered(element), id.millis(), id.sequence());
    pendingIds(PendingEntry.owner(element)).remove(id.millis(), id.sequence());
    return pending.remove(id.millis(), id.sequence());
  }

  /**
   * During loading: adds a pending entry without a consumer; returns false if it exists already.
   */
  public boolean addPending(long group, StreamId id, long unixMillis, long deliveries) {
    long element = pending(group).put(id.millis(), id.sequence());
    if (!pending.added()) {
      return false;
    }
    PendingEntry.putDelivery(element, unixMillis, deliveries);
    PendingEntry.putOwner(element, 0);
    return true;
  }

  /** Returns true if an entry is pending in a group, for any consumer. */
  public boolean isPending(long group, StreamId id) {
    return pending(group).find(id.millis(), id.sequence()) != 0;
  }

  /**
   * During loading: sets the consumer of a pending entry; returns false if the entry is absent or
   * has a consumer.
   */
  public boolean assign(long group, long consumer, StreamId id) {
    long element = pending(group).find(id.millis(), id.sequence());
    if (element == 0 || PendingEntry.owner(element) != 0) {
      return false;
    }
    PendingEntry.putOwner(element, consumer);
    pendingIds(consumer).put(id.millis(), id.sequence());
    return true;
  }

  /** Returns true if every pending entry of a group has a consumer, which holds after loading. */
  public boolean isAssigned(long group) {
    long assigned = 0;
    for (int i = 0; i < consumers(group); i++) {
      assigned += pendingIds(consumer(group, i)).size();
    }
    return assigned == pending(group).size();
  }

  /**
   * During loading: sets the consumer of all pending entries that have none; returns their number.
   */
  public long assignRest(long group, long consumer) {
    long assigned = 0;
    IdTree all = pending(group);
    for (long element = all.first(); element != 0; element = all.next()) {
      if (PendingEntry.owner(element) == 0) {
        PendingEntry.putOwner(element, consumer);
        pendingIds(consumer).put(IdTree.high(element), IdTree.low(element));
        assigned++;
      }
    }
    return assigned;
  }

  // Whole streams.

  /** Frees a small part of a stream's groups; returns false when nothing is left. */
  boolean dismantle(long root) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    if (groups.count() == 0) {
      return false;
    }
    long group = groups.get(groups.count() - 1);
    // Removed only when it is empty; its name is not read any more.
    if (!dismantleGroupStep(group)) {
      groups.removeLast();
      freeGroup(group);
    }
    return true;
  }

  private boolean dismantleGroupStep(long group) {
    if (pending(group).size() > 0) {
      pending.dismantle(element -> {});
      return true;
    }
    if (order(group).dismantle()) {
      return true;
    }
    consumers.pointTo(group + CONSUMERS_AT);
    if (consumers.count() == 0) {
      return false;
    }
    long consumer = consumers.get(consumers.count() - 1);
    if (!pendingIds(consumer).dismantle(element -> {})) {
      consumers.removeLast();
      freeConsumer(consumer);
    }
    return true;
  }

  private void freeGroup(long group) {
    slabs.free(group, GROUP_NAME_AT + (long) nameLength(group));
  }

  /** Returns the number of elements that determines the time to free the groups. */
  long elements(long root) {
    long elements = 0;
    int count = count(root);
    for (int i = 0; i < count && elements <= MANY; i++) {
      long group = get(root, i);
      elements += elementsOf(group);
    }
    return elements;
  }

  private long elementsOf(long group) {
    return 1 + pending(group).size() + consumers(group);
  }

  /** The count need not be exact beyond this. */
  private static final long MANY = 1 << 10;

  /** Copies the groups of a stream to one without groups. */
  void copy(long root, long toRoot) {
    StreamId id = new StreamId();
    for (int i = 0; i < count(root); i++) {
      long group = get(root, i);
      id.load(lastId(group));
      long copy = create(toRoot, groupName(group), nameLength(group), id, entriesRead(group));
      for (int k = 0; k < consumers(group); k++) {
        long consumer = consumer(group, k);
        long made =
            createConsumer(copy, consumerName(consumer), nameLength(consumer), seen(consumer));
        setActive(made, active(consumer));
      }
      copyPending(group, copy, id);
    }
  }

  private void copyPending(long group, long copy, StreamId id) {
    IdTree source = new IdTree(slabs, PendingEntry.SIZE_BYTES);
    source.pointTo(group + PENDING_AT);
    for (long element = source.first(); element != 0; element = source.next()) {
      long owner = PendingEntry.owner(element);
      long consumer = findConsumer(copy, consumerName(owner), nameLength(owner));
      id.set(IdTree.high(element), IdTree.low(element));
      deliver(
          copy, consumer, id, PendingEntry.delivered(element), PendingEntry.deliveries(element));
    }
  }

  long sizeBytes(long root) {
    groups.pointTo(root + StreamRoot.GROUPS_AT);
    long bytes = groups.sizeBytes();
    for (int i = 0; i < count(root); i++) {
      long group = get(root, i);
      bytes += slabs.blockBytes(GROUP_NAME_AT + (long) nameLength(group));
      bytes += pending(group).sizeBytes() + order(group).sizeBytes();
      for (int k = 0; k < consumers(group); k++) {
        long consumer = consumer(group, k);
        bytes += slabs.blockBytes(CONSUMER_NAME_AT + (long) nameLength(consumer));
        bytes += pendingIds(consumer).sizeBytes();
      }
      bytes += consumers.sizeBytes();
    }
    return bytes;
  }
}
