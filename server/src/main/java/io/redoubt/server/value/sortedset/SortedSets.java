package io.redoubt.server.value.sortedset;

import static io.redoubt.server.memory.Region.MEMORY;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Structures;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.PartGate;
import org.jspecify.annotations.Nullable;

/**
 * The sorted sets of a keyspace: small ones are a listpack ({@link PackedMembers}), large ones a
 * structure ({@link RankedMembers}).
 *
 * <p>Changes return the entry, which may have moved, and report their {@link #outcome}. The caller
 * removes a set that has become empty. A {@link SortedSetCursor} iterates over a set; a {@link
 * SortedSetBuilder} builds one before it is stored.
 */
public final class SortedSets implements Structures {
  /** {@link #add}: keeps the score of an existing member. */
  public static final int ONLY_NEW = 1;

  /** {@link #add}: adds no member. */
  public static final int ONLY_EXISTING = 2;

  /** {@link #add}: changes a score only to a greater one. */
  public static final int ONLY_GREATER = 4;

  /** {@link #add}: changes a score only to a lesser one. */
  public static final int ONLY_LESS = 8;

  /** {@link #add}: adds the number to the score of an existing member. */
  public static final int INCREMENT = 16;

  /** The result of a change. */
  public enum Outcome {
    /** The member is new. */
    ADDED,
    /** The score changed. */
    CHANGED,
    /** The score was the same. */
    UNCHANGED,
    /** The options prevented the change. */
    SKIPPED,
    /** The sum of the scores is NaN; nothing changed. */
    NOT_A_NUMBER,
    /** The member was removed. */
    REMOVED,
    /** The member does not exist. */
    ABSENT
  }

  private final Keyspace keyspace;
  private final Slabs slabs;
  private final EncodingDirectives limits;
  private final Hash hash;
  private final RankedMembers members;
  private final SortedSetCursor cursor;
  private final SortedSetBuilder builder;
  private Outcome outcome = Outcome.UNCHANGED;
  private double newScore;

  public SortedSets(Keyspace keyspace, EncodingDirectives limits) {
    this.keyspace = keyspace;
    this.limits = limits;
    slabs = keyspace.slabs();
    hash = keyspace.hash();
    members = newView();
    cursor = new SortedSetCursor(this, newView());
    builder = new SortedSetBuilder(this, newView());
  }

  private RankedMembers newView() {
    return new RankedMembers(slabs, hash);
  }

  public void setGate(@Nullable PartGate gate) {
    members.setGate(gate);
  }

  public Slabs slabs() {
    return slabs;
  }

  /** Frees a sorted set that belongs to no entry, lazily if it is large. */
  void freeLater(long root) {
    keyspace.freeStructure(Type.ZSET, root);
  }

  /** Returns the cursor shared by commands. */
  public SortedSetCursor cursor() {
    return cursor;
  }

  /** Creates a separate cursor. */
  public SortedSetCursor newCursor() {
    return new SortedSetCursor(this, newView());
  }

  /** Returns the builder shared by commands. */
  public SortedSetBuilder builder() {
    return builder;
  }

  /** Creates a separate builder. */
  public SortedSetBuilder newBuilder() {
    return new SortedSetBuilder(this, newView());
  }

  private RankedMembers members(long entry) {
    members.pointTo(Entry.root(entry));
    return members;
  }

  // Reading.

  public long size(long entry) {
    return PackedValue.isPacked(entry)
        ? PackedMembers.size(PackedValue.address(entry))
        : members(entry).size();
  }

  /** Returns the score of a member, or NaN if it is absent. */
  public double score(long entry, long address, int length) {
    if (PackedValue.isPacked(entry)) {
      long member = PackedMembers.find(PackedValue.address(entry), address, length);
      return member == Listpack.NONE ? Double.NaN : PackedMembers.score(member);
    }
    RankedMembers structure = members(entry);
    long block = structure.find(structure.hash(address, length), address, length);
    return block == 0 ? Double.NaN : ScoredMember.score(block);
  }

  /** Returns the score of the member at an entry of a sorted set's listpack. */
  public static double score(long member) {
    return PackedMembers.score(member);
  }

  /** Returns the rank of a member by ascending score, or -1 if it is absent. */
  public long rank(long entry, long address, int length) {
    if (PackedValue.isPacked(entry)) {
      long listpack = PackedValue.address(entry);
      long member = PackedMembers.find(listpack, address, length);
      return member == Listpack.NONE ? -1 : PackedMembers.rank(listpack, member);
    }
    RankedMembers structure = members(entry);
    long block = structure.find(structure.hash(address, length), address, length);
    return block == 0 ? -1 : structure.rank(block);
  }

  /**
   * Returns the number of members with a score below the given one, or up to it if {@code orEqual}.
   */
  public long countBelow(long entry, double score, boolean orEqual) {
    return PackedValue.isPacked(entry)
        ? PackedMembers.countBelow(PackedValue.address(entry), score, orEqual)
        : members(entry).countBelow(score, orEqual);
  }

