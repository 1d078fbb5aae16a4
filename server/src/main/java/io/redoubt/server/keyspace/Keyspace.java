package io.redoubt.server.keyspace;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All databases of a server, and what they share: memory, time, the running {@link Walk}, and what
 * waits to be freed. Belongs to the server's loop; no other thread may touch it.
 */
public final class Keyspace implements AutoCloseable {

  private final Slabs slabs;
  private final RandomGenerator chance;
  private final Hash hash;
  private final AccessClock accessClock;
  private final Database[] databases;
  private final Garbage garbage;
  private final LocalExpiries localExpiries = new LocalExpiries(this);

  private long nowMillis;
  private ExpiredKeys expiredKeys = ExpiredKeys.DELETE;
  private KeyspaceListener listener = (database, entry) -> {};

  private @Nullable Walk walk;
  private int epoch;
  private int walks;

  /** The oldest epoch that an entry may have: that of the last walk that came to its end. */
  private int oldestEpoch;

  /** Where {@link #expireDue} goes on, so that no database is always first. */
  private int nextToExpire;

  /**
   * An empty keyspace.
   *
   * @param chance draws the tables' hash key, random entries and access counters
   */
  public Keyspace(Slabs slabs, int databases, RandomGenerator chance) {
    this.slabs = slabs;
    this.chance = chance;
    hash = Hash.seeded(chance);
    accessClock = new AccessClock(chance);
    garbage = new Garbage(slabs);
    this.databases = new Database[databases];
    for (int i = 0; i < databases; i++) {
      this.databases[i] = new Database(this, i);
    }
  }

  private Keyspace(Keyspace origin) {
    slabs = origin.slabs;
    chance = origin.chance;
    hash = origin.hash;
    accessClock = origin.accessClock;
    nowMillis = origin.nowMillis;
    epoch = origin.epoch;
    oldestEpoch = origin.epoch;
    garbage = new Garbage(slabs);
    databases = new Database[origin.databases.length];
    for (int i = 0; i < databases.length; i++) {
      databases[i] = new Database(this, i);
    }
  }

  /**
   * An empty keyspace beside this one, in the same memory. What it gets is either {@linkplain
   * #takeOver taken over} or {@linkplain #discard discarded}; it is not closed.
   */
  public Keyspace spare() {
    return new Keyspace(this);
  }

  /** Has the contents of a spare keyspace in the place of its own, which are freed lazily. */
  public void takeOver(Keyspace spare) {
    localExpiries.clear();
    for (int i = 0; i < databases.length; i++) {
      garbage.add(databases[i].contents());
      databases[i].contents(spare.databases[i].contents());
    }
    oldestEpoch = spare.epoch;
    spare.garbage.freeAll();
  }

  /** Frees, lazily, what a spare keyspace holds. */
  public void discard(Keyspace spare) {
    for (Database database : spare.databases) {
      garbage.add(database.contents());
    }
    spare.garbage.freeAll();
  }

  /** How many databases there are. */
  public int count() {
    return databases.length;
  }

  /** The database with an index from 0 on. */
  public Database database(int index) {
    return databases[index];
  }

  /** How many entries there are in all databases. */
  public long size() {
    long size = 0;
    for (Database database : databases) {
      size += database.size();
    }
    return size;
  }

  /** Where entries get their memory. */
  public Slabs slabs() {
    return slabs;
  }

  /** The hash of everything in the keyspace that is found by its bytes. */
  public Hash hash() {
    return hash;
  }

  /** Chance, for everything that draws in the keyspace. */
  public RandomGenerator chance() {
    return chance;
  }

  /** What the access clocks of entries mean. */
  public AccessClock accessClock() {
    return accessClock;
  }

  /** The wall time that expiry goes by, in milliseconds since 1970. */
  public long nowMillis() {
    return nowMillis;
  }

  /** Tells the wall time, as often as it should count. */
  public void nowMillis(long millis) {
    nowMillis = millis;
  }

  /** What an access does with a key whose time has come; {@link ExpiredKeys#DELETE} at first. */
  public ExpiredKeys expiredKeys() {
    return expiredKeys;
  }

  /** Chooses what an access does with a key whose time has come. */
  public void expiredKeys(ExpiredKeys choice) {
    expiredKeys = choice;
  }

  /** The keys that expire and were written here although this is a replica. */
  public LocalExpiries localExpiries() {
    return localExpiries;
  }

  /** The one who is told of expired keys. */
  public void listener(KeyspaceListener newListener) {
    listener = newListener;
  }

  /** The one who is told. */
  public KeyspaceListener listener() {
    return listener;
  }

  /** Exchanges the contents of two databases. */
  public void swap(int a, int b) {
    Contents ofA = databases[a].contents();
    databases[a].contents(databases[b].contents());
    databases[b].contents(ofA);
  }

