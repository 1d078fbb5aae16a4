package io.redoubt.server.value;

import io.redoubt.server.keyspace.Dismantling;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.structure.NamedBlocks;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * The consumer groups of streams, their consumers, and what was delivered and not acknowledged yet.
 * Groups and consumers are told by the addresses of their blocks; what is pending by an element of
 * a tree, valid until the next change.
 *
 * <pre>
 *   group      0  length of the name (4 bytes)
 *              8  the last id that was delivered
 *             24  how many entries were read, -1 when that is not known
 *             32  the tree of what is pending
 *             48  the consumers by name
 *             64  the name
 *   consumer   0  length of the name (4 bytes)
 *              8  when it was last seen, in Unix milliseconds
 *             16  when it last got something, -1 for never
 *             24  the tree of ids that are pending for it
 *             40  the name
 *   pending    0  when it was last delivered, in Unix milliseconds
 *              8  how often it was delivered
 *             16  the consumer; 0 only while it is loaded
 * </pre>
 */
public final class StreamGroups {

  /** Entries read of a group that does not know. */
  public static final long UNKNOWN_COUNT = -1;

  /** When a consumer got something that never got anything. */
  public static final long NEVER = -1;

  private static final int LAST_ID_AT = 8;
  private static final int READ_AT = 24;
  private static final int PENDING_AT = 32;
  private static final int CONSUMERS_AT = PENDING_AT + IdTree.HEADER_BYTES;
  private static final int GROUP_NAME_AT = CONSUMERS_AT + NamedBlocks.HEADER_BYTES;

  private static final int SEEN_AT = 8;
  private static final int ACTIVE_AT = 16;
  private static final int IDS_AT = 24;
  private static final int CONSUMER_NAME_AT = IDS_AT + IdTree.HEADER_BYTES;

  private static final int DELIVERED_AT = 0;
  private static final int DELIVERIES_AT = 8;
  private static final int OWNER_AT = 16;
  private static final int PENDING_VALUE_BYTES = 24;

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final NamedBlocks groups;
  private final NamedBlocks consumers;
  private final IdTree pending;
  private final IdTree ids;
  private final Dismantling wholeGroup = new WholeGroup();
  private final Dismantling tree = new PendingTree();
  private @Nullable PartGate gate;

  StreamGroups(Keyspace keyspace) {
    this.keyspace = keyspace;
    slabs = keyspace.slabs();
    groups = new NamedBlocks(slabs, GROUP_NAME_AT);
    consumers = new NamedBlocks(slabs, CONSUMER_NAME_AT);
    pending = new IdTree(slabs, PENDING_VALUE_BYTES);
    ids = new IdTree(slabs, 0);
  }

  void gate(@Nullable PartGate told) {
    gate = told;
  }

  private void beforePending(long group, long high, long low) {
    if (gate != null) {
      gate.beforePending(group, high, low);
    }
  }

  // Groups.

  /** How many groups a stream has. */
  public int count(long root) {
    groups.header(root + Streams.GROUPS_AT);
    return groups.count();
  }

  /** The group of that number, in the order of names. */
  public long get(long root, int index) {
    groups.header(root + Streams.GROUPS_AT);
    return groups.get(index);
  }

  /** The group of a name, or 0. */
  public long find(long root, long name, int length) {
    groups.header(root + Streams.GROUPS_AT);
    return groups.find(name, length);
  }

  /** Adds a group of a name that no other one has. */
  public long create(long root, long name, int length, StreamId lastId, long entriesRead) {
    long group = named(GROUP_NAME_AT, name, length);
    lastId(group, lastId);
    entriesRead(group, entriesRead);
    groups.header(root + Streams.GROUPS_AT);
    groups.insert(group);
    return group;
  }

  /** Removes a group with all that it has. */
  public void destroy(long root, long group) {
    groups.header(root + Streams.GROUPS_AT);
    groups.remove(group);
    if (gate == null || !gate.takesGroup(group)) {
      free(group);
    }
  }

  /** Frees a group that is no stream's any more, now or, if much is pending in it, later. */
  public void free(long group) {
    keyspace.free(wholeGroup, group);
  }

