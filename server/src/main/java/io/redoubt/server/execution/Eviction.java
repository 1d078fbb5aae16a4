package io.redoubt.server.execution;

import io.redoubt.protocol.flight.EvictionBurstEvent;
import io.redoubt.protocol.flight.FlightRecording;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.MemoryUse;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiringEntries;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.MaxmemoryDirectives.MaxmemoryPolicy;
import io.redoubt.server.settings.ServerDirectives;
import java.util.random.RandomGenerator;

/**
 * Evicts keys by {@code maxmemory-policy} while the memory in use exceeds {@code maxmemory}. Each
 * step removes the best of the sampled candidates, see {@link EvictionPool}; volatile-ttl takes the
 * next key in the order of expiry. Removed values that are not freed yet are freed first.
 *
 * <p>Works in slices: {@code maxmemory-eviction-tenacity} limits the time that a command waits, and
 * the server continues later.
 */
public final class Eviction implements AutoCloseable {
  /** The server, for evictions that outlast a command. */
  public interface Server extends ServerRole {
    /** Continues eviction after a slice that did not free enough memory. */
    void evictFurther();
  }

  /** The tenacity up to which slices grow by a fixed step; above it each adds 15 %. */
  private static final int EVEN_TENACITY = 10;

  private static final long EVEN_STEP_NANOS = 50_000;
  private static final double STEEP_FACTOR = 1.15;

  /** The tenacity at which slices have no time limit. */
  private static final int NO_LIMIT_TENACITY = 100;

  /** The number of keys removed between two readings of the clock. */
  private static final int BATCH = 16;

  private final Keyspace keyspace;
  private final ServerDirectives settings;
  private final MemoryUse memory;
  private final KeyEffects effects;
  private final ServerStats stats;
  private final Latency latency;
  private final Clock clock;
  private final RandomGenerator random;
  private final Server server;
  private final EvictionPool pool;
  private MaxmemoryPolicy pooledFor = MaxmemoryPolicy.NOEVICTION;
  private int nextDatabase;

  /** The bytes freed by the current slice. */
  private long freedBytes;

  /**
   * Creates the eviction for {@code keyspace}. By default a replica leaves eviction to its master.
   */
  public Eviction(
      Keyspace keyspace,
      ServerDirectives settings,
      MemoryUse memory,
      KeyEffects effects,
      ServerStats stats,
      Latency latency,
      Clock clock,
      Server server) {
    this.keyspace = keyspace;
    this.settings = settings;
    this.memory = memory;
    this.effects = effects;
    this.stats = stats;
    this.latency = latency;
    this.clock = clock;
    this.random = keyspace.random();
    this.server = server;
    pool = new EvictionPool(keyspace.slabs());
  }

  /** Returns true if more memory is in use than the configuration allows. */
  public boolean isNeeded() {
    long limit = settings.memory.maxmemory.value();
    return limit > 0 && keyspace.slabs().usedBytes() > limit && isOver(limit);
  }

  /** Completes the test of {@link #isNeeded}, whose first part nearly always decides. */
  private boolean isOver(long limit) {
    return memory.countedBytes() > limit
        && !(settings.replication.replicaIgnoreMaxmemory.value() && server.isReplica());
  }

  /**
   * Evicts keys for one slice of time, until the excess at its start is freed. Output caused by the
   * removals, such as invalidations for tracking clients, does not prolong the slice: it is sent at
   * the end of the turn, and evicting for it would cause more of it, until no key is left.
   *
   * @return false if the limit is exceeded and nothing is left to evict: writes must be refused
   */
  public boolean makeRoom() {
    if (!isNeeded() || server.isFrozen()) {
      return true;
    }
    long excess = memory.countedBytes() - settings.memory.maxmemory.value();
    if (!FlightRecording.isOn()) {
      return makeRoom(excess);
    }
    EvictionBurstEvent event = EvictionBurstEvent.start(excess);
    long before = stats.evictedKeys.getAsLong();
    boolean made = makeRoom(excess);
    event.end(stats.evictedKeys.getAsLong() - before, freedBytes, !isNeeded());
    return made;
  }

  private boolean makeRoom(long excess) {
    freedBytes = 0;
    long start = clock.monotonicNanos();
    long sliceNanos = sliceNanos(settings.memory.maxmemoryEvictionTenacity.value());
    boolean needed;
    do {
      for (int i = 0; i < BATCH && freedBytes < excess && isNeeded(); i++) {
        if (!freeSome() && !evictOne()) {
          stats.onRoomShort(start);
          latency.took(LatencyEvent.EVICTION_CYCLE, clock.monotonicNanos() - start);
          return false;
        }
      }
      needed = freedBytes < excess && isNeeded();
    } while (needed && clock.monotonicNanos() - start < sliceNanos);
    latency.took(LatencyEvent.EVICTION_CYCLE, clock.monotonicNanos() - start);
    if (needed) {
      stats.onRoomShort(start);
      server.evictFurther();
    } else {
      stats.onRoomMade(clock.monotonicNanos());
    }
    return true;
  }

