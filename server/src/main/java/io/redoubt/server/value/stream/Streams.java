package io.redoubt.server.value.stream;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteStrings;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.structure.PartGate;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Streams: nodes of entries ({@link StreamNode}), kept in a tree ordered by id, and consumer groups
 * ({@link StreamGroups}), and the ids by which messages of producers are recognized ({@link
 * Idempotency}).
 *
 * <p>A stream is identified by its {@link StreamRoot}. A writer gets the root from {@link #change}.
 */
public final class Streams implements Structures, AutoCloseable {
  /** The maximum size of a node, regardless of the configuration. */
  private static final long MAX_NODE_BYTES = 1L << 30;

  static final int NODE_VALUE_BYTES = 16;
  private static final int CAPACITY_AT = 8;

  private final Slabs slabs;
  private final EncodingDirectives limits;
  private final IdTree nodes;
  private final StreamGroups groups;
  private final Idempotency idempotency;
  private final StreamEntries entries;
  private final ByteStrings temporary;
  private final ByteStrings moreTemporary;
  private final BlockConsumer freeNode = this::freeNode;
  private @Nullable PartGate gate;
  private final StreamId id = new StreamId();
  private final StreamId first = new StreamId();
  private final StreamId last = new StreamId();

  /** Creates the access to the streams of a keyspace. */
  public Streams(Keyspace keyspace, EncodingDirectives limits) {
    slabs = keyspace.slabs();
    this.limits = limits;
    nodes = new IdTree(slabs, NODE_VALUE_BYTES);
    groups = new StreamGroups(keyspace);
    idempotency = new Idempotency(keyspace);
    entries = new StreamEntries(slabs);
    temporary = new ByteStrings(slabs);
    moreTemporary = new ByteStrings(slabs);
  }

  public void setGate(@Nullable PartGate newGate) {
    gate = newGate;
    groups.setGate(newGate);
  }

  private void beforeNode(long root, long element) {
    if (gate != null) {
      gate.beforeStreamNode(root, element);
    }
  }

  /** Returns a scratch list of texts or ids for the running command. */
  public ByteStrings temporary() {
    return temporary;
  }

  /** Returns a second scratch list like {@link #temporary}. */
  public ByteStrings moreTemporary() {
    return moreTemporary;
  }

  public StreamGroups groups() {
    return groups;
  }

  /** Frees the scratch lists; the streams belong to the keyspace. */
  @Override
  public void close() {
    temporary.close();
    moreTemporary.close();
  }

  /** Returns the access to the idempotent ids of streams. */
  public Idempotency idempotency() {
    return idempotency;
  }

  /** Takes over the streams of a spare keyspace, whether they are to be kept or freed. */
  public void takeOver(Streams spare) {
    idempotency.takeOver(spare.idempotency);
  }

  /** Returns the iterator shared by commands. */
  public StreamEntries entries() {
    return entries;
  }

  // Entries of the keyspace.

  public static long root(long entry) {
    return Entry.root(entry);
  }

  /** Returns the root of a stream that is about to be changed. */
  public static long change(Database database, long entry) {
    database.beforeChange(entry);
    return Entry.root(entry);
  }

  /** Creates an empty stream for a key without a value; returns its root. */
  public long create(Database database, long key, int keyLength) {
    long root = newRoot();
    database.createStructure(key, keyLength, Type.STREAM, root);
    return root;
  }

  /** Returns true if an entry of the id exists. */
  public boolean contains(long root, StreamId wanted) {
    entries.start(root, wanted, wanted, false);
    return entries.next();
  }

  /** Stores the id of the last existing entry in {@code result}; returns false if there is none. */
  public boolean lastEntry(long root, StreamId result) {
    first.setFirst();
    last.setLast();
    entries.start(root, first, last, true);
    boolean found = entries.next();
    if (found) {
      result.set(entries.id());
    }
    return found;
  }

  /**
   * Stores the id of the first node, a lower bound of all entries, in {@code result}; the highest
   * id if there is no node.
   */
  public void firstNodeId(long root, StreamId result) {
    long element = nodes(root).first();
    if (element == 0) {
      result.setLast();
    } else {
      result.set(IdTree.high(element), IdTree.low(element));
    }
  }

  // Nodes, for saving and loading.

  /**
   * Returns the tree of a stream's nodes by id, valid until the next call. Its elements are
   * arguments of {@link #node}.
   */
  public IdTree nodes(long root) {
    nodes.pointTo(root + StreamRoot.NODES_AT);
    return nodes;
  }

  /** Returns the listpack of an element of {@link #nodes}. */
  public static long node(long element) {
    return Region.getLong(IdTree.value(element));
  }

  /** Creates a stream without entries that is not stored yet. */
  public long newRoot() {
    return StreamRoot.create(slabs);
  }

  /**
   * Adds a copy of a node during loading, to be finished by {@link #onLoaded}. Returns false if a
   * node of that id exists.
   *
   * @param memory the memory of the node, which is a valid one ({@link
   *     io.redoubt.persistence.packed.StreamListpack#check})
   */
  public boolean addNode(long root, StreamId nodeId, MemorySegment memory, long listpack) {
    nodes.pointTo(root + StreamRoot.NODES_AT);
    if (nodes.find(nodeId.millis(), nodeId.sequence()) != 0) {
      return false;
    }
    long bytes = Listpack.sizeBytes(memory, listpack);
    long node = newNode(nodeId, bytes);
    MemorySegment.copy(memory, listpack, Region.MEMORY, node, bytes);
    StreamRoot.addLength(root, StreamNode.live(node));
    return true;
  }

  /** Determines the id of the first entry after all nodes were added. */
  public void onLoaded(long root) {
    updateFirstId(root);
  }

  /** Adds a node of an id that has none; its contents are undefined. */
  private long newNode(StreamId id, long capacity) {
    long node = slabs.allocateFar(capacity);
    try {
      return putNode(nodes.put(id.millis(), id.sequence()), node, capacity);
    } catch (OutOfMemoryError full) {
      slabs.free(node, capacity);
      throw full;
    }
  }

  private static long putNode(long element, long node, long capacity) {
    Region.putLong(IdTree.value(element), node);
    Region.putLong(IdTree.value(element) + CAPACITY_AT, capacity);
    return node;
  }

  private static long capacity(long element) {
    return Region.getLong(IdTree.value(element) + CAPACITY_AT);
  }

  private void freeNode(long element) {
    slabs.free(node(element), capacity(element));
  }

  /** Reallocates a node with another capacity. */
  private long resize(long element, long capacity) {
    long old = node(element);
    long oldCapacity = capacity(element);
    long node = slabs.allocateFar(capacity);
    Region.copy(old, node, StreamNode.sizeBytes(old));
    slabs.free(old, oldCapacity);
    return putNode(element, node, capacity);
  }

  // Adding.

  /** Returns true if the words of an entry are too long for any node. */
  public static boolean isTooLarge(Request words, int firstWord, int count) {
    return lengths(words, firstWord, count) > MAX_NODE_BYTES;
  }

  private static long lengths(Request words, int firstWord, int count) {
    long sum = 0;
    for (int i = firstWord; i < firstWord + count; i++) {
      sum += words.length(i);
    }
    return sum;
  }

  /**
   * Adds an entry at the end.
   *
   * @param newId an id after the last one
   * @param words the request with the fields and values: field, value, ...
   * @param count the number of words
   */
  public void append(long root, StreamId newId, Request words, int firstWord, int count) {
    nodes.pointTo(root + StreamRoot.NODES_AT);
    long element = nodes.last();
    if (element != 0 && !isFull(node(element), lengths(words, firstWord, count))) {
      beforeNode(root, element);
      long node = makeRoom(element, StreamNode.mostEntryBytes(words, firstWord, count));
      StreamNode.append(
          node,
          newId.millis() - IdTree.high(element),
          newId.sequence() - IdTree.low(element),
          words,
          firstWord,
          count);
    } else {
      if (element != 0) {
        trimCapacity(element);
      }
      long capacity = slabs.blockBytes(StreamNode.mostNodeBytes(words, firstWord, count));
      long node = newNode(newId, capacity);
      StreamNode.create(node, words, firstWord, count);
    }
    StreamRoot.addLength(root, 1);
    if (StreamRoot.length(root) == 1) {
      newId.store(StreamRoot.firstId(root));
    }
    newId.store(StreamRoot.lastId(root));
    StreamRoot.setEntriesAdded(root, StreamRoot.next(StreamRoot.entriesAdded(root)));
  }

  private boolean isFull(long node, long addedBytes) {
    long maxBytes = limits.streamNodeMaxBytes.value();
    if (maxBytes == 0 || maxBytes > MAX_NODE_BYTES) {
      maxBytes = MAX_NODE_BYTES;
    }
    if (StreamNode.sizeBytes(node) + addedBytes >= maxBytes) {
      return true;
    }
    long maxEntries = limits.streamNodeMaxEntries.value();
    return maxEntries != 0 && StreamNode.live(node) + StreamNode.deleted(node) >= maxEntries;
  }

  /** Ensures room for the given number of bytes; the last node doubles up to its usual size. */
  private long makeRoom(long element, long bytes) {
    long node = node(element);
    long size = StreamNode.sizeBytes(node);
    if (size + bytes <= capacity(element)) {
      return node;
    }
    long usual = Math.min(2 * size, Math.max(limits.streamNodeMaxBytes.value(), size));
    return resize(element, slabs.blockBytes(Math.max(size + bytes, usual)));
  }

  private void trimCapacity(long element) {
    long size = StreamNode.sizeBytes(node(element));
    if (slabs.blockBytes(size) < capacity(element)) {
      resize(element, size);
    }
  }

  // Deleting.

  /**
   * Deletes the entry of an id; returns false if it is absent. The caller then calls {@link
   * #onDeleted}.
   */
  public boolean delete(long root, StreamId wanted) {
    entries.start(root, wanted, wanted, false);
    if (!entries.next()) {
      return false;
    }
    long element = entries.element();
    long node = node(element);
    StreamRoot.addLength(root, -1);
    if (StreamNode.live(node) == 1) {
      removeNode(root, element);
    } else {
      beforeNode(root, element);
      StreamNode.markDeleted(entries.entry());
      count(element, 1);
    }
    if (wanted.compareAt(StreamRoot.maxDeletedId(root)) > 0) {
      StreamRoot.setMaxDeletedId(root, wanted);
    }
    return true;
  }

  /** Updates the id of the first entry after deletions. */
  public void onDeleted(long root) {
    updateFirstId(root);
  }

  private void removeNode(long root, long element) {
    beforeNode(root, element);
    freeNode(element);
    nodes.pointTo(root + StreamRoot.NODES_AT);
    nodes.remove(IdTree.high(element), IdTree.low(element));
  }

  /** Moves the given number of a node's entries from the live to the deleted count. */
  private void count(long element, long deletedNow) {
    long node = makeRoom(element, StreamNode.COUNT_ROOM_BYTES);
    StreamNode.putCounts(
        node, StreamNode.live(node) - deletedNow, StreamNode.deleted(node) + deletedNow);
  }

  private void updateFirstId(long root) {
    first.setFirst();
    last.setLast();
    entries.start(root, first, last, false);
    if (entries.next()) {
      entries.id().store(StreamRoot.firstId(root));
    } else {
      first.store(StreamRoot.firstId(root));
    }
  }

  /**
   * Deletes the oldest entries until the length is within the limit.
   *
   * @param wholeNodes true to delete only whole nodes, so that a few more entries may stay
   * @param limit the maximum number of deleted entries, 0 for no limit
   * @return the number of deleted entries
   */
  public long trimToLength(long root, long maxLength, boolean wholeNodes, long limit) {
    long deleted = 0;
    nodes.pointTo(root + StreamRoot.NODES_AT);
    while (StreamRoot.length(root) > maxLength) {
      long element = nodes.first();
      long live = StreamNode.live(node(element));
      if (limit != 0 && deleted + live > limit) {
        break;
      }
      if (StreamRoot.length(root) - live >= maxLength) {
        removeNode(root, element);
        StreamRoot.addLength(root, -live);
        deleted += live;
      } else {
        if (!wholeNodes) {
          last.setLast();
          deleted += trimNode(root, element, StreamRoot.length(root) - maxLength, last);
        }
        break;
      }
    }
    if (deleted > 0) {
      updateFirstId(root);
    }
    return deleted;
  }

  /** Deletes the entries with ids below the given one, like {@link #trimToLength}. */
  public long trimToId(long root, StreamId minId, boolean wholeNodes, long limit) {
    long deleted = 0;
    nodes.pointTo(root + StreamRoot.NODES_AT);
    for (long element = nodes.first(); element != 0; element = nodes.first()) {
      long live = StreamNode.live(node(element));
      if (limit != 0 && deleted + live > limit) {
        break;
      }
      lastIdOfNode(element);
      if (id.compare(minId) < 0) {
        removeNode(root, element);
        StreamRoot.addLength(root, -live);
        deleted += live;
      } else {
        if (!wholeNodes) {
          deleted += trimNode(root, element, live, minId);
        }
        break;
      }
    }
    if (deleted > 0) {
      updateFirstId(root);
    }
    return deleted;
  }

  private void lastIdOfNode(long element) {
    long node = node(element);
    loadId(element, StreamNode.before(node, StreamNode.end(node)));
  }

  private void loadId(long element, long entry) {
    long millis = StreamNode.after(entry);
    id.set(
        IdTree.high(element) + StreamNode.integer(millis),
        IdTree.low(element) + StreamNode.integer(StreamNode.after(millis)));
  }

  /**
   * Marks up to {@code most} of a node's first entries as deleted, as long as their ids are below a
   * limit.
   */
  private long trimNode(long root, long element, long most, StreamId before) {
    beforeNode(root, element);
    long node = node(element);
    long end = StreamNode.end(node);
    long deleted = 0;
    long at = StreamNode.firstEntry(node);
    while (at != end && deleted < most) {
      loadId(element, at);
      if (id.compare(before) >= 0) {
        break;
      }
      if ((StreamNode.integer(at) & StreamNode.DELETED) == 0) {
        StreamNode.markDeleted(at);
        deleted++;
      }
      at = StreamNode.afterEntry(node, at);
    }
    StreamRoot.addLength(root, -deleted);
    if (deleted > 0) {
      count(element, deleted); // a node without live entries stays, as in Redis
    }
    return deleted;
  }

  // Structures.

  @Override
  public boolean dismantle(long root) {
    nodes.pointTo(root + StreamRoot.NODES_AT);
    if (nodes.dismantle(freeNode) || groups.dismantle(root) || idempotency.dismantle(root)) {
      return true;
    }
    slabs.free(root, StreamRoot.BYTES);
    return false;
  }

  @Override
  public long elements(long root) {
    return nodes(root).size() + groups.elements(root) + idempotency.elements(root);
  }

  @Override
  public long copy(long root) {
    long copy = newRoot();
    Region.copy(root, copy, StreamRoot.NODES_AT);
    IdTree target = new IdTree(slabs, NODE_VALUE_BYTES);
    target.pointTo(copy + StreamRoot.NODES_AT);
    nodes.pointTo(root + StreamRoot.NODES_AT);
    for (long element = nodes.first(); element != 0; element = nodes.next()) {
      long bytes = StreamNode.sizeBytes(node(element));
      long made = target.put(IdTree.high(element), IdTree.low(element));
      Region.copy(node(element), putNode(made, slabs.allocateFar(bytes), bytes), bytes);
    }
    groups.copy(root, copy);
    idempotency.copy(root, copy);
    return copy;
  }

  @Override
  public long sizeBytes(long root, long samples) {
    nodes.pointTo(root + StreamRoot.NODES_AT);
    long size = nodes.size();
    long counted = samples == 0 ? size : Math.min(samples, size);
    long bytes = 0;
    long element = nodes.first();
    for (long i = 0; i < counted; i++) {
      bytes += slabs.blockBytes(capacity(element));
      element = nodes.next();
    }
    if (counted < size) {
      bytes = bytes / counted * (size - 1) + slabs.blockBytes(capacity(nodes.last()));
    }
    return slabs.blockBytes(StreamRoot.BYTES)
        + bytes
        + nodes.sizeBytes()
        + groups.sizeBytes(root)
        + idempotency.sizeBytes(root);
  }
}
