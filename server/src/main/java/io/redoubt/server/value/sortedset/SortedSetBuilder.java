package io.redoubt.server.value.sortedset;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import org.jspecify.annotations.Nullable;

/**
 * A sorted set built in any order before it becomes the value of a key: started by {@link #begin},
 * finished by {@link #store} or {@link #abandon}.
 */
public final class SortedSetBuilder {

  private final SortedSets sortedSets;
  private final RankedMembers members;
  private int longest;
  private boolean isOpen;

  /** The members that are not yet in the tree; null if there never were any. */
  private @Nullable DescendingMembers descending;

  SortedSetBuilder(SortedSets sortedSets, RankedMembers members) {
    this.sortedSets = sortedSets;
    this.members = members;
  }

  /** Starts a set of about the expected number of members, 0 if that is unknown. */
  public void begin(long expected) {
    if (isOpen) {
      abandon(); // of a command that found no memory
    }
    members.create(expected);
    if (descending != null) {
      descending.clear();
    }
    isOpen = true;
    longest = 0;
  }

  public long size() {
    return members.size();
  }

  /** Adds a member; returns false, without an effect, if it exists already. */
  public boolean add(long address, int length, double score) {
    long hash = members.hash(address, length);
    if (members.find(hash, address, length) != 0) {
      return false;
    }
    add(hash, address, length, score);
    return true;
  }

  /** Adds a member that is absent. */
  public void addNew(long address, int length, double score) {
    add(members.hash(address, length), address, length, score);
  }

  private void add(long hash, long address, int length, double score) {
    members.add(hash, address, length, score);
    longest = Math.max(longest, length);
  }

  /**
   * Adds a member as {@link #add} does. This is faster for members in descending order, in which
   * files have them. All members must be added this way, and none changed.
   */
  public boolean addDescending(long address, int length, double score) {
    long hash = members.hash(address, length);
    if (members.find(hash, address, length) != 0) {
      return false;
    }
    if (descending == null) {
      descending = new DescendingMembers(members);
    }
    descending.add(members.addToTable(hash, address, length, score));
    longest = Math.max(longest, length);
    return true;
  }

  /** Returns the score of a member, or NaN if it is absent. */
  public double score(long address, int length) {
    long block = members.find(members.hash(address, length), address, length);
    return block == 0 ? Double.NaN : ScoredMember.score(block);
  }

  /** Changes the score of an existing member. */
  public void change(long address, int length, double score) {
    long hash = members.hash(address, length);
    members.change(hash, members.find(hash, address, length), score);
  }

  /** Moves to the first member. Nothing may be added until the iteration finishes. */
  public boolean seekFirst(SortedSetCursor cursor) {
    return cursor.seekIn(members.root(), 0);
  }

  /**
   * Makes the set the value of a key, replacing any other, and returns the entry. The set must not
   * be empty. It is discarded if there is no memory for the entry.
   */
  public long store(Database database, long key, int keyLength) {
    try {
      if (descending != null) {
        descending.flush();
      }
      long entry = put(database, key, keyLength);
      isOpen = false;
      return entry;
    } catch (OutOfMemoryError full) {
      abandon();
      throw full;
    }
  }

  private long put(Database database, long key, int keyLength) {
    if (!sortedSets.isSmall(members.size(), longest)) {
      long entry =
          database.replace(key, keyLength, Type.ZSET, Encoding.STRUCTURE, Encoding.STRUCTURE_BYTES);
      Region.putLong(Entry.payloadAddress(entry), members.root());
      return entry;
    }
    long entry = pack(database, key, keyLength);
    abandon();
    return entry;
  }

  /** Writes the members to a listpack, and copies it to the key once it is complete. */
  private long pack(Database database, long key, int keyLength) {
    Slabs slabs = sortedSets.slabs();
    long room = Listpack.EMPTY_BYTES;
    for (long block = members.seek(0); block != 0; block = members.next()) {
      room += ScoredMember.length(block) + PackedMembers.MAX_OVERHEAD_BYTES;
    }
    long listpack = slabs.allocateFar(room + Doubles.MAX_LENGTH);
    try {
      Listpack.create(MEMORY, listpack);
      for (long block = members.seek(0); block != 0; block = members.next()) {
        PackedMembers.append(
            listpack,
            ScoredMember.address(block),
            ScoredMember.length(block),
            ScoredMember.score(block),
            listpack + room);
      }
      int bytes = (int) Listpack.sizeBytes(MEMORY, listpack);
      long entry = PackedValue.putListpack(database, key, keyLength, Type.ZSET, bytes);
      Region.copy(listpack, PackedValue.address(entry), bytes);
      return entry;
    } finally {
      slabs.free(listpack, room + Doubles.MAX_LENGTH);
    }
  }

  /** Discards the set, which is freed later if it is large. */
  public void abandon() {
    isOpen = false;
    sortedSets.freeLater(members.root());
  }
}
