package io.redoubt.server.value;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Entry;

/**
 * A place in a sorted set, from which it goes to the next member or the one before. The set must
 * not change meanwhile; other sets may, and may be looked at.
 *
 * <p>It is for repeated use, and must be closed after each.
 */
public final class SortedSetCursor implements AutoCloseable {

  private final SortedSets sortedSets;
  private final RankedMembers structure;
  private boolean packed;
  private long listpack;

  /** The member's block, or its entry in the listpack; 0 when there is none. */
  private long at;

  /**
   * Where the digits of a member are that is an integer in a listpack; 0 when not needed so far.
   */
  private long digits;

  private long memberAddress;
  private int memberLength;

  SortedSetCursor(SortedSets sortedSets, RankedMembers structure) {
    this.sortedSets = sortedSets;
    this.structure = structure;
  }

  /**
   * Goes to the member of a set that has {@code rank} others before it.
   *
   * @return whether there is one
   */
  public boolean seek(long entry, long rank) {
    packed = PackedValue.isPacked(entry);
    if (packed) {
      listpack = PackedValue.address(entry);
      return arrive(PackedMembers.at(listpack, rank));
    }
    structure.root(Entry.root(entry));
    return arrive(structure.seek(rank));
  }

  /** The same of a structure that is no entry's yet. */
  boolean seekIn(long root, long rank) {
    packed = false;
    structure.root(root);
    return arrive(structure.seek(rank));
  }

  /**
   * Goes to the last member of a structure that is before one of that score and those bytes,
   * whether that is there or not.
   *
   * @return whether there is one
   */
  public boolean seekBefore(long root, double score, long address, int length) {
    packed = false;
    structure.root(root);
    return arrive(structure.seek(structure.countBefore(score, address, length) - 1));
  }

  /** Goes to the last member of a structure; returns whether there is one. */
  public boolean seekLast(long root) {
    packed = false;
    structure.root(root);
    return arrive(structure.seek(structure.size() - 1));
  }

  /** Goes to the first member with at least that score; returns whether there is one. */
  public boolean seekScore(long entry, double score) {
    return seek(entry, sortedSets.countBelow(entry, score, false));
  }

  /** Goes to the next member; returns whether there is one. */
  public boolean next() {
    return arrive(packed ? PackedMembers.next(at) : structure.next());
  }

  /** Goes to the member before; returns whether there is one. */
  public boolean previous() {
    return arrive(packed ? PackedMembers.previous(listpack, at) : structure.previous());
  }

  /**
   * Reads the member of a structure that this is at, and those before it, at most so many, so that
   * the waiting times overlap.
   *
   * @return how many that were
   */
  public int readAheadBackwards(int most) {
    return structure.readAheadBackwards(most);
  }

  private boolean arrive(long place) {
    if (place <= 0) { // none in a structure, none in a listpack
      return false;
    }
    at = place;
    if (!packed) {
      memberAddress = ScoredMember.address(place);
      memberLength = ScoredMember.length(place);
    } else if (Listpack.isInteger(MEMORY, place)) {
      if (digits == 0) {
        digits = sortedSets.slabs().allocateFar(Numbers.MAX_LONG_LENGTH);
      }
      memberAddress = digits;
      memberLength = Numbers.writeLong(MEMORY, digits, Listpack.integer(MEMORY, place));
    } else {
      memberAddress = Listpack.bytesAt(MEMORY, place);
      memberLength = Listpack.bytesLength(MEMORY, place);
    }
    return true;
  }

  /** Where the member is, until the cursor goes on. */
  public long memberAddress() {
    return memberAddress;
  }

  /** How many bytes the member has. */
  public int memberLength() {
    return memberLength;
  }

  /** The member's score. */
  public double score() {
    return packed ? PackedMembers.score(at) : ScoredMember.score(at);
  }

  /** Writes the member as a bulk string. */
  public void writeMember(ReplyWriter reply) {
    reply.bulk(MEMORY, memberAddress, memberLength);
  }

  /** Ends a use. */
  @Override
  public void close() {
    if (digits != 0) {
      sortedSets.slabs().free(digits, Numbers.MAX_LONG_LENGTH);
      digits = 0;
    }
  }
}
