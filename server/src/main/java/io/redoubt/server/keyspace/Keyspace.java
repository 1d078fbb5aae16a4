package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All databases of a server and their shared state: memory, time, the running {@link Walk} and
 * garbage to be freed. Confined to the server's event loop; no other thread may touch it.
 */
public final class Keyspace implements AutoCloseable {

  private final KeyspaceContext context;
  private final Garbage garbage;

  /** An empty database outside of the keyspace, since creating one takes longer than its use. */
  private @Nullable Database spareApart;

  private final Walks walks;

  /** The databases, and behind them on a cluster node the staged one of each. */
  private final Database[] databases;

  /** The number of databases without the staged ones. */
  private final int count;

  private final LocalExpiries localExpiries = new LocalExpiries(this);

  /** The database where {@link #expireDue} continues, so that none is always first. */
  private int nextToExpire;

  /**
   * Creates an empty keyspace.
   *
   * @param random draws the tables' hash key, random entries and access counters
   */
  public Keyspace(Slabs slabs, int databases, RandomGenerator random) {
    this(slabs, databases, random, false, KeyspaceListener.NONE);
  }

  /**
   * Creates an empty keyspace.
   *
   * @param random draws the tables' hash key, random entries and access counters
   * @param bySlot true for a cluster node, whose databases have a table for each hash slot
   * @param listener the listener for expired and added keys
   */
  public Keyspace(
      Slabs slabs,
      int databases,
      RandomGenerator random,
      boolean bySlot,
      KeyspaceListener listener) {
    this(slabs, databases, Hash.seeded(random), random, bySlot, listener);
  }

  /**
   * Creates an empty keyspace.
   *
   * @param hash the hash function of all tables
   * @param random draws random entries and access counters
   */
  public Keyspace(
      Slabs slabs,
      int databases,
      Hash hash,
      RandomGenerator random,
      boolean bySlot,
      KeyspaceListener listener) {
    this(new KeyspaceContext(slabs, databases, hash, random, bySlot, listener));
  }

  private Keyspace(KeyspaceContext context) {
    this.context = context;
    garbage = context.garbage();
    walks = context.walks();
    count = context.count();
    databases = new Database[context.isBySlot() ? 2 * count : count];
    for (int i = 0; i < databases.length; i++) {
      databases[i] = new Database(context, indexAt(i));
    }
  }

  /**
   * Creates a second, empty keyspace in the same memory. Its contents must be either {@linkplain
   * #takeOver taken over} or {@linkplain #discard discarded}; it is not closed.
   */
  public Keyspace spare() {
    return new Keyspace(new KeyspaceContext(context));
  }

  /** Replaces the contents by a spare keyspace's, and frees the old ones lazily. */
  public void takeOver(Keyspace spare) {
    context.held().onReplaced();
    localExpiries.clear();
    for (int i = 0; i < databases.length; i++) {
      garbage.add(databases[i].contents());
      databases[i].setContents(spare.databases[i].contents());
    }
    walks.onReplaced(spare.walks.epoch());
    spare.garbage.freeAll();
  }

  /** Frees the contents of a spare keyspace lazily. */
  public void discard(Keyspace spare) {
    for (Database database : spare.databases) {
      garbage.add(database.contents());
    }
    spare.garbage.freeAll();
  }

  /** Returns the number of databases that clients may use. */
  public int count() {
    return count;
  }

  /** Returns the number of databases, the staged ones included. */
  public int countWithStaged() {
    return databases.length;
  }

  /** Returns true if there is a database of an index, which may be a staged one. */
  public boolean has(long index) {
    if (index >= DatabaseIndex.FIRST_STAGED) {
      return index - DatabaseIndex.FIRST_STAGED < databases.length - count;
    }
    // Earlier versions had one database and called the staged one 1, also in their files.
    return index >= 0 && index < (count == 1 ? databases.length : count);
  }

  /**
   * Returns the staged database of a database, which only a cluster node has: the keys of slots
   * that another node is about to hand over. Clients don't see it, and its keys neither expire nor
   * are they evicted.
   */
  public Database staged(int index) {
    return databases[count + index];
  }

