package io.redoubt.server.value.set;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ByteTableWalk;
import io.redoubt.server.structure.ListpackBuilder;
import java.lang.foreign.MemorySegment;

/**
 * An iterator over the members of a set of any encoding: after {@link #start}, each {@link #next}
 * that returns true makes this object the next member. The set must not change during the
 * iteration. An instance is reused and allocates nothing.
 */
public final class SetMembers implements AutoCloseable {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Slabs slabs;
  private final ByteTableWalk walk;

  // The position: the packed value and the index or address of the next member, or the walk.
  private boolean packed;
  private boolean intset;
  private long start;
  private int index;
  private int count;
  private long position;

  // The member: an integer, formatted only on demand, or bytes.
  private boolean integer;
  private long value;
  private long address;
  private int length;

  /** The member's entry in a listpack, or 0. */
  private long listpackEntry;

  /** A buffer for an integer's digits, allocated on demand. */
  private long digits;

  /** Creates an iterator that is not positioned. */
  public SetMembers(Slabs slabs) {
    this.slabs = slabs;
    walk = new ByteTableWalk(slabs);
  }

  /** Positions the iterator before the first member of an entry's set. */
  public void iterate(long entry) {
    packed = PackedValue.isPacked(entry);
    if (!packed) {
      walk.start(Entry.root(entry));
      return;
    }
    intset = PackedValue.isIntset(entry);
    start = PackedValue.address(entry);
    if (intset) {
      index = 0;
      count = Intset.count(MEMORY, start);
    } else {
      position = Listpack.first(MEMORY, start);
    }
  }

  /** Moves to the next member; returns false at the end. */
  public boolean next() {
    if (!packed) {
      long block = walk.next();
      if (block != 0) {
        at(block);
      }
      return block != 0;
    }
    if (intset) {
      if (index == count) {
        return false;
      }
      atNumber(Intset.at(MEMORY, start, index++));
      return true;
    }
    if (position == Listpack.NONE) {
      return false;
    }
    atListpackEntry(position);
    position = Listpack.next(MEMORY, position);
    return true;
  }

  /** Moves to the member at an index of a packed set, from 0. */
  void at(long entry, int memberIndex) {
    start = PackedValue.address(entry);
    if (PackedValue.isIntset(entry)) {
      atNumber(Intset.at(MEMORY, start, memberIndex));
    } else {
      atListpackEntry(Listpack.at(MEMORY, start, memberIndex));
    }
  }

  private void atListpackEntry(long at) {
    if (Listpack.isInteger(MEMORY, at)) {
      atNumber(Listpack.integer(MEMORY, at));
    } else {
      integer = false;
      address = Listpack.bytesAt(MEMORY, at);
      length = Listpack.bytesLength(MEMORY, at);
    }
    listpackEntry = at;
  }

  private void atNumber(long number) {
    integer = true;
    value = number;
    length = 0;
    listpackEntry = 0;
  }

  /** Moves to the member in a block of a set's table. */
  void at(long block) {
    integer = false;
    address = MemberTables.memberAddress(block);
    length = MemberTables.memberLength(block);
    listpackEntry = 0;
  }

  /** Appends the member to a listpack. */
  void appendTo(ListpackBuilder listpack) {
    if (listpackEntry != 0) {
      listpack.appendEntry(listpackEntry);
    } else if (integer) {
      listpack.append(value);
    } else {
      listpack.append(MEMORY, address, length);
    }
  }

  /**
   * Returns the largest length that the member can have, which is exact unless it is an integer.
   */
  int maxLength() {
    return integer ? Numbers.MAX_LONG_LENGTH : length;
  }

  /**
   * Returns true if the member is stored as an integer. A decimal integer may be stored as bytes.
   */
  public boolean isInteger() {
    return integer;
  }

  /** Returns the integer that the member is stored as. */
  public long integer() {
    return value;
  }

  /** Returns the address of the member's bytes; an integer's are valid until the next call. */
  public long address() {
    spell();
    return address;
  }

  /** Returns the length of the member in bytes. */
  public int length() {
    spell();
    return length;
  }

  private void spell() {
    if (integer && length == 0) {
      if (digits == 0) {
        digits = slabs.allocateFar(Numbers.MAX_LONG_LENGTH);
      }
      address = digits;
      length = Numbers.writeLong(MEMORY, digits, value);
    }
  }

  /** Writes the member as a bulk string. */
  public void writeTo(ReplyWriter reply) {
    if (integer) {
      reply.bulkLong(value);
    } else {
      reply.bulk(MEMORY, address, length);
    }
  }

  /** Frees the digits buffer. */
  @Override
  public void close() {
    if (digits != 0) {
      slabs.free(digits, Numbers.MAX_LONG_LENGTH);
      digits = 0;
    }
  }
}
