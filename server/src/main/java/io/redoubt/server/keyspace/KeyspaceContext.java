package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.process.FastRandom;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state that all databases of a {@link Keyspace} share: memory, hash function, time, policies,
 * garbage and walks. Confined to the server's event loop.
 */
public final class KeyspaceContext {
  private final Slabs slabs;

  /** Chooses entries and counts accesses. */
  private final RandomGenerator random;

  private final Hash hash;
  private final AccessClock accessClock;
  private @Nullable Type replaced;
  private final boolean bySlot;

  /** The number of databases without the staged ones. */
  private final int count;

  private final Garbage garbage;
  private final Walks walks;
  private final HeldKeys held;

  private long nowMicros;
  private long nowMillis;
  private long changeCount;
  private ExpiredKeys expiredKeys = ExpiredKeys.DELETE;
  private final KeyspaceListener listener;

  /**
   * Creates the context of an empty keyspace.
   *
   * @param databases the number of databases without the staged ones
   * @param hash the hash function of all tables
   * @param seeds draws the seed of the random choices
   * @param bySlot true for a cluster node, whose databases have a table for each hash slot
   * @param listener the listener for expired and added keys
   */
  KeyspaceContext(
      Slabs slabs,
      int databases,
      Hash hash,
      RandomGenerator seeds,
      boolean bySlot,
      KeyspaceListener listener) {
    this.slabs = slabs;
    this.bySlot = bySlot;
    this.listener = listener;
    count = databases;
    this.hash = hash;
    random = FastRandom.seededBy(seeds);
    accessClock = new AccessClock(random);
    held = new HeldKeys(hash);
    garbage = new Garbage(slabs);
    walks = new Walks(garbage, 0);
  }

  /**
   * Creates the context of an empty keyspace in the same memory, with the same hash function and
   * without a listener.
   */
  KeyspaceContext(KeyspaceContext origin) {
    slabs = origin.slabs;
    random = origin.random;
    bySlot = origin.bySlot;
    listener = KeyspaceListener.NONE;
    count = origin.count;
    hash = origin.hash;
    accessClock = origin.accessClock;
    nowMicros = origin.nowMicros;
    nowMillis = origin.nowMillis;
    held = new HeldKeys(hash);
    garbage = new Garbage(slabs);
    walks = new Walks(garbage, origin.walks.epoch());
  }

  /** Returns the slabs that entries are allocated from. */
  public Slabs slabs() {
    return slabs;
  }

  /** Returns the hash function of all tables in the keyspace. */
  public Hash hash() {
    return hash;
  }

  public RandomGenerator random() {
    return random;
  }

  /** Notes that a value is about to be replaced as a whole. */
  void noteReplaced(long entry) {
    replaced = Entry.type(entry);
  }

  /**
   * Returns the type of the value that was last replaced as a whole, null if there was none since
   * the previous call.
   */
  @Nullable Type takeReplaced() {
    Type taken = replaced;
    replaced = null;
    return taken;
  }

  /** Returns the interpretation of the entries' access clocks. */
  public AccessClock accessClock() {
    return accessClock;
  }

  /** Returns true if the databases have a table for each hash slot, as a cluster node's. */
  boolean isBySlot() {
    return bySlot;
  }

  /** Returns the number of databases without the staged ones. */
  int count() {
    return count;
  }

  /** Creates the contents of an empty database. */
  Contents newContents(int database) {
    return new Contents(slabs, hash, bySlot && database != Database.APART);
  }

  /** Returns the wall time used for expiry, in milliseconds since 1970. */
  public long nowMillis() {
    return nowMillis;
  }

  /** Returns the time of {@link #nowMillis()} in microseconds since 1970. */
  public long nowMicros() {
    return nowMicros;
  }

  /** Sets the wall time used for expiry, in microseconds since 1970. */
  void setNowMicros(long micros) {
    nowMicros = micros;
    nowMillis = Math.floorDiv(micros, 1000);
  }

  /** Returns the treatment of due keys on access; {@link ExpiredKeys#DELETE} initially. */
  public ExpiredKeys expiredKeys() {
    return expiredKeys;
  }

  /** Sets the treatment of due keys on access. */
  void setExpiredKeys(ExpiredKeys choice) {
    expiredKeys = choice;
  }

  /** Returns the listener for expired and added keys. */
  public KeyspaceListener listener() {
    return listener;
  }

  /** Returns the keys whose values are read in slices. */
  HeldKeys held() {
    return held;
  }

  Walks walks() {
    return walks;
  }

  /** Returns the number of changes, see {@link Keyspace#changeCount}. */
  long changeCount() {
    return changeCount;
  }

  /** Counts an entry that is about to be added. */
  void beforeInsert() {
    changeCount++;
  }

  /** Notifies running walks that an entry is about to be changed or removed. */
  void beforeChange(Contents contents, long entry) {
    changeCount++;
    if (!held.isEmpty()) {
      held.changing(entry);
    }
    walks.beforeChange(contents, entry);
  }

  /** Returns the removed data that is not freed yet. */
  Garbage garbage() {
    return garbage;
  }

  /** Frees the parts of an entry's value outside of the entry, before it gets another value. */
  public void freeValue(long entry) {
    garbage.freeValue(entry);
  }

  /**
   * Returns the parts of an entry's value outside of the entry, to be freed once the entry has got
   * another value; valid until the next call.
   */
  public OldValue oldValue(long entry) {
    return garbage.oldValue(entry);
  }

  /** Frees an unreferenced structure, immediately or, if it is large, later. */
  public void freeStructure(Type type, long root) {
    garbage.freeStructure(type, root);
  }

  /**
   * Notifies a snapshot that bytes of a string in a block of its own are about to be overwritten.
   */
  public void beforeBytes(long block, long from, long to) {
    garbage.beforeBytes(block, from, to);
  }
}