  /** Returns the number of entries in all staged databases. */
  public long stagedSize() {
    long size = 0;
    for (int i = count; i < databases.length; i++) {
      size += databases[i].size();
    }
    return size;
  }

  /** Returns the database of an index, which may be a staged one. */
  public Database database(int index) {
    return databases[positionOf(index)];
  }

  /**
   * Returns the position of a database among all {@link #countWithStaged}: its index, or behind
   * those of the others for a staged one.
   */
  public int positionOf(int index) {
    return DatabaseIndex.positionOf(index, count);
  }

  /** Returns the index of the database at a position, see {@link #positionOf}. */
  public int indexAt(int position) {
    return DatabaseIndex.at(position, count);
  }

  /** Returns the number of entries in all databases, without the staged ones. */
  public long size() {
    long size = 0;
    for (int i = 0; i < count; i++) {
      size += databases[i].size();
    }
    return size;
  }

  /** Returns the slabs that entries are allocated from. */
  public Slabs slabs() {
    return context.slabs();
  }

  /** Returns the hash function of all tables in the keyspace. */
  public Hash hash() {
    return context.hash();
  }

  public RandomGenerator random() {
    return context.random();
  }

  /** Returns the interpretation of the entries' access clocks. */
  public AccessClock accessClock() {
    return context.accessClock();
  }

  /** Returns the wall time used for expiry, in milliseconds since 1970. */
  public long nowMillis() {
    return context.nowMillis();
  }

  /** Returns the time of {@link #nowMillis()} in microseconds since 1970. */
  public long nowMicros() {
    return context.nowMicros();
  }

  /** Sets the wall time used for expiry, in microseconds since 1970. */
  public void setNowMicros(long micros) {
    context.setNowMicros(micros);
  }

  /** Returns the treatment of due keys on access; {@link ExpiredKeys#DELETE} initially. */
  public ExpiredKeys expiredKeys() {
    return context.expiredKeys();
  }

  /** Sets the treatment of due keys on access. */
  public void setExpiredKeys(ExpiredKeys choice) {
    context.setExpiredKeys(choice);
  }

  /** Returns the expiring keys that clients wrote here although this is a replica. */
  public LocalExpiries localExpiries() {
    return localExpiries;
  }

  /** Returns the keys whose values are read in slices. */
  public HeldKeys held() {
    return context.held();
  }

  /** Returns the listener for expired and added keys. */
  public KeyspaceListener listener() {
    return context.listener();
  }

  /**
   * Creates an empty database outside of the keyspace, invisible to commands, walks and expiry. It
   * must be {@linkplain #drop dropped}.
   */
  public Database newDatabaseApart() {
    Database spare = spareApart;
    spareApart = null;
    return spare == null ? new Database(context, Database.APART) : spare;
  }

  /** Frees a database outside of the keyspace, lazily; keeps one that is empty for the next use. */
  public void drop(Database apart) {
    if (spareApart == null && apart.size() == 0) {
      spareApart = apart;
    } else {
      garbage.add(apart.contents());
    }
  }

  /** Returns true if the databases have a table for each hash slot, as a cluster node's. */
  public boolean isBySlot() {
    return context.isBySlot();
  }

  /** Exchanges the contents of two databases, which a cluster node must not do. */
  public void swap(int a, int b) {
    if (context.isBySlot()) {
      throw new IllegalStateException("other nodes would not swap theirs");
    }
    context.held().onReplaced();
    Contents ofA = databases[a].contents();
    databases[a].setContents(databases[b].contents());
    databases[b].setContents(ofA);
  }

  /** Empties all databases, and leaves the freeing to {@link #freeSome}. */
  public void clear() {
    localExpiries.clear();
    for (Database database : databases) {
      database.clear();
    }
  }

  /**
   * Removes keys and elements that are due, the earliest of each database first. The caller watches
   * the time: a limit of some tens takes some tens of microseconds.
   *
   * @return the number removed; less than {@code limit} if no more are due
   */
  public int expireDue(int limit) {
    if (context.expiredKeys() != ExpiredKeys.DELETE) {
      return 0;
    }
    int expired = 0;
    for (int i = 0; i < count && expired < limit; i++) {
      Database database = databases[nextToExpire];
      expired += ExpiringEntries.removeDue(database, limit - expired);
      if (expired < limit) {
        nextToExpire = nextToExpire + 1 == count ? 0 : nextToExpire + 1;
      }
    }
    return expired;
  }

