package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;

/**
 * A walk over all databases, in steps between commands, that replaces blocks in sparsely filled
 * runs by new ones in others, so that the former become empty. Entries and blocks of their own move
 * alone; a structure is copied as a whole if it is small enough. Must not run during a {@link
 * Walk}, which may refer to blocks.
 */
public final class Defragmentation {
  private final Keyspace keyspace;
  private final Slabs slabs;
  private final BlockConsumer move = this::move;
  private int index;
  private long cursor;
  private long maxElements;

  private long hits;
  private long misses;
  private long keyHits;
  private long keyMisses;

  /** Creates a defragmentation that is over. */
  public Defragmentation(Keyspace keyspace) {
    this.keyspace = keyspace;
    slabs = keyspace.slabs();
    index = keyspace.count();
  }

  /** Returns the number of blocks that were moved, a structure counting as one. */
  public long hits() {
    return hits;
  }

  /** Returns the number of blocks that lay well. */
  public long misses() {
    return misses;
  }

  public long keyHits() {
    return keyHits;
  }

  /** Returns the number of examined keys without moved blocks. */
  public long keyMisses() {
    return keyMisses;
  }

  /** Resets the counters, for CONFIG RESETSTAT. */
  public void resetCounts() {
    hits = 0;
    misses = 0;
    keyHits = 0;
    keyMisses = 0;
  }

  /** Starts a walk; returns the bytes that it may free. */
  public long start() {
    index = 0;
    cursor = 0;
    return slabs.startEvacuation();
  }

  /** Ends the walk, whether it is done or not. */
  public void end() {
    index = keyspace.count();
    slabs.endEvacuation();
  }

  /**
   * Moves the entries of one bucket.
   *
   * @param limit the number of elements up to which a structure is copied
   * @return false if the walk is done
   */
  public boolean step(long limit) {
    maxElements = limit;
    while (index < keyspace.count() && keyspace.database(index).size() == 0) {
      index++;
      cursor = 0;
    }
    if (index == keyspace.count()) {
      return false;
    }
    cursor = keyspace.database(index).scan(cursor, move);
    if (cursor == 0) {
      index++;
    }
    return index < keyspace.count();
  }

  private void move(long found) {
    Database database = keyspace.database(index);
    long before = hits;
    long entry = found;
    if (slabs.isEvacuated(entry, Entry.sizeBytes(entry))) {
      entry = database.relocate(entry);
      hits++;
    } else {
      misses++;
    }
    int encoding = Entry.encoding(entry);
    if (Encoding.ownsBlock(encoding)) {
      moveBlock(Entry.payloadAddress(entry));
    } else if (Encoding.isStructure(encoding)) {
      copyStructure(entry);
    }
    if (hits == before) {
      keyMisses++;
    } else {
      keyHits++;
    }
  }

  private void moveBlock(long payload) {
    long block = OwnBlock.block(payload);
    long blockBytes = OwnBlock.blockBytes(payload);
    if (!slabs.isEvacuated(block, blockBytes)) {
      misses++;
      return;
    }
    int capacity = OwnBlock.capacity(payload);
    long moved = slabs.allocateFar(capacity);
    Region.copy(OwnBlock.address(payload), moved, OwnBlock.length(payload));
    OwnBlock.put(payload, moved, OwnBlock.length(payload), capacity);
    slabs.free(block, blockBytes);
    hits++;
  }

  private void copyStructure(long entry) {
    Structures kind = keyspace.garbage().kind(Entry.type(entry));
    long root = Entry.root(entry);
    if (kind.elements(root) > maxElements) {
      misses++;
      return;
    }
    Region.putLong(Entry.payloadAddress(entry), kind.copy(root));
    keyspace.garbage().free(kind, root);
    hits++;
  }
}
