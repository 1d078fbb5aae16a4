package io.redoubt.server.execution;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * The best candidates for eviction found by sampling, in ascending order. Remembering candidates
 * makes a few samples at a time nearly as good as many.
 *
 * <p>The pool holds copies of keys, because entries change between evictions.
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

  void clear() {
    count = 0;
  }

  /** Adds an entry if there is room, or if it is a better candidate than another one. */
  void offer(Database database, long entry, long badness) {
    if (count == SIZE && badness <= candidates[0].badness) {
      return;
    }
    // The slot to overwrite: the worst candidate of a full pool, or the first free slot.
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

  /** Takes the best candidate; returns false if there is none. */
  boolean takeBest() {
    if (count == 0) {
      return false;
    }
    count--;
    return true;
  }

  /** Returns the database of the last candidate taken. */
  Database takenFrom(Keyspace keyspace) {
    return keyspace.database(candidates[count].database);
  }

  /** Returns the entry of the last candidate taken, or 0 if it no longer exists. */
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