  /** Returns true if an element of a value expires, in any database. */
  public boolean hasExpiringElements() {
    for (Database database : databases) {
      if (database.expiries().hasElements()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the next expiry time of a key or element, in milliseconds since 1970; {@link
   * Long#MAX_VALUE} for none.
   */
  public long nextDueMillis() {
    long next = Long.MAX_VALUE;
    for (int i = 0; i < count; i++) {
      next = Math.min(next, databases[i].expiries().firstMillis());
    }
    return next;
  }

  /**
   * Frees some garbage, or does other deferred work.
   *
   * @param limit the approximate number of entries to free
   * @return the number freed; 0 if there is no garbage, or a walk still needs it
   */
  public int freeSome(int limit) {
    int freed = garbage.freeSome(limit);
    return freed == 0 && walks.markSome(limit) ? 1 : freed;
  }

  /** Returns the number of removed entries and large values to be freed. */
  public long garbageCount() {
    return garbage.count();
  }

  /** Returns the number of objects freed lazily, since the start or {@link #resetFreedCount}. */
  public long freedCount() {
    return garbage.freedCount();
  }

  /** Resets {@link #freedCount}, for CONFIG RESETSTAT. */
  public void resetFreedCount() {
    garbage.resetFreedCount();
  }

  /** Frees the parts of an entry's value outside of the entry, before it gets another value. */
  public void freeValue(long entry) {
    garbage.freeValue(entry);
  }

  /** Frees an unreferenced structure, immediately or, if it is large, later. */
  public void freeStructure(Type type, long root) {
    garbage.freeStructure(type, root);
  }

  /** Frees an unreferenced part of a value, immediately or, if it is large, later. */
  public void free(Dismantling kind, long root) {
    garbage.free(kind, root);
  }

  /** Frees an unreferenced block of a string, immediately or, if it is large, later. */
  public void freeBlock(long address, long sizeBytes) {
    garbage.freeBlock(address, sizeBytes);
  }

  public void setStructures(Type type, Structures kind) {
    garbage.kind(type, kind);
  }

  Garbage garbage() {
    return garbage;
  }

  /**
   * Returns the type of the value that was last replaced as a whole, null if there was none since
   * the previous call.
   */
  public @Nullable Type takeReplaced() {
    return context.takeReplaced();
  }

  KeyspaceContext context() {
    return context;
  }

  /**
   * Starts a walk over the current contents of all databases. Only one may run at a time.
   *
   * @throws IllegalStateException if one is running
   */
  public Walk startWalk(SnapshotGate gate) {
    return walks.start(contents(databases.length), count, i -> databases[i].contents(), gate);
  }

  /** Returns the current contents of the first databases. */
  private Contents[] contents(int first) {
    Contents[] all = new Contents[first];
    for (int i = 0; i < first; i++) {
      all[i] = databases[i].contents();
    }
    return all;
  }

  public boolean isWalked() {
    return walks.isAny();
  }

  /**
   * Starts a walk over slots of all databases, whether a {@link Walk} is running or not. Only one
   * such walk may run at a time. If the one before was aborted, this first completes its marks,
   * which takes time proportional to the slots that it had not reached; see {@link #freeSome}.
   *
   * @throws IllegalStateException if one is running, or this is not a cluster node
   */
  public SlotWalk startSlotWalk(SlotSet slots, SnapshotGate gate) {
    return walks.startOverSlots(contents(count), slots, gate);
  }

  /**
   * Returns a number that grows whenever an entry is about to be added, changed or removed: if it
   * has not, a command that failed has left the entries as they were.
   */
  public long changeCount() {
    return context.changeCount();
  }

  /** Closes a running walk and frees everything at once. */
  @Override
  public void close() {
    walks.close();
    for (Database database : databases) {
      garbage.add(database.contents());
    }
    if (spareApart != null) {
      garbage.add(spareApart.contents());
    }
    garbage.freeAll();
  }
}
