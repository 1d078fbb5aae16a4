package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.sortedset.ScoredMember;
import io.redoubt.server.value.sortedset.SortedSetCursor;

/**
 * A large sorted set, written from the highest score down, so that a loader inserts each member at
 * the start. A group with a member about to change is written ahead of that order, except for
 * members that the walk has already passed; the walk later skips the members of written groups.
 */
public final class LargeSortedSet extends LargeTable {

  private static final int MEMBERS_A_STEP = 64;

  private final Slabs slabs;
  private final SortedSetCursor cursor;

  // The position of the walk: the score and the bytes of the last member.
  private boolean begun;
  private double score;
  private long member;
  private int length;
  private int capacity;

  public LargeSortedSet(int database, long entry, RdbKey key, Values values, RecordOutput out) {
    super(
        database,
        Type.ZSET,
        Entry.root(entry),
        values.sortedSets().table(Entry.root(entry)),
        ScoredMember.LENGTH_AT,
        values.keyspace(),
        out);
    slabs = values.keyspace().slabs();
    cursor = values.sortedSets().newCursor();
    record.beginSortedSet(key, size());
  }

  /** Writes a member of a group that is about to change. */
  @Override
  void writeElement(long block) {
    if (!begun || !hasPassed(block)) {
      write(ScoredMember.address(block), ScoredMember.length(block), ScoredMember.score(block));
    }
  }

  private void write(long address, int bytes, double ofScore) {
    record.sortedSetMember(first.at(Region.MEMORY, address, bytes), ofScore);
  }

  private boolean hasPassed(long block) {
    double other = ScoredMember.score(block);
    if (other != score) {
      return other > score;
    }
    return Region.compare(ScoredMember.address(block), ScoredMember.length(block), member, length)
        >= 0;
  }

  @Override
  boolean step() {
    boolean more =
        begun ? cursor.seekBefore(root(), score, member, length) : cursor.seekLast(root());
    int read = 0;
    for (int i = 1; more; i++) {
      if (i > read) {
        read += cursor.readAheadBackwards(MEMBERS_A_STEP - read);
      }
      long address = cursor.memberAddress();
      int bytes = cursor.memberLength();
      if (!isWritten(hashOf(address, bytes))) {
        write(address, bytes, cursor.score());
      }
      if (i == MEMBERS_A_STEP) {
        stayAt(address, bytes, cursor.score());
        return true;
      }
      more = cursor.previous();
    }
    return false;
  }

  private void stayAt(long address, int bytes, double ofScore) {
    if (bytes > capacity) {
      free();
      capacity = Math.max(bytes, 64);
      member = slabs.allocateFar(capacity);
    }
    Region.copy(address, member, bytes);
    length = bytes;
    score = ofScore;
    begun = true;
  }

  private void free() {
    if (capacity > 0) {
      slabs.free(member, capacity);
      capacity = 0;
    }
  }

  @Override
  public void close() {
    free();
    super.close();
  }
}