  private static long sliceNanos(int tenacity) {
    if (tenacity >= NO_LIMIT_TENACITY) {
      return Long.MAX_VALUE;
    }
    double steep = Math.pow(STEEP_FACTOR, Math.max(0, tenacity - EVEN_TENACITY));
    return (long) (EVEN_STEP_NANOS * Math.min(tenacity, EVEN_TENACITY) * steep);
  }

  /** Frees a part of a removed value; returns false if there is none. */
  private boolean freeSome() {
    long before = keyspace.slabs().usedBytes();
    boolean some = keyspace.freeSome(1) > 0;
    freedBytes += before - keyspace.slabs().usedBytes();
    return some;
  }

  private boolean evictOne() {
    MaxmemoryPolicy policy = settings.memory.maxmemoryPolicy.value();
    return switch (policy) {
      case NOEVICTION -> false;
      case ALLKEYS_RANDOM, VOLATILE_RANDOM -> evictRandom(policy);
      case VOLATILE_TTL -> evictNextToExpire();
      case ALLKEYS_LRU, ALLKEYS_LFU, ALLKEYS_LRM, VOLATILE_LRU, VOLATILE_LFU, VOLATILE_LRM ->
          evictBest(policy);
    };
  }

  private static boolean onlyVolatile(MaxmemoryPolicy policy) {
    return policy == MaxmemoryPolicy.VOLATILE_LRU
        || policy == MaxmemoryPolicy.VOLATILE_LFU
        || policy == MaxmemoryPolicy.VOLATILE_LRM
        || policy == MaxmemoryPolicy.VOLATILE_RANDOM;
  }

  /**
   * Evicts a random key, from each database in turn, so that keys of small databases are at no
   * higher risk.
   */
  private boolean evictRandom(MaxmemoryPolicy policy) {
    for (int tries = 0; tries < keyspace.count(); tries++) {
      nextDatabase = (nextDatabase + 1) % keyspace.count();
      Database database = keyspace.database(nextDatabase);
      long entry = randomEntry(database, policy);
      if (entry != Entry.NONE) {
        evict(database, entry);
        return true;
      }
    }
    return false;
  }

  private long randomEntry(Database database, MaxmemoryPolicy policy) {
    if (!onlyVolatile(policy)) {
      return database.randomEntry();
    }
    return ExpiringEntries.random(database, random);
  }

  private boolean evictNextToExpire() {
    Database from = null;
    long next = Entry.NONE;
    for (int i = 0; i < keyspace.count(); i++) {
      long first = ExpiringEntries.first(keyspace.database(i));
      if (first != Entry.NONE && (from == null || Entry.expireAt(first) < Entry.expireAt(next))) {
        from = keyspace.database(i);
        next = first;
      }
    }
    if (from == null) {
      return false;
    }
    evict(from, next);
    return true;
  }

  private boolean evictBest(MaxmemoryPolicy policy) {
    if (pooledFor != policy) {
      pool.clear(); // it was filled by another policy
      pooledFor = policy;
    }
    while (sample(policy)) {
      while (pool.takeBest()) {
        long entry = pool.taken(keyspace);
        if (entry != Entry.NONE && (!onlyVolatile(policy) || Entry.expires(entry))) {
          evict(pool.takenFrom(keyspace), entry);
          return true;
        }
      }
    }
    return false;
  }

  /** Samples keys of each database into the pool; returns false if there are no candidates. */
  private boolean sample(MaxmemoryPolicy policy) {
    boolean any = false;
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      long keys = onlyVolatile(policy) ? database.expiries().size() : database.size();
      long samples = Math.min(keys, settings.memory.maxmemorySamples.value());
      any |= samples > 0;
      for (long sample = 0; sample < samples; sample++) {
        long entry = randomEntry(database, policy);
        pool.offer(database, entry, badness(database, entry, policy));
      }
    }
    return any;
  }

  /** Returns the priority of a key for eviction. */
  private static long badness(Database database, long entry, MaxmemoryPolicy policy) {
    AccessClock clock = database.context().accessClock();
    long now = database.context().nowMillis();
    return policy == MaxmemoryPolicy.ALLKEYS_LFU || policy == MaxmemoryPolicy.VOLATILE_LFU
        ? 255 - clock.frequency(entry, now)
        : clock.idleSeconds(entry, now);
  }

  private void evict(Database from, long entry) {
    effects.beforeEviction(from, entry);
    long start = latency.start();
    long before = keyspace.slabs().usedBytes();
    from.remove(entry);
    freedBytes += before - keyspace.slabs().usedBytes();
    latency.end(LatencyEvent.EVICTION_DEL, start);
  }

  @Override
  public void close() {
    pool.close();
  }
}