  /**
   * Returns the number of members ordered before the given bytes, or up to them if {@code orEqual}.
   * If the scores differ, the result is any number up to the size.
   */
  public long countBelow(long entry, long address, int length, boolean orEqual) {
    return PackedValue.isPacked(entry)
        ? PackedMembers.countBelow(slabs, PackedValue.address(entry), address, length, orEqual)
        : members(entry).countBelow(address, length, orEqual);
  }

  /**
   * Passes some members of a structure to the consumer as {@link ScoredMember} blocks; see {@link
   * io.redoubt.server.structure.ByteTable#scan}.
   */
  public long scan(long entry, long cursor, BlockConsumer consumer) {
    return members(entry).scan(cursor, consumer);
  }

  // Changing.

  /** Returns the outcome of the last change. */
  public Outcome outcome() {
    return outcome;
  }

  /** Returns the score of the member after the last {@link #add}, unless it was skipped. */
  public double newScore() {
    return newScore;
  }

  /**
   * Creates an empty set, encoded for its expected size, for a key without a value. It must not
   * stay empty.
   *
   * @param longest the length of the longest known member in bytes
   */
  public long create(Database database, long key, int keyLength, long expected, int longest) {
    if (isSmall(expected, longest)) {
      long entry =
          PackedValue.create(database, key, keyLength, Type.ZSET, false, Listpack.EMPTY_BYTES);
      Listpack.create(MEMORY, PackedValue.address(entry));
      return entry;
    }
    members.create(0);
    return createStructure(database, key, keyLength, members.root());
  }

  boolean isSmall(long size, int longest) {
    return size <= limits.zsetMaxListpackEntries.value()
        && longest <= limits.zsetMaxListpackValue.value();
  }

  private static long createStructure(Database database, long key, int keyLength, long root) {
    return database.createStructure(key, keyLength, Type.ZSET, root);
  }

  /**
   * Creates a set from a valid listpack of members and scores in order.
   *
   * @param listpack the address of the listpack, which is copied
   */
  public long createFromListpack(
      Database database, long key, int keyLength, long listpack, int sizeBytes) {
    long entry = PackedValue.create(database, key, keyLength, Type.ZSET, false, sizeBytes);
    Region.copy(listpack, PackedValue.address(entry), sizeBytes);
    return PackedMembers.size(PackedValue.address(entry)) > limits.zsetMaxListpackEntries.value()
        ? convert(database, entry)
        : entry;
  }

  public long expect(Database database, long entry, long additions) {
    if (PackedValue.isPacked(entry) && additions > limits.zsetMaxListpackEntries.value()) {
      database.beforeChange(entry);
      return convert(database, entry);
    }
    return entry;
  }

  private long convert(Database database, long entry) {
    long listpack = PackedValue.address(entry);
    slabs.ensure(1, Numbers.MAX_LONG_LENGTH, false);
    members.create(PackedMembers.size(listpack) + 1L);
    long digits = slabs.allocateFar(Numbers.MAX_LONG_LENGTH);
    try {
      addAll(listpack, digits);
    } catch (OutOfMemoryError full) {
      database.context().freeStructure(Type.ZSET, members.root());
      throw full;
    } finally {
      slabs.free(digits, Numbers.MAX_LONG_LENGTH);
    }
    return PackedValue.become(database, entry, members.root());
  }

  /** Adds the members of a listpack to {@link #members}; {@code digits} has room for a number. */
  private void addAll(long listpack, long digits) {
    for (long at = Listpack.first(MEMORY, listpack);
        at != Listpack.NONE;
        at = PackedMembers.next(at)) {
      boolean isNumber = Listpack.isInteger(MEMORY, at);
      long address = isNumber ? digits : Listpack.bytesAt(MEMORY, at);
      int length =
          isNumber
              ? Numbers.writeLong(MEMORY, digits, Listpack.integer(MEMORY, at))
              : Listpack.bytesLength(MEMORY, at);
      members.add(members.hash(address, length), address, length, PackedMembers.score(at));
    }
  }

  /**
   * Adds a member, or changes the score of an existing one.
   *
   * @param options the sum of {@link #ONLY_NEW} and the like
   */
  public long add(
      Database database, long entry, long address, int length, double score, int options) {
    if (PackedValue.isPacked(entry)) {
      return addPacked(database, entry, address, length, score, options);
    }
    RankedMembers structure = members(entry);
    long hashed = structure.hash(address, length);
    long block = structure.find(hashed, address, length);
    if (block == 0) {
      decideNew(score, options);
    } else {
      decide(ScoredMember.score(block), score, options);
    }
    if (outcome == Outcome.ADDED) {
      database.beforeChange(entry);
      structure.add(hashed, address, length, score);
    } else if (outcome == Outcome.CHANGED) {
      database.beforeChange(entry);
      structure.change(hashed, block, newScore);
    }
    return entry;
  }