  /**
   * Empties all databases.
   *
   * @param lazily whether to leave the freeing to {@link #freeSome}
   */
  public void clear(boolean lazily) {
    localExpiries.clear();
    for (Database database : databases) {
      database.clear(lazily);
    }
  }

  /**
   * Removes keys, and elements of values, whose time has come, the longest due of a database first.
   * The caller watches the time: a limit of some tens is some tens of microseconds.
   *
   * @return how many were removed; less than {@code limit} when no more are due
   */
  public int expireDue(int limit) {
    if (expiredKeys != ExpiredKeys.DELETE) {
      return 0;
    }
    int expired = 0;
    for (int i = 0; i < databases.length && expired < limit; i++) {
      Database database = databases[nextToExpire];
      expired += database.expireDue(limit - expired);
      if (expired < limit) {
        nextToExpire = nextToExpire + 1 == databases.length ? 0 : nextToExpire + 1;
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
   * When the next key or element is due, in milliseconds since 1970; {@link Long#MAX_VALUE} for
   * never.
   */
  public long nextDueMillis() {
    long next = Long.MAX_VALUE;
    for (Database database : databases) {
      next = Math.min(next, database.expiries().firstMillis());
    }
    return next;
  }

  /**
   * Frees some of what was removed lazily.
   *
   * @param limit about how many entries to free
   * @return how many were freed; 0 when nothing waits to be freed, or a walk still needs it
   */
  public int freeSome(int limit) {
    return garbage.freeSome(limit);
  }

  /** How many removed entries and large values wait to be freed. */
  public long garbageCount() {
    return garbage.count();
  }

  /** How many were freed later than removed, since the start or {@link #resetFreedCount}. */
  public long freedCount() {
    return garbage.freedCount();
  }

  /** CONFIG RESETSTAT. */
  public void resetFreedCount() {
    garbage.resetFreedCount();
  }

  /** Frees what belongs to an entry's value outside of the entry, before it gets another value. */
  public void freeValue(long entry) {
    garbage.freeValue(entry);
  }

  /** Frees a structure that nothing refers to any more, now or, if it is large, later. */
  public void freeStructure(Type type, long root) {
    garbage.freeStructure(type, root);
  }

  /** Frees a part of a value that nothing refers to any more, now or, if it is large, later. */
  public void free(Dismantling kind, long root) {
    garbage.free(kind, root);
  }

  /** Frees a block of a string that nothing refers to any more, now or, if it is large, later. */
  public void freeBlock(long address, long sizeBytes) {
    garbage.freeBlock(address, sizeBytes);
  }

  /** To be called before bytes of a string in a block of its own are written over. */
  public void beforeBytes(long block, long from, long to) {
    garbage.beforeBytes(block, from, to);
  }

  /** Declares who knows the structures of a type. */
  public void structures(Type type, Structures kind) {
    garbage.kind(type, kind);
  }

  Garbage garbage() {
    return garbage;
  }

  Contents newContents() {
    return new Contents(slabs, hash);
  }

  /**
   * Starts a walk over all databases as they are now. There is one at a time.
   *
   * @throws IllegalStateException when one is running
   */
  public Walk startWalk(SnapshotGate gate) {
    if (walk != null) {
      throw new IllegalStateException("a walk is running");
    }
    int next = nextEpoch(epoch);
    if (next == oldestEpoch) {
      // 255 walks in a row were aborted, and entries that none of them reached would pass for
      // walked.
      giveAllEpoch(epoch);
      oldestEpoch = epoch;
    }
    epoch = next;
    walks = walks == Walk.MAX_NUMBER ? 1 : walks + 1;
    walk = new Walk(this, gate, walks);
    garbage.gate(gate);
    return walk;
  }

  private static int nextEpoch(int epoch) {
    return epoch + 1 & 0xff;
  }

  private void giveAllEpoch(int given) {
    for (Database database : databases) {
      database.forEach(entry -> Entry.putEpoch(entry, given));
    }
  }

  void walkEnded(Walk ended) {
    if (walk == ended) {
      walk = null;
      garbage.gate(null);
      if (ended.isDone()) {
        oldestEpoch = epoch;
      }
    }
  }

  /** The epoch that new entries are born with. */
  int epoch() {
    return epoch;
  }

  /** To be called before an entry is changed or removed. */
  void beforeChange(Contents contents, long entry) {
    if (walk != null) {
      walk.beforeChange(contents, entry);
    }
  }

  /** Ends the use: frees everything, at once. */
  @Override
  public void close() {
    if (walk != null) {
      walk.close();
    }
    for (Database database : databases) {
      garbage.add(database.contents());
    }
    garbage.freeAll();
  }
}
