package io.redoubt.server.execution;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * The best candidates for eviction that samples have shown so far, the best last. It makes a few
 * samples at a time nearly as good as many: what was seen and not taken is not forgotten.
 *
 * <p>It holds copies of keys, for entries come and go between two evictions.
 */
final class EvictionPool implements AutoCloseable {
  private static final int SIZE = 16;
  private static final int USUAL_KEY_BYTES = 64;

  private static final class Candidate {
    long badness;
    int database;
    long key;
    int keyLength;
    int capacity;
  }

  private final Slabs slabs;
  private final Candidate[] candidates = new Candidate[SIZE];
  private int count;

  EvictionPool(Slabs slabs) {
    this.slabs = slabs;
    for (int i = 0; i < SIZE; i++) {
      candidates[i] = new Candidate();
    }
  }

  /** Forgets all candidates. */
  void clear() {
    count = 0;
  }

  /** Takes an entry in if it is better to evict than one of those here, or there is room. */
  void offer(Database database, long entry, long badness) {
    if (count == SIZE && badness <= candidates[0].badness) {
      return;
    }
    // The one to be overwritten: the worst of a full pool, or the first that is free.
    int from = count == SIZE ? 0 : count++;
    Candidate filled = candidates[from];
    int place = from;
    while (place > 0 && candidates[place - 1].badness > badness) {
      candidates[place] = candidates[place - 1];
      place--;
    }
    while (place + 1 < count && candidates[place + 1].badness < badness) {
      candidates[place] = candidates[place + 1];
      place++;
    }
    candidates[place] = filled;
    fill(filled, database, entry, badness);
  }

  private void fill(Candidate candidate, Database database, long entry, long badness) {
    int length = Entry.keyLength(entry);
    if (length > candidate.capacity) {
      release(candidate);
      candidate.capacity = Math.max(length, USUAL_KEY_BYTES);
      candidate.key = slabs.allocateFar(candidate.capacity);
    }
    Region.copy(Entry.keyAddress(entry), candidate.key, length);
    candidate.keyLength = length;
    candidate.database = database.index();
    candidate.badness = badness;
  }

  /** Takes the best candidate out; false when there is none. */
  boolean takeBest() {
    if (count == 0) {
      return false;
    }
    count--;
    return true;
  }

  /** The database of the candidate that was taken out last. */
  Database takenFrom(Keyspace keyspace) {
    return keyspace.database(candidates[count].database);
  }

  /** The entry of the candidate that was taken out last, or 0 when it has gone meanwhile. */
  long taken(Keyspace keyspace) {
    Candidate candidate = candidates[count];
    return keyspace.database(candidate.database).find(candidate.key, candidate.keyLength);
  }

  private void release(Candidate candidate) {
    if (candidate.capacity > 0) {
      slabs.free(candidate.key, candidate.capacity);
      candidate.capacity = 0;
    }
  }

  @Override
  public void close() {
    count = 0;
    for (Candidate candidate : candidates) {
      release(candidate);
    }
  }
}
