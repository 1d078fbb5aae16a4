package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.Numbers;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Passes a packed collection to a visitor element by element. Collections with duplicates or out of
 * order take this way, because the visitor sorts them and drops duplicates, in memory of its own.
 */
final class PackedElements implements AutoCloseable {

  private static final int TEXT_BYTES = 32;

  private final BufferMemory buffers;
  private final RdbValueVisitor visitor;
  private final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();
  private BufferMemory.@Nullable Block texts; // two texts of integers
  private MemorySegment memory = MemorySegment.NULL;

  PackedElements(BufferMemory buffers, RdbValueVisitor visitor) {
    this.buffers = buffers;
    this.visitor = visitor;
  }

  @Override
  public void close() {
    if (texts != null) {
      buffers.free(texts);
      texts = null;
    }
  }

  /**
   * Passes the last collection of a reader.
   *
   * @param type its type after the conversion
   */
  void pass(RdbKey key, RdbType type, PackedReader packed) throws RdbException {
    memory = packed.memory();
    long start = packed.offset();
    switch (type) {
      case SET_INTSET -> integers(key, start);
      case SET_LISTPACK -> {
        visitor.beginSet(key, Listpack.count(memory, start));
        for (long at = Listpack.first(memory, start);
            at != Listpack.NONE;
            at = Listpack.next(memory, at)) {
          visitor.setMember(bytes(first, at, 0));
        }
      }
      case ZSET_LISTPACK -> members(key, start);
      default -> fields(key, start, type == RdbType.HASH_LISTPACK_EX);
    }
    for (String repair : packed.repairs()) {
      visitor.onRepair(type, repair);
    }
    visitor.endValue();
  }

  private void integers(RdbKey key, long start) throws RdbException {
    int count = Intset.count(memory, start);
    visitor.beginSet(key, count);
    BufferMemory.Block block = texts();
    for (int i = 0; i < count; i++) {
      long value = Intset.at(memory, start, i);
      int length = Numbers.writeLong(block.memory(), block.offset(), value);
      visitor.setMember(first.at(block.memory(), block.offset(), length));
    }
  }

  private void members(RdbKey key, long start) throws RdbException {
    visitor.beginSortedSet(key, Listpack.count(memory, start) / 2L);
    for (long at = Listpack.first(memory, start); at != Listpack.NONE; ) {
      long score = Listpack.next(memory, at);
      visitor.sortedSetMember(bytes(first, at, 0), PackedReader.scoreOrZero(memory, score));
      at = Listpack.next(memory, score);
    }
  }

  private void fields(RdbKey key, long start, boolean withExpiry) throws RdbException {
    int count = Listpack.count(memory, start) / (withExpiry ? 3 : 2);
    visitor.beginHash(key, count, withExpiry ? earliest(start) : RdbKey.NONE);
    for (long at = Listpack.first(memory, start); at != Listpack.NONE; ) {
      long valueAt = Listpack.next(memory, at);
      long expireAt = RdbKey.NONE;
      long last = valueAt;
      if (withExpiry) {
        last = Listpack.next(memory, valueAt);
        long millis = Listpack.integer(memory, last);
        expireAt = millis == 0 ? RdbKey.NONE : millis;
      }
      visitor.hashField(bytes(first, at, 0), bytes(second, valueAt, TEXT_BYTES), expireAt);
      at = Listpack.next(memory, last);
    }
  }

  /** Returns the earliest expiry of a field, or {@link RdbKey#NONE}. */
  private long earliest(long start) {
    long earliest = Long.MAX_VALUE;
    for (long at = Listpack.first(memory, start); at != Listpack.NONE; ) {
      long expiry = Listpack.next(memory, Listpack.next(memory, at));
      long millis = Listpack.integer(memory, expiry);
      earliest = millis == 0 ? earliest : Math.min(earliest, millis);
      at = Listpack.next(memory, expiry);
    }
    return earliest == Long.MAX_VALUE ? RdbKey.NONE : earliest;
  }

  /** Makes the view refer to the text of an element; an integer is formatted first. */
  private RdbBytes bytes(RdbBytes target, long at, int textAt) {
    if (!Listpack.isInteger(memory, at)) {
      return target.at(memory, Listpack.bytesAt(memory, at), Listpack.bytesLength(memory, at));
    }
    BufferMemory.Block block = texts();
    long text = block.offset() + textAt;
    return target.at(block.memory(), text, Listpack.copyText(memory, at, block.memory(), text));
  }

  private BufferMemory.Block texts() {
    BufferMemory.Block block = texts;
    if (block == null) {
      block = buffers.allocate(2L * TEXT_BYTES);
      texts = block;
    }
    return block;
  }
}
