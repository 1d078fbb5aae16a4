package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.export.StreamExport;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamGroups;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A consumer group of a large stream. Its pending entries are written in the order of ids; those
 * beyond the last id at the start are new. An entry about to change before the walk reaches it is
 * saved as a note of its previous state. The record lists the owners by consumer after all entries,
 * so their ids are collected during the walk.
 */
public final class LargeGroup implements AutoCloseable {

  private static final int ENTRIES_A_STEP = 64;

  /** A note: the delivery time, the number of deliveries, and the owner. */
  private static final int NOTE_BYTES = 24;

  /** The owner in the note of an entry that did not exist. */
  private static final long NOBODY = 0;

  private static final int ID_BYTES = 2 * Long.BYTES;
  private static final int IDS_BLOCK_BYTES = 1 << 16;

  /** The buffered part of a consumer's record. */
  private static final class Consumer {
    private final long headEnd;
    private final List<Long> blocks = new ArrayList<>();
    private int lastBytes = IDS_BLOCK_BYTES;

    Consumer(long headEnd) {
      this.headEnd = headEnd;
    }
  }

  private final long group;
  private final Slabs slabs;
  private final StreamGroups groups;
  private final LongConsumer aside;
  private final BlockOutput frame;
  private final IdTree pending;
  private final IdTree notes;
  private final long notesHeader;
  private final long headFrom;
  private final long headEnd;
  private final long countEnd;
  private final List<Consumer> consumers = new ArrayList<>();
  private final Map<Long, Consumer> byAddress = new HashMap<>();

  // The position of the walk, and the last id at the start.
  private long nextHigh;
  private long nextLow;
  private long lastHigh;
  private long lastLow;

  private boolean begun;
  private boolean walked;
  private boolean taken;

  // The consumer being written, and the number of its blocks already written.
  private int consumer;
  private int block;

  /**
   * Captures a group; its header and those of its consumers are written to the frame.
   *
   * @param writer writes to the frame
   */
  public LargeGroup(
      long group,
      Slabs slabs,
      StreamGroups groups,
      StreamExport export,
      BlockOutput frame,
      RdbWriter writer,
      LongConsumer aside)
      throws RdbException {
    this.group = group;
    this.slabs = slabs;
    this.groups = groups;
    this.aside = aside;
    this.frame = frame;
    pending = groups.newPending(group);
    notes = new IdTree(slabs, NOTE_BYTES);
    notesHeader = slabs.allocateFar(IdTree.HEADER_BYTES);
    Region.zero(notesHeader, IdTree.HEADER_BYTES);
    notes.pointTo(notesHeader);
    long last = pending.last();
    walked = last == 0;
    if (last != 0) {
      lastHigh = IdTree.high(last);
      lastLow = IdTree.low(last);
    }
    headFrom = frame.sizeBytes();
    export.exportGroup(group, writer);
    headEnd = frame.sizeBytes();
    int count = groups.consumers(group);
    writer.streamConsumers(count);
    countEnd = frame.sizeBytes();
    for (int i = 0; i < count; i++) {
      long address = groups.consumer(group, i);
      export.exportConsumer(address, writer);
      Consumer told = new Consumer(frame.sizeBytes());
      consumers.add(told);
      byAddress.put(address, told);
    }
  }

  long group() {
    return group;
  }

  /** Takes over a group that was removed from its stream. */
  void take() {
    taken = true;
  }

  /** Called before an entry is added, changed or removed. */
  void beforePending(long high, long low) {
    if (walked
        || IdTree.compare(high, low, nextHigh, nextLow) < 0
        || IdTree.compare(high, low, lastHigh, lastLow) > 0) {
      return;
    }
    long note = notes.put(high, low);
    if (!notes.added()) {
      return;
    }
    aside.accept(ID_BYTES + NOTE_BYTES);
    long element = pending.find(high, low);
    if (element == 0) {
      Region.zero(IdTree.value(note), NOTE_BYTES);
    } else {
      Region.copy(IdTree.value(element), IdTree.value(note), NOTE_BYTES);
    }
  }

