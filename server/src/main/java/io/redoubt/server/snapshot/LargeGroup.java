package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.StreamGroups;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * A consumer group of a large stream: what is pending in it is written in the order of ids. Of
 * entries that were about to change before the walk came there it is noted what they were like;
 * those behind the one that was the last are new. Whose entries they are is told by consumer,
 * behind all of them: their ids are collected on the way.
 */
final class LargeGroup implements AutoCloseable {

  private static final int ENTRIES_A_STEP = 64;

  /** Notes: when and how often it was delivered, and to whom. */
  private static final int NOTE_BYTES = 24;

  /** The owner in a note that there was no such entry. */
  private static final long NOBODY = 0;

  private static final int ID_BYTES = 2 * Long.BYTES;
  private static final int IDS_BLOCK_BYTES = 1 << 16;

  /** What there is in memory of a consumer's part of the record. */
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

  // Up to where the entries have been written, and the last of then.
  private long nextHigh;
  private long nextLow;
  private long lastHigh;
  private long lastLow;

  private boolean begun;
  private boolean walked;
  private boolean taken;

  // The consumer that is written, and how many blocks of it are.
  private int consumer;
  private int block;

  /**
   * A group as it is now; its head and those of its consumers go into the frame.
   *
   * @param writer to the frame
   */
  LargeGroup(
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
    notes.header(notesHeader);
    long last = pending.last();
    walked = last == 0;
    if (last != 0) {
      lastHigh = IdTree.high(last);
      lastLow = IdTree.low(last);
    }
    headFrom = frame.sizeBytes();
    export.tellGroup(group, writer);
    headEnd = frame.sizeBytes();
    int count = groups.consumers(group);
    writer.streamConsumers(count);
    countEnd = frame.sizeBytes();
    for (int i = 0; i < count; i++) {
      long address = groups.consumer(group, i);
      export.tellConsumer(address, writer);
      Consumer told = new Consumer(frame.sizeBytes());
      consumers.add(told);
      byAddress.put(address, told);
    }
  }

  long group() {
    return group;
  }

  /** The group has been removed from its stream, and is this one's now. */
  void take() {
    taken = true;
  }

  /** An entry is about to be added, changed or removed; returns whether that was noted. */
  boolean beforePending(long high, long low) {
    if (walked
        || IdTree.compare(high, low, nextHigh, nextLow) < 0
        || IdTree.compare(high, low, lastHigh, lastLow) > 0) {
      return false;
    }
    long note = notes.put(high, low);
    if (!notes.added()) {
      return false;
    }
    aside.accept(ID_BYTES + NOTE_BYTES);
    long element = pending.find(high, low);
    if (element == 0) {
      Region.zero(IdTree.value(note), NOTE_BYTES);
    } else {
      Region.copy(IdTree.value(element), IdTree.value(note), NOTE_BYTES);
    }
    return true;
  }

  /**
   * Writes on.
   *
   * @return whether there is more
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
        if (StreamGroups.owner(note) != NOBODY) {
          write(note, record);
        }
        passed(note);
        note = notes.next();
        there = order == 0 ? pending.next() : there;
      } else if (there != 0 && compare(there, lastHigh, lastLow) <= 0) {
        write(there, record);
        passed(there);
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

  private void passed(long element) {
    long low = IdTree.low(element) + 1;
    nextHigh = low == 0 ? IdTree.high(element) + 1 : IdTree.high(element);
    nextLow = low;
    walked = compare(element, lastHigh, lastLow) == 0;
  }

  private void write(long element, RdbWriter record) throws RdbException {
    long high = IdTree.high(element);
    long low = IdTree.low(element);
    record.pendingEntry(
        high, low, StreamGroups.delivered(element), StreamGroups.deliveries(element));
    Consumer owner = byAddress.get(StreamGroups.owner(element));
    if (owner == null) {
      throw new IllegalStateException("an entry is pending for nobody");
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

  /** The heads of the consumers and their ids, a block a step. */
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
