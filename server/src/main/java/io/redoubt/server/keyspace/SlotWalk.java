package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A walk over some hash slots of all databases in their state at the start, in steps between
 * commands; it may run at the same time as a {@link Walk}. Every entry of that state is delivered
 * exactly once and unchanged: by {@link #step}, or, if it is about to change before the walk
 * reaches it, to the {@link SnapshotGate}. The gate gets whole entries, even large ones; its other
 * methods are not called.
 *
 * <p>A bit of each entry marks it as delivered if it equals the bit of its slot. New entries get
 * the slot's bit, and the start of a walk flips the bits of its slots. An aborted walk leaves
 * entries with the old bit; {@link Keyspace#freeSome} marks them later.
 *
 * <p>A database flushed during the walk is still walked and freed afterwards. Entries of a dropped
 * slot are not delivered any more.
 */
public final class SlotWalk implements AutoCloseable {
  private final Contents[] databases;
  private final SlotSet slots;
  private final SnapshotGate gate;
  private final Consumer<SlotWalk> ended;
  private final BlockConsumer consumer = this::reach;
  private @Nullable WalkSink sink;
  private int database;
  private int slot;
  private long cursor;
  private int work;
  private boolean isClosed;

  /**
   * Starts a walk over slots.
   *
   * @param databases the contents of all databases, by index
   * @param ended is notified when it is closed
   */
  SlotWalk(Contents[] databases, SlotSet slots, SnapshotGate gate, Consumer<SlotWalk> ended) {
    this.databases = databases;
    this.slots = slots.copy();
    this.gate = gate;
    this.ended = ended;
    for (int i = 0; i < databases.length; i++) {
      SlotTables tables = tables(databases[i]);
      databases[i].slotsWalkedAs = i;
      if (tables.size() > 0) {
        slots.forEach(tables::startWalk);
      }
    }
  }

  private static SlotTables tables(Contents contents) {
    SlotTables tables = contents.slots;
    if (tables == null) {
      throw new IllegalStateException("not a cluster node's keyspace");
    }
    return tables;
  }

  /** Returns true if everything has been delivered. */
  public boolean isDone() {
    return database == databases.length;
  }

  /**
   * Advances by at least {@code entries} entries or a comparable number of empty buckets.
   *
   * @return true if there is more to walk
   */
  public boolean step(int entries, WalkSink to) {
    sink = to;
    walkOn(entries);
    sink = null;
    return !isDone();
  }

  /** Marks entries without delivering them, once aborted; returns true if there are more. */
  boolean markOn(int entries) {
    walkOn(entries);
    return !isDone();
  }

  private void walkOn(int entries) {
    work = 0;
    while (work < entries && !isDone()) {
      SlotTables tables = tables(databases[database]);
      if (tables.size() == 0 || (isClosed && databases[database].isGarbage)) {
        nextDatabase();
        continue;
      }
      if (slots.contains(slot) && tables.size(slot) > 0) {
        work++;
        cursor = tables.scanSlot(slot, cursor, consumer);
      } else {
        cursor = 0;
      }
      if (cursor == 0) {
        slot++;
      }
      if (slot == SlotSet.SLOTS) {
        nextDatabase();
      }
    }
  }

  private void nextDatabase() {
    database++;
    slot = 0;
    cursor = 0;
  }

  private void reach(long entry) {
    SlotTables tables = tables(databases[database]);
    if (tables.isUndelivered(slot, entry)) {
      work++;
      tables.markDelivered(slot, entry);
      if (sink != null) {
        sink.entry(database, entry);
      }
    }
  }

  /** Called before each change of an entry of any database. */
  void beforeChange(Contents changed, long entry) {
    int index = changed.slotsWalkedAs;
    if (index != Contents.NO_WALK) {
      SlotTables tables = tables(changed);
      int of = KeySlot.of(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
      if (slots.contains(of) && tables.isUndelivered(of, entry)) {
        tables.markDelivered(of, entry);
        gate.beforeChange(index, entry);
      }
    }
  }

  /** Finishes the walk, or aborts it if it is not done. */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      for (Contents walked : databases) {
        walked.slotsWalkedAs = Contents.NO_WALK;
      }
      ended.accept(this);
    }
  }
}