  /** Frees a tree of such elements as are pending, its header included, now or later. */
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
      pending.header(header);
      if (pending.dismantle(element -> {})) {
        return true;
      }
      slabs.free(header, IdTree.HEADER_BYTES);
      return false;
    }

    @Override
    public long elements(long header) {
      pending.header(header);
      return pending.size();
    }
  }

  private long named(int nameAt, long name, int length) {
    long block = slabs.allocateFar(nameAt + (long) length);
    Region.zero(block, nameAt);
    Region.putInt(block, length);
    Region.copy(name, block + nameAt, length);
    return block;
  }

  /** Where a group's name is. */
  public static long groupName(long group) {
    return group + GROUP_NAME_AT;
  }

  /** How many bytes the name of a group or of a consumer has. */
  public static int nameLength(long groupOrConsumer) {
    return Region.getInt(groupOrConsumer);
  }

  /** Where the last id is that was delivered. */
  public static long lastId(long group) {
    return group + LAST_ID_AT;
  }

  /** Sets {@link #lastId}. */
  public static void lastId(long group, StreamId id) {
    id.store(group + LAST_ID_AT);
  }

  /** How many entries were read, or {@link #UNKNOWN_COUNT}. */
  public static long entriesRead(long group) {
    return Region.getLong(group + READ_AT);
  }

  /** Sets {@link #entriesRead}. */
  public static void entriesRead(long group, long count) {
    Region.putLong(group + READ_AT, count);
  }

  // Consumers.

  /** How many consumers a group has. */
  public int consumers(long group) {
    consumers.header(group + CONSUMERS_AT);
    return consumers.count();
  }

  /** The consumer of that number, in the order of names. */
  public long consumer(long group, int index) {
    consumers.header(group + CONSUMERS_AT);
    return consumers.get(index);
  }

  /** The consumer of a name, or 0. */
  public long findConsumer(long group, long name, int length) {
    consumers.header(group + CONSUMERS_AT);
    return consumers.find(name, length);
  }

  /** Adds a consumer of a name that no other one of the group has, seen now and never active. */
  public long createConsumer(long group, long name, int length, long nowMillis) {
    long consumer = named(CONSUMER_NAME_AT, name, length);
    seen(consumer, nowMillis);
    active(consumer, NEVER);
    consumers.header(group + CONSUMERS_AT);
    consumers.insert(consumer);
    return consumer;
  }

  /** Removes a consumer with what is pending for it; returns how much that was. */
  public long deleteConsumer(long group, long consumer) {
    ids.header(consumer + IDS_AT);
    pending.header(group + PENDING_AT);
    long count = ids.size();
    for (long id = ids.first(); id != 0; id = ids.next()) {
      beforePending(group, IdTree.high(id), IdTree.low(id));
      pending.remove(IdTree.high(id), IdTree.low(id));
    }
    ids.clear();
    consumers.header(group + CONSUMERS_AT);
    consumers.remove(consumer);
    freeConsumer(consumer);
    return count;
  }

  private void freeConsumer(long consumer) {
    slabs.free(consumer, CONSUMER_NAME_AT + (long) nameLength(consumer));
  }

  /** Where a consumer's name is. */
  public static long consumerName(long consumer) {
    return consumer + CONSUMER_NAME_AT;
  }

  /** When a consumer was last seen, in Unix milliseconds. */
  public static long seen(long consumer) {
    return Region.getLong(consumer + SEEN_AT);
  }

  /** Sets {@link #seen(long)}. */
  public static void seen(long consumer, long unixMillis) {
    Region.putLong(consumer + SEEN_AT, unixMillis);
  }

  /** When a consumer last got something, in Unix milliseconds, or {@link #NEVER}. */
  public static long active(long consumer) {
    return Region.getLong(consumer + ACTIVE_AT);
  }

  /** Sets {@link #active(long)}. */
  public static void active(long consumer, long unixMillis) {
    Region.putLong(consumer + ACTIVE_AT, unixMillis);
  }

  // What is pending.

  /** What is pending in a group, by id; the view is valid until the next call. */
  public IdTree pending(long group) {
    pending.header(group + PENDING_AT);
    return pending;
  }

  /** A view of what is pending in a group, for longer than until the next call. */
  public IdTree newPending(long group) {
    IdTree view = new IdTree(slabs, PENDING_VALUE_BYTES);
    view.header(group + PENDING_AT);
    return view;
  }

  /** The ids that are pending for a consumer; the view is valid until the next call. */
  public IdTree pendingIds(long consumer) {
    ids.header(consumer + IDS_AT);
    return ids;
  }

  /** When a pending entry was last delivered, in Unix milliseconds. */
  public static long delivered(long element) {
    return Region.getLong(IdTree.value(element) + DELIVERED_AT);
  }

  /** How often a pending entry was delivered. */
  public static long deliveries(long element) {
    return Region.getLong(IdTree.value(element) + DELIVERIES_AT);
  }

  /** To whom a pending entry was delivered. */
  public static long owner(long element) {
    return Region.getLong(IdTree.value(element) + OWNER_AT);
  }

  /** Notes that a pending entry was delivered once more. */
  public void deliveredAgain(long group, long element, long unixMillis) {
    beforePending(group, IdTree.high(element), IdTree.low(element));
    delivered(element, unixMillis, Streams.next(deliveries(element)));
  }

  private static void delivered(long element, long unixMillis, long deliveries) {
    Region.putLong(IdTree.value(element) + DELIVERED_AT, unixMillis);
    Region.putLong(IdTree.value(element) + DELIVERIES_AT, deliveries);
  }

  /** Makes an entry pending for a consumer, whether it is pending already, for it or another. */
  public void deliver(long group, long consumer, StreamId id, long unixMillis, long deliveries) {
    beforePending(group, id.millis(), id.sequence());
    long element = pending(group).put(id.millis(), id.sequence());
    boolean added = pending.added();
    delivered(element, unixMillis, deliveries);
    long before = added ? 0 : owner(element);
    if (before == consumer) {
      return;
    }
    if (before != 0) {
      pendingIds(before).remove(id.millis(), id.sequence());
    }
    Region.putLong(IdTree.value(element) + OWNER_AT, consumer);
    pendingIds(consumer).put(id.millis(), id.sequence());
  }

  /** Makes an entry no longer pending; false when it was not. */
  public boolean acknowledge(long group, StreamId id) {
    long element = pending(group).find(id.millis(), id.sequence());
    if (element == 0) {
      return false;
    }
    beforePending(group, id.millis(), id.sequence());
    pendingIds(owner(element)).remove(id.millis(), id.sequence());
    return pending.remove(id.millis(), id.sequence());
  }

  /** While loading: adds a pending entry that has no consumer yet; false when there is one. */
  public boolean addPending(long group, StreamId id, long unixMillis, long deliveries) {
    long element = pending(group).put(id.millis(), id.sequence());
    if (!pending.added()) {
      return false;
    }
    delivered(element, unixMillis, deliveries);
    Region.putLong(IdTree.value(element) + OWNER_AT, 0);
    return true;
  }

  /** Whether an entry is pending in a group, whoever has it. */
  public boolean isPending(long group, StreamId id) {
    return pending(group).find(id.millis(), id.sequence()) != 0;
  }

  /** While loading: gives a pending entry its consumer; false when there is none or it has one. */
  public boolean assign(long group, long consumer, StreamId id) {
    long element = pending(group).find(id.millis(), id.sequence());
    if (element == 0 || owner(element) != 0) {
      return false;
    }
    Region.putLong(IdTree.value(element) + OWNER_AT, consumer);
    pendingIds(consumer).put(id.millis(), id.sequence());
    return true;
  }

  /** Whether every pending entry of a group has a consumer, as it must have once it is loaded. */
  public boolean isAssigned(long group) {
    long assigned = 0;
    for (int i = 0; i < consumers(group); i++) {
      assigned += pendingIds(consumer(group, i)).size();
    }
    return assigned == pending(group).size();
  }

  // Whole streams.

  /** Frees a small part of a stream's groups; returns whether something is left. */
  boolean dismantle(long root) {
    groups.header(root + Streams.GROUPS_AT);
    if (groups.count() == 0) {
      return false;
    }
    long group = groups.get(groups.count() - 1);
    // Taken out only when nothing is left of it; its name is not looked at any more.
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
    consumers.header(group + CONSUMERS_AT);
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

  /** What freeing the groups takes time by. */
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

  /** More than this need not be counted. */
  private static final long MANY = 1 << 10;

  /** Copies the groups of a stream to one that has none. */
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
        active(made, active(consumer));
      }
      copyPending(group, copy, id);
    }
  }

  private void copyPending(long group, long copy, StreamId id) {
    IdTree source = new IdTree(slabs, PENDING_VALUE_BYTES);
    source.header(group + PENDING_AT);
    for (long element = source.first(); element != 0; element = source.next()) {
      long owner = owner(element);
      long consumer = findConsumer(copy, consumerName(owner), nameLength(owner));
      id.set(IdTree.high(element), IdTree.low(element));
      deliver(copy, consumer, id, delivered(element), deliveries(element));
    }
  }

  /** What the groups of a stream take, in bytes. */
  long sizeBytes(long root) {
    groups.header(root + Streams.GROUPS_AT);
    long bytes = groups.sizeBytes();
    for (int i = 0; i < count(root); i++) {
      long group = get(root, i);
      bytes += slabs.blockBytes(GROUP_NAME_AT + (long) nameLength(group));
      bytes += pending(group).sizeBytes();
      for (int k = 0; k < consumers(group); k++) {
        long consumer = consumer(group, k);
        bytes += slabs.blockBytes(CONSUMER_NAME_AT + (long) nameLength(consumer));
        bytes += pendingIds(consumer).sizeBytes();
      }
      bytes += consumers.sizeBytes();
    }
    return bytes;
  }

  /**
   * How many entries come up to an id of a stream that nothing was deleted from, as far as that can
   * be told without counting; else {@link #UNKNOWN_COUNT}.
   */
  public static long readUpTo(long root, long id) {
    if (Streams.entriesAdded(root) == 0) {
      return 0;
    }
    int toLast = compare(id, Streams.lastId(root));
    if (toLast == 0) {
      return Streams.entriesAdded(root);
    }
    int toFirst = compare(id, Streams.firstId(root));
    if (toLast > 0 || toFirst > 0) {
      return UNKNOWN_COUNT;
    }
    long before = Streams.entriesAdded(root) - Streams.length(root);
    return toFirst < 0 ? before : before + 1;
  }

  private static int compare(long id, long other) {
    return IdTree.compare(
        Region.getLong(id),
        Region.getLong(id + Long.BYTES),
        Region.getLong(other),
        Region.getLong(other + Long.BYTES));
  }
}