  private long addPacked(
      Database database, long entry, long address, int length, double score, int options) {
    long listpack = PackedValue.address(entry);
    long member = PackedMembers.find(listpack, address, length);
    if (member == Listpack.NONE) {
      decideNew(score, options);
      if (outcome != Outcome.ADDED) {
        return entry;
      }
      database.beforeChange(entry);
      if (!isSmall(PackedMembers.size(listpack) + 1L, length)) {
        long converted = convert(database, entry);
        members.add(members.hash(address, length), address, length, score);
        return converted;
      }
      return insertPacked(database, entry, address, length, score);
    }
    decide(PackedMembers.score(member), score, options);
    if (outcome != Outcome.CHANGED) {
      return entry;
    }
    database.beforeChange(entry);
    PackedMembers.delete(listpack, member, 1);
    return insertPacked(database, entry, address, length, newScore);
  }

  private long insertPacked(Database database, long entry, long address, int length, double score) {
    long listpack = PackedValue.address(entry);
    long position = PackedMembers.position(slabs, listpack, address, length, score);
    return insertPackedAt(database, entry, position, address, length, score);
  }

  private long insertPackedAt(
      Database database, long entry, long position, long address, int length, double score) {
    long text = 0;
    int textLength = 0;
    if (!PackedMembers.isWhole(score)) {
      text = slabs.allocateFar(Doubles.MAX_LENGTH);
      textLength = Doubles.write(MEMORY, text, score);
    }
    long listpack = PackedValue.address(entry);
    long distance = position - listpack;
    long bytes =
        Listpack.sizeBytes(MEMORY, listpack)
            + PackedMembers.entriesBytes(address, length, score, text, textLength);
    long moved = PackedValue.resize(database, entry, (int) bytes);
    listpack = PackedValue.address(moved);
    PackedMembers.insert(listpack, listpack + distance, address, length, score, text, textLength);
    if (text != 0) {
      slabs.free(text, Doubles.MAX_LENGTH);
    }
    return moved;
  }

  private void decideNew(double score, int options) {
    newScore = score;
    outcome = (options & ONLY_EXISTING) == 0 ? Outcome.ADDED : Outcome.SKIPPED;
  }

  private void decide(double current, double score, int options) {
    newScore = (options & INCREMENT) == 0 ? score : current + score;
    if ((options & ONLY_NEW) != 0) {
      outcome = Outcome.SKIPPED;
    } else if (Double.isNaN(newScore)) {
      outcome = Outcome.NOT_A_NUMBER;
    } else if (((options & ONLY_GREATER) != 0 && newScore <= current)
        || ((options & ONLY_LESS) != 0 && newScore >= current)) {
      outcome = Outcome.SKIPPED;
    } else {
      outcome = newScore == current ? Outcome.UNCHANGED : Outcome.CHANGED;
    }
  }

  /** Removes a member: {@link Outcome#REMOVED} or {@link Outcome#ABSENT}. */
  public long remove(Database database, long entry, long address, int length) {
    outcome = Outcome.ABSENT;
    if (PackedValue.isPacked(entry)) {
      long member = PackedMembers.find(PackedValue.address(entry), address, length);
      if (member == Listpack.NONE) {
        return entry;
      }
      outcome = Outcome.REMOVED;
      database.beforeChange(entry);
      return deletePacked(database, entry, member, 1);
    }
    RankedMembers structure = members(entry);
    long hashed = structure.hash(address, length);
    long block = structure.find(hashed, address, length);
    if (block != 0) {
      outcome = Outcome.REMOVED;
      database.beforeChange(entry);
      structure.remove(hashed, block);
    }
    return entry;
  }

  /** Removes {@code count} members from a rank on. */
  public long removeRange(Database database, long entry, long rank, long count) {
    database.beforeChange(entry);
    if (PackedValue.isPacked(entry)) {
      long member = PackedMembers.at(PackedValue.address(entry), rank);
      return deletePacked(database, entry, member, (int) count);
    }
    RankedMembers structure = members(entry);
    for (long i = 0; i < count; i++) {
      structure.removeAt(rank);
    }
    return entry;
  }

  private static long deletePacked(Database database, long entry, long member, int count) {
    long listpack = PackedValue.address(entry);
    PackedMembers.delete(listpack, member, count);
    return PackedValue.resize(database, entry, (int) Listpack.sizeBytes(MEMORY, listpack));
  }

  // Structures.

  @Override
  public long table(long root) {
    return RankedMembers.table(root);
  }

  @Override
  public boolean dismantle(long root) {
    return members.dismantle(root);
  }

  @Override
  public long elements(long root) {
    return members.elements(root);
  }

  @Override
  public long copy(long root) {
    RankedMembers source = newView();
    source.pointTo(root);
    members.createCopy(source);
    return members.root();
  }

  @Override
  public long sizeBytes(long root, long samples) {
    members.pointTo(root);
    return members.sizeBytes(samples);
  }
}
