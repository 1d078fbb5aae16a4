package io.redoubt.server.value.sortedset;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;

/**
 * A position in a sorted set that moves to the next or the previous member. The set must not change
 * during the iteration; other sets may be read and changed.
 *
 * <p>A cursor is reused, and closed after each use.
 */
public final class SortedSetCursor implements AutoCloseable {

  private final SortedSets sortedSets;
  private final RankedMembers structure;
  private boolean packed;
  private long listpack;

  /** The member's block, or its entry in the listpack; 0 if there is none. */
  private long at;

  /** The buffer for the digits of an integer in a listpack; 0 until it is needed. */
  private long digits;

  private long memberAddress;
  private int memberLength;

  SortedSetCursor(SortedSets sortedSets, RankedMembers structure) {
    this.sortedSets = sortedSets;
    this.structure = structure;
  }

  /**
   * Moves to the member at a rank.
   *
   * @return false if there is none
   */
  public boolean seek(long entry, long rank) {
    packed = PackedValue.isPacked(entry);
    if (packed) {
      listpack = PackedValue.address(entry);
      return arrive(PackedMembers.at(listpack, rank));
    }
    structure.pointTo(Entry.root(entry));
    return arrive(structure.seek(rank));
  }

  /** Moves to the member at a rank of a structure that is not stored yet. */
  boolean seekIn(long root, long rank) {
    packed = false;
    structure.pointTo(root);
    return arrive(structure.seek(rank));
  }

  /**
   * Moves to the last member of a structure ordered before the given score and bytes, which need
   * not be a member.
   *
   * @return false if there is none
   */
  public boolean seekBefore(long root, double score, long address, int length) {
    packed = false;
    structure.pointTo(root);
    return arrive(structure.seek(structure.countBefore(score, address, length) - 1));
  }

  /** Moves to the last member of a structure; returns false if there is none. */
  public boolean seekLast(long root) {
    packed = false;
    structure.pointTo(root);
    return arrive(structure.seek(structure.size() - 1));
  }

  /** Moves to the first member with at least that score; returns false if there is none. */
  public boolean seekScore(long entry, double score) {
    return seek(entry, sortedSets.countBelow(entry, score, false));
  }

  /** Moves to the next member; returns false at the end. */
  public boolean next() {
    return arrive(packed ? PackedMembers.next(at) : structure.next());
  }

  /** Moves to the previous member; returns false at the end. */
  public boolean previous() {
    return arrive(packed ? PackedMembers.previous(listpack, at) : structure.previous());
  }

  /**
   * Prefetches up to {@code most} members of a structure, from the current one backwards, so that
   * their cache misses overlap.
   *
   * @return the number of members prefetched
   */
  public int readAheadBackwards(int most) {
    return structure.readAheadBackwards(most);
  }

  private boolean arrive(long place) {
    if (place <= 0) { // 0 in a structure, negative in a listpack
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

  /** Returns the address of the member, valid until the cursor moves. */
  public long memberAddress() {
    return memberAddress;
  }

  /** Returns the length of the member in bytes. */
  public int memberLength() {
    return memberLength;
  }

  public double score() {
    return packed ? PackedMembers.score(at) : ScoredMember.score(at);
  }

  /** Writes the member as a bulk string. */
  public void writeMember(ReplyWriter reply) {
    reply.bulk(MEMORY, memberAddress, memberLength);
  }

  /** Frees the digits buffer. */
  @Override
  public void close() {
    if (digits != 0) {
      sortedSets.slabs().free(digits, Numbers.MAX_LONG_LENGTH);
      digits = 0;
    }
  }
}
