package io.redoubt.server.execution;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.MaxmemoryDirectives.MaxmemoryPolicy;
import io.redoubt.server.settings.ServerDirectives;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * Removes keys by {@code maxmemory-policy} while more memory is in use than {@code maxmemory}
 * allows. Each time the worst of {@code maxmemory-samples} keys goes, but for volatile-ttl: the
 * order of expiry knows the one that is next.
 *
 * <p>Works in slices: what a command may wait for is bounded, and the cron goes on with the rest.
 */
public final class Eviction {
  /** Time that a slice may take. */
  private static final long SLICE_NANOS = 500_000;

  /** Keys removed between two looks at the clock. */
  private static final int BATCH = 16;

  private final Keyspace keyspace;
  private final ServerDirectives settings;
  private final KeyEffects effects;
  private final Clock clock;
  private final RandomGenerator chance;
  private final BooleanSupplier isReplica;

  /** Eviction from {@code keyspace}; a replica leaves it to its master unless told otherwise. */
  public Eviction(
      Keyspace keyspace,
      ServerDirectives settings,
      KeyEffects effects,
      Clock clock,
      BooleanSupplier isReplica) {
    this.keyspace = keyspace;
    this.settings = settings;
    this.effects = effects;
    this.clock = clock;
    this.chance = keyspace.chance();
    this.isReplica = isReplica;
  }

  /** Whether more memory is in use than the configuration allows. */
  public boolean isNeeded() {
    long limit = settings.maxmemory.value();
    return limit > 0
        && keyspace.slabs().usedBytes() > limit
        && !(settings.replicaIgnoreMaxmemory.value() && isReplica.getAsBoolean());
  }

  /**
   * Makes room for one slice of time.
   *
   * @return false when there is too little and nothing more to remove: writes must be refused
   */
  public boolean makeRoom() {
    if (!isNeeded()) {
      return true;
    }
    long end = clock.monotonicNanos() + SLICE_NANOS;
    do {
      for (int i = 0; i < BATCH && isNeeded(); i++) {
        if (!evictOne()) {
          // What was dropped before may still have to be freed.
          return keyspace.freeSome(BATCH) > 0;
        }
      }
    } while (isNeeded() && clock.monotonicNanos() < end);
    return true;
  }

  private boolean evictOne() {
    MaxmemoryPolicy policy = settings.maxmemoryPolicy.value();
    if (policy == MaxmemoryPolicy.NOEVICTION) {
      return false;
    }
    boolean isVolatile = policy.name().startsWith("VOLATILE");
    Database from = null;
    long victim = Entry.NONE;
    long worst = -1;
    for (int i = 0; i < keyspace.count(); i++) {
      Database database = keyspace.database(i);
      long keys = isVolatile ? database.expires() : database.size();
      int samples = (int) Math.min(keys, settings.maxmemorySamples.value());
      if (policy == MaxmemoryPolicy.VOLATILE_TTL) {
        samples = Math.min(samples, 1);
      }
      for (int sample = 0; sample < samples; sample++) {
        long entry = candidate(database, policy, isVolatile);
        long badness = badness(database, entry, policy);
        if (badness > worst) {
          worst = badness;
          victim = entry;
          from = database;
        }
      }
    }
    if (from == null) {
      return false;
    }
    effects.evicting(from, victim);
    from.remove(victim);
    return true;
  }

  private long candidate(Database database, MaxmemoryPolicy policy, boolean isVolatile) {
    if (policy == MaxmemoryPolicy.VOLATILE_TTL) {
      return database.expiring(0);
    }
    return isVolatile
        ? database.expiring(chance.nextLong(database.expires()))
        : database.randomEntry();
  }

  /** How well a key can be done without; more than zero. */
  private long badness(Database database, long entry, MaxmemoryPolicy policy) {
    return switch (policy) {
      case ALLKEYS_LRU, VOLATILE_LRU -> database.idleSeconds(entry);
      case ALLKEYS_LFU, VOLATILE_LFU -> 255 - database.frequency(entry);
      case VOLATILE_TTL -> Long.MAX_VALUE - Entry.expireAt(entry);
      case ALLKEYS_RANDOM, VOLATILE_RANDOM, NOEVICTION -> chance.nextInt(Integer.MAX_VALUE);
    };
  }
}
