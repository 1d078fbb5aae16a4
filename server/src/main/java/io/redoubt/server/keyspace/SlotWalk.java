package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A walk over some hash slots in their state at the start, in steps between commands; it may run at
 * the same time as a {@link Walk}. Every entry of that state is delivered exactly once and
 * unchanged: by {@link #step}, or, if it is about to change before the walk reaches it, to the
 * {@link SnapshotGate}. The gate gets whole entries, even large ones; its other methods are not
 * called.
 *
 * <p>A bit of each entry marks it as delivered if it equals the bit of its slot. New entries get
 * the slot's bit, and the start of a walk flips the bits of its slots. An aborted walk leaves
 * entries with the old bit; {@link Keyspace#freeSome} marks them later.
 *
 * <p>A database flushed during the walk is still walked and freed afterwards. Entries of a dropped
 * slot are not delivered any more.
 */
public final class SlotWalk implements AutoCloseable {
  private final Contents contents;
  private final SlotTables tables;
  private final SlotSet slots;
  private final SnapshotGate gate;
  private final Consumer<SlotWalk> ended;
  private final BlockConsumer consumer = this::reach;
  private @Nullable WalkSink sink;
  private int slot;
  private long cursor;
  private int work;
  private boolean isClosed;

  /**
   * Starts a walk over slots of contents.
   *
   * @param ended is notified when it is closed
   */
  SlotWalk(Contents contents, SlotSet slots, SnapshotGate gate, Consumer<SlotWalk> ended) {
    if (contents.slots == null) {
      throw new IllegalStateException("not a cluster node's keyspace");
    }
    this.contents = contents;
    this.slots = slots.copy();
    this.gate = gate;
    this.ended = ended;
    tables = contents.slots;
    contents.slotWalks++;
    for (int each = 0; each < SlotSet.SLOTS; each++) {
      if (slots.contains(each)) {
        tables.startWalk(each);
      }
    }
  }

  /** Returns true if everything has been delivered. */
  public boolean isDone() {
    return slot == SlotSet.SLOTS;
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
    if (contents.isGarbage) {
      slot = SlotSet.SLOTS;
    }
    walkOn(entries);
    return !isDone();
  }

  private void walkOn(int entries) {
    work = 0;
    while (work < entries && !isDone()) {
      if (slots.contains(slot) && tables.size(slot) > 0) {
        work++;
        cursor = tables.scanSlot(slot, cursor, consumer);
      } else {
        cursor = 0;
      }
      if (cursor == 0) {
        slot++;
      }
    }
  }

  private void reach(long entry) {
    if (tables.isUndelivered(slot, entry)) {
      work++;
      tables.markDelivered(slot, entry);
      if (sink != null) {
        sink.entry(0, entry);
      }
    }
  }

  /** Called before each change of an entry of any database. */
  void beforeChange(Contents changed, long entry) {
    if (changed == contents) {
      int of = KeySlot.of(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
      if (slots.contains(of) && tables.isUndelivered(of, entry)) {
        tables.markDelivered(of, entry);
        gate.beforeChange(0, entry);
      }
    }
  }

  /** Finishes the walk, or aborts it if it is not done. */
  @Override
  public void close() {
    if (!isClosed) {
      isClosed = true;
      contents.slotWalks--;
      ended.accept(this);
    }
  }
}