  /**
   * Writes the next part.
   *
   * @return false when the group is complete
   */
  boolean step(RdbWriter record, RecordOutput out) throws RdbException {
    if (!begun) {
      begun = true;
      put(out, headFrom, headEnd);
    } else if (!walked) {
      writeEntries(record);
    } else {
      return writeConsumers(out);
    }
    return true;
  }

  private void put(RecordOutput out, long from, long to) {
    out.putBytes(frame.memory(), frame.offset() + from, to - from);
  }

  private void writeEntries(RdbWriter record) throws RdbException {
    long there = pending.ceiling(nextHigh, nextLow);
    long note = notes.ceiling(nextHigh, nextLow);
    for (int i = 0; i < ENTRIES_A_STEP && !walked; i++) {
      int order = note == 0 ? 1 : there == 0 ? -1 : compare(note, there);
      if (order <= 0) {
        if (PendingEntry.owner(note) != NOBODY) {
          write(note, record);
        }
        advancePast(note);
        note = notes.next();
        there = order == 0 ? pending.next() : there;
      } else if (there != 0 && compare(there, lastHigh, lastLow) <= 0) {
        write(there, record);
        advancePast(there);
        there = pending.next();
      } else {
        walked = true;
      }
    }
  }

  private static int compare(long element, long other) {
    return compare(element, IdTree.high(other), IdTree.low(other));
  }

  private static int compare(long element, long high, long low) {
    return IdTree.compare(IdTree.high(element), IdTree.low(element), high, low);
  }

  private void advancePast(long element) {
    long low = IdTree.low(element) + 1;
    nextHigh = low == 0 ? IdTree.high(element) + 1 : IdTree.high(element);
    nextLow = low;
    walked = compare(element, lastHigh, lastLow) == 0;
  }

  private void write(long element, RdbWriter record) throws RdbException {
    long high = IdTree.high(element);
    long low = IdTree.low(element);
    record.pendingEntry(
        high, low, PendingEntry.delivered(element), PendingEntry.deliveries(element));
    Consumer owner = byAddress.get(PendingEntry.owner(element));
    if (owner == null) {
      throw new IllegalStateException("a pending entry has no consumer");
    }
    if (owner.lastBytes == IDS_BLOCK_BYTES) {
      owner.blocks.add(slabs.allocateFar(IDS_BLOCK_BYTES));
      owner.lastBytes = 0;
      aside.accept(IDS_BLOCK_BYTES);
    }
    long at = owner.blocks.getLast() + owner.lastBytes;
    Region.putLong(at, Long.reverseBytes(high));
    Region.putLong(at + Long.BYTES, Long.reverseBytes(low));
    owner.lastBytes += ID_BYTES;
  }

  /** Writes the headers of the consumers and their ids, one block per step. */
  private boolean writeConsumers(RecordOutput out) {
    if (consumer == 0 && block == 0) {
      put(out, headEnd, countEnd);
    }
    if (consumer == consumers.size()) {
      return false;
    }
    Consumer told = consumers.get(consumer);
    if (block == 0) {
      put(out, consumer == 0 ? countEnd : consumers.get(consumer - 1).headEnd, told.headEnd);
    }
    if (block < told.blocks.size()) {
      boolean isLast = block == told.blocks.size() - 1;
      out.putBytes(
          Region.MEMORY, told.blocks.get(block), isLast ? told.lastBytes : IDS_BLOCK_BYTES);
      block++;
    }
    if (block >= told.blocks.size()) {
      consumer++;
      block = 0;
    }
    return consumer < consumers.size();
  }

  @Override
  public void close() {
    for (Consumer told : consumers) {
      for (long each : told.blocks) {
        slabs.free(each, IDS_BLOCK_BYTES);
        aside.accept(-IDS_BLOCK_BYTES);
      }
    }
    consumers.clear();
    aside.accept(-(ID_BYTES + NOTE_BYTES) * notes.size());
    groups.freePending(notesHeader);
    if (taken) {
      groups.free(group);
    }
  }
}
