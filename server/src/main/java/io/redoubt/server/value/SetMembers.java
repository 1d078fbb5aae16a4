package io.redoubt.server.value;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.ByteTableWalk;
import java.lang.foreign.MemorySegment;

/**
 * Goes over the members of a set, whatever its encoding: {@link #start}, then {@link #next} as long
 * as that is true, and the member is this object. The set must not change meanwhile. To be used
 * again and again; makes no garbage.
 */
public final class SetMembers implements AutoCloseable {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Slabs slabs;
  private final ByteTableWalk walk;

  // Where it is: the packed value and the index or position of the next member; or the walk.
  private boolean packed;
  private boolean intset;
  private long start;
  private int index;
  private int count;
  private long position;

  // The member: a number, whose bytes are spelled when they are asked for, or else bytes.
  private boolean integer;
  private long value;
  private long address;
  private int length;

  /** Room for an integer's digits, once one was asked for. */
  private long digits;

  /** One that has not started. */
  public SetMembers(Slabs slabs) {
    this.slabs = slabs;
    walk = new ByteTableWalk(slabs);
  }

  /** Starts before the first member of an entry's set. */
  public void start(long entry) {
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

  /** Goes to the next member; returns whether there is one. */
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

  /** Makes this the member at an index of a set that is packed, from 0. */
  void at(long entry, int memberIndex) {
    start = PackedValue.address(entry);
    if (PackedValue.isIntset(entry)) {
      atNumber(Intset.at(MEMORY, start, memberIndex));
    } else {
      atListpackEntry(Listpack.at(MEMORY, start, memberIndex));
    }
  }

  private void atListpackEntry(long listpackEntry) {
    if (Listpack.isInteger(MEMORY, listpackEntry)) {
      atNumber(Listpack.integer(MEMORY, listpackEntry));
    } else {
      integer = false;
      address = Listpack.bytesAt(MEMORY, listpackEntry);
      length = Listpack.bytesLength(MEMORY, listpackEntry);
    }
  }

  private void atNumber(long number) {
    integer = true;
    value = number;
    length = 0;
  }

  /** Makes this the member in a block of a set's table. */
  void at(long block) {
    integer = false;
    address = MemberTables.memberAddress(block);
    length = MemberTables.memberLength(block);
  }

  /** Whether the member is kept as a number. Not every number is. */
  public boolean isInteger() {
    return integer;
  }

  /** The number that the member is kept as. */
  public long integer() {
    return value;
  }

  /** Where the member's bytes are; those of a number until the next one is asked for. */
  public long address() {
    spell();
    return address;
  }

  /** How many bytes the member has. */
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

  /** Replies with the member. */
  public void writeTo(ReplyWriter reply) {
    if (integer) {
      reply.bulkLong(value);
    } else {
      reply.bulk(MEMORY, address, length);
    }
  }

  /** Gives back what memory it has. */
  @Override
  public void close() {
    if (digits != 0) {
      slabs.free(digits, Numbers.MAX_LONG_LENGTH);
      digits = 0;
    }
  }
}
