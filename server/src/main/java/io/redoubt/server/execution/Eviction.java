package io.redoubt.server.execution;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.keyspace.AccessClock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.MaxmemoryDirectives.MaxmemoryPolicy;
import io.redoubt.server.settings.ServerDirectives;
import java.util.random.RandomGenerator;

/**
 * Removes keys by {@code maxmemory-policy} while more memory is in use than {@code maxmemory}
 * allows. Each time the best goes of those that samples have shown, see {@link EvictionPool}; for
 * volatile-ttl the order of expiry knows the one that is next. What was removed before and waits to
 * be freed is freed first.
 *
 * <p>Works in slices: what a command may wait for is bounded by {@code
 * maxmemory-eviction-tenacity}, and who listens goes on with the rest.
 */
public final class Eviction implements AutoCloseable {
  /** Tenacity up to which the time of a slice rises evenly, by so much; then by 15 % each. */
  private static final int EVEN_TENACITY = 10;

  private static final long EVEN_STEP_NANOS = 50_000;
  private static final double STEEP_FACTOR = 1.15;

  /** With that tenacity there is no limit. */
  private static final int NO_LIMIT_TENACITY = 100;

  /** Keys removed between two looks at the clock. */
  private static final int BATCH = 16;

  private final Keyspace keyspace;
  private final ServerDirectives settings;
  private final MemoryUse memory;
  private final KeyEffects effects;
  private final ServerStats stats;
  private final Latency latency;
  private final Clock clock;
  private final RandomGenerator chance;
  private final ServerRole role;
  private final EvictionPool pool;
  private Runnable unfinished = () -> {};
  private MaxmemoryPolicy pooledFor = MaxmemoryPolicy.NOEVICTION;
  private int nextDatabase;

  /** Eviction from {@code keyspace}; a replica leaves it to its master unless told otherwise. */
  public Eviction(
      Keyspace keyspace,
      ServerDirectives settings,
      MemoryUse memory,
      KeyEffects effects,
      ServerStats stats,
      Latency latency,
      Clock clock,
      ServerRole role) {
    this.keyspace = keyspace;
    this.settings = settings;
    this.memory = memory;
    this.effects = effects;
    this.stats = stats;
    this.latency = latency;
    this.clock = clock;
    this.chance = keyspace.chance();
    this.role = role;
    pool = new EvictionPool(keyspace.slabs());
  }

  /** Sets who goes on when a slice has ended before there was room. */
  public void onUnfinished(Runnable listener) {
    unfinished = listener;
  }

  /** Whether more memory is in use than the configuration allows. */
  public boolean isNeeded() {
    long limit = settings.maxmemory.value();
    return limit > 0 && keyspace.slabs().usedBytes() > limit && isOver(limit);
  }

  /** The rest of the test, behind what nearly always decides it. */
  private boolean isOver(long limit) {
    return memory.countedBytes() > limit
        && !(settings.replicaIgnoreMaxmemory.value() && role.isReplica());
  }

  /**
   * Makes room for one slice of time.
   *
   * @return false when there is too little and nothing more to remove: writes must be refused
   */
  public boolean makeRoom() {
    if (!isNeeded() || role.isPaused()) {
      return true;
    }
    long start = clock.monotonicNanos();
    long sliceNanos = sliceNanos(settings.maxmemoryEvictionTenacity.value());
    boolean needed;
    do {
      for (int i = 0; i < BATCH && isNeeded(); i++) {
        if (keyspace.freeSome(1) == 0 && !evictOne()) {
          stats.roomIsShort(start);
          latency.took(LatencyEvent.EVICTION_CYCLE, clock.monotonicNanos() - start);
          return false;
        }
      }
      needed = isNeeded();
    } while (needed && clock.monotonicNanos() - start < sliceNanos);
    latency.took(LatencyEvent.EVICTION_CYCLE, clock.monotonicNanos() - start);
    if (needed) {
      stats.roomIsShort(start);
      unfinished.run();
    } else {
      stats.roomIsMade(clock.monotonicNanos());
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

  private boolean evictOne() {
    MaxmemoryPolicy policy = settings.maxmemoryPolicy.value();
    return switch (policy) {
      case NOEVICTION -> false;
      case ALLKEYS_RANDOM, VOLATILE_RANDOM -> evictRandom(policy);
      case VOLATILE_TTL -> evictNextToExpire();
      case ALLKEYS_LRU, ALLKEYS_LFU, VOLATILE_LRU, VOLATILE_LFU -> evictBest(policy);
    };
  }

  private static boolean onlyVolatile(MaxmemoryPolicy policy) {
    return policy == MaxmemoryPolicy.VOLATILE_LRU
        || policy == MaxmemoryPolicy.VOLATILE_LFU
        || policy == MaxmemoryPolicy.VOLATILE_RANDOM;
  }

  /** Takes databases in turn, so that the keys of small ones are no more at risk than others. */
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
    long expires = database.expiries().size();
    return expires == 0 ? Entry.NONE : database.expiries().entry(chance.nextLong(expires));
  }

  private boolean evictNextToExpire() {
    Database from = null;
    long next = Entry.NONE;
    for (int i = 0; i < keyspace.count(); i++) {
      long first = keyspace.database(i).expiries().entry(0);
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
      pool.clear(); // it was filled by another measure
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

  /** Draws some keys of each database into the pool; false when there is none that may go. */
  private boolean sample(MaxmemoryPolicy policy) {
    boolean any = false;
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      long keys = onlyVolatile(policy) ? database.expiries().size() : database.size();
      long samples = Math.min(keys, settings.maxmemorySamples.value());
      any |= samples > 0;
      for (long sample = 0; sample < samples; sample++) {
        long entry = randomEntry(database, policy);
        pool.offer(database, entry, badness(database, entry, policy));
      }
    }
    return any;
  }

  /** How well a key can be done without. */
  private static long badness(Database database, long entry, MaxmemoryPolicy policy) {
    AccessClock clock = database.keyspace().accessClock();
    long now = database.keyspace().nowMillis();
    return policy == MaxmemoryPolicy.ALLKEYS_LFU || policy == MaxmemoryPolicy.VOLATILE_LFU
        ? 255 - clock.frequency(entry, now)
        : clock.idleSeconds(entry, now);
  }

  private void evict(Database from, long entry) {
    effects.evicting(from, entry);
    long start = latency.start();
    from.remove(entry);
    latency.end(LatencyEvent.EVICTION_DEL, start);
  }

  @Override
  public void close() {
    pool.close();
  }
}
