package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.OwnBlock;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.context.SnapshotContext;
import io.redoubt.server.structure.ByteTable;
import io.redoubt.server.structure.PartGate;
import io.redoubt.server.structure.list.QuicklistRoot;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.StreamRoot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The large values of a snapshot in progress, which have too many elements to be written at once.
 * Neither the walk nor the first change of such a value takes time proportional to its size, and
 * the value is never copied as a whole:
 *
 * <ul>
 *   <li>When the walk reaches its entry, or before its first change, the value is added ({@link
 *       #add}) and its record started. From then on the entry's epoch marks it as done, and
 *       structures announce each part that is about to change ({@link PartGate}); a part that the
 *       record lacks is written ahead or kept aside.
 *   <li>One value at a time is open: its record goes to the writer thread piece by piece, {@link
 *       #step} by step, and the thread holds back other records in the meantime ({@link RawQueue}).
 *       The others wait in the order in which they were added; they are written before the walk
 *       continues, so values that change come first.
 *   <li>The bytes written ahead or kept aside are counted. When they exceed a share of the data,
 *       writes are paused ({@link #isOverfull}) while the steps continue.
 *   <li>A value that is removed, overwritten or flushed is not freed but left to this class ({@link
 *       #keeps}), which frees it once it has been written; the same holds for a node that leaves a
 *       list.
 * </ul>
 *
 * Values are identified by their roots, which RENAME, MOVE and SWAPDB do not move.
 */
public final class LargeValues implements PartGate, AutoCloseable {

  /** The work for a node of a list or a stream, in elements. */
  private static final int NODE_ELEMENTS = 64;

  /** The bytes of a string that count as one element. */
  private static final int ELEMENT_BYTES = 256;

  private static final long LEAST_ASIDE_BYTES = 8L << 20;
  private static final int ASIDE_SHARE = 32;

  private final Values values;
  private final Keyspace keyspace;
  private final Slabs slabs;
  private final BufferMemory buffers;
  private final EntryWriter entries;
  private final RawQueue raw;
  private final int number;
  private final long largeElements;
  private final int version;
  private final Map<Long, LargeValue> byRoot = new HashMap<>();
  private final Map<Long, LargeValue> byGateAddress = new HashMap<>();
  private final Queue<LargeValue> waiting = new ArrayDeque<>();
  private final LongConsumer aside = this::aside;
  private final long mostAsideBytes;
  private long asideBytes;
  private @Nullable LargeValue open;

  // A cache of the last lookup by a gate, since commands return to the value they have changed.
  private long toldAddress;
  private @Nullable LargeValue told;

  /**
   * Creates an empty collection and registers its gates.
   *
   * @param entries writes all other entries
   * @param version the RDB version to use even if an older one would do
   * @param number the walk's number
   * @param onFailure called if there is no memory for a pre-image
   */
  public LargeValues(
      SnapshotContext context,
      EntryWriter entries,
      int version,
      RawQueue raw,
      int number,
      Consumer<OutOfMemoryError> onFailure) {
    values = context.values();
    keyspace = context.keyspace();
    slabs = keyspace.slabs();
    buffers = new SlabBuffers(slabs);
    this.entries = entries;
    this.raw = raw;
    this.number = number;
    largeElements = context.settings().largeElements();
    this.version = version;
    mostAsideBytes = Math.max(LEAST_ASIDE_BYTES, slabs.usedBytes() / ASIDE_SHARE);
    values.setGate(new GuardedPartGate(this, onFailure));
  }

  private void aside(long change) {
    asideBytes += change;
  }

  /** Returns true if writes must wait because too many bytes are kept aside. */
  public boolean isOverfull() {
    return asideBytes > mostAsideBytes;
  }

  /** Returns true if writes would soon have to wait again. */
  public boolean isNearlyOverfull() {
    return asideBytes > mostAsideBytes / 4 * 3;
  }

  /** Returns true if any value is incomplete. */
  public boolean areLeft() {
    return !byRoot.isEmpty();
  }

  /** Returns true if the value of an entry is too large to be written at once. */
  public boolean isLarge(long entry) {
    if (Entry.isString(entry)) {
      return Entry.encoding(entry) == Encoding.OWN_BLOCK
          && OwnBlock.length(Entry.payloadAddress(entry)) > largeElements * ELEMENT_BYTES;
    }
    if (!Encoding.isStructure(Entry.encoding(entry))) {
      return false;
    }
    long root = Entry.root(entry);
    return switch (Entry.type(entry)) {
      case STRING -> throw new IllegalArgumentException();
      case LIST -> QuicklistRoot.nodes(root) * NODE_ELEMENTS > largeElements;
      case STREAM -> StreamRoot.nodeCount(root) * NODE_ELEMENTS > largeElements;
      case SET, HASH -> ByteTable.size(root) > largeElements;
      case ZSET -> ByteTable.size(values.sortedSets().table(root)) > largeElements;
    };
  }

  /** Adds the value of an entry, which is in its state at the start of the snapshot. */
  public void add(int database, long entry) {
    RdbKey key = entries.key(database, entry);
    RecordOutput out = new RecordOutput(raw, buffers, aside);
    LargeValue value =
        switch (Entry.type(entry)) {
          case SET -> LargeTable.set(database, entry, key, keyspace, out);
          case HASH -> LargeTable.hash(database, entry, key, keyspace, out);
          case ZSET -> new LargeSortedSet(database, entry, key, values, out);
          case LIST -> new LargeList(database, entry, key, slabs, number, out, aside);
          case STREAM -> new LargeStream(database, entry, key, values, version, out, aside);
          case STRING -> new LargeString(database, entry, key, slabs, out, aside);
        };
    byRoot.put(value.root(), value);
    value.gateAddresses().forEach(address -> byGateAddress.put(address, value));
    toldAddress = 0;
    waiting.add(value);
  }

  /**
   * Writes a part of the open value, or opens the next one.
   *
   * @return false if there is none
   */
  public boolean step() {
    LargeValue current = open;
    if (current == null) {
      current = waiting.poll();
      if (current == null) {
        return false;
      }
      entries.select(current.database());
      current.out().open();
      open = current;
    }
    try {
      if (!current.step()) {
        current.out().end();
        entries.countWritten();
        open = null;
        forget(current);
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts every value
    }
    return true;
  }

  private void forget(LargeValue value) {
    byRoot.remove(value.root());
    value.gateAddresses().forEach(byGateAddress::remove);
    toldAddress = 0;
    value.close();
    if (value.isKept()) {
      value.freeKept(keyspace);
    }
  }

  /**
   * Returns true if a structure to which nothing else refers is still needed; it must not be freed
   * then.
   */
  public boolean keeps(long root) {
    LargeValue value = byRoot.get(root);
    if (value == null) {
      return false;
    }
    value.keep();
    return true;
  }

  private @Nullable LargeValue at(long gateAddress) {
    if (gateAddress != toldAddress) {
      toldAddress = gateAddress;
      told = byGateAddress.get(gateAddress);
    }
    return told;
  }

  @Override
  public void beforeElement(long table, long hash) {
    LargeValue value = at(table);
    if (value != null) {
      value.beforeElement(hash);
    }
  }

  @Override
  public void beforeNode(long list, long node) {
    LargeValue value = at(list);
    if (value != null) {
      value.beforeNode(node);
    }
  }

  @Override
  public void onAdded(long list, long node) {
    LargeValue value = at(list);
    if (value != null) {
      value.onAdded(node);
    }
  }

  @Override
  public boolean takes(long list, long node, long after) {
    LargeValue value = at(list);
    return value != null && value.takes(node, after);
  }

  @Override
  public void beforeStreamNode(long stream, long element) {
    LargeValue value = at(stream);
    if (value != null) {
      value.beforeStreamNode(element);
    }
  }

  @Override
  public void beforePending(long group, long high, long low) {
    LargeValue value = at(group);
    if (value != null) {
      value.beforePending(group, high, low);
    }
  }

  @Override
  public boolean takesGroup(long group) {
    LargeValue value = at(group);
    return value != null && value.takesGroup(group);
  }

  /** Called before bytes of a string in a block of its own are overwritten. */
  public void beforeBytes(long block, long from, long to) {
    LargeValue value = at(block);
    if (value != null) {
      value.beforeBytes(from, to);
    }
  }

  /** Closes all values, complete or not, before the walk is closed. */
  @Override
  public void close() {
    values.setGate(null);
    new ArrayList<>(byRoot.values()).forEach(this::forget);
    waiting.clear();
    open = null;
  }
}
