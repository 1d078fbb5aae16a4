package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.ServerRole;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Keyspace;

/**
 * Removes due keys without waiting for an access, a batch at a time. A writable replica removes
 * only keys whose expiry was set by local writes; all others are removed by the DEL of the master.
 */
public final class ExpiryCycle {
  /** The maximum number of keys in a batch of a master. */
  static final int BATCH = 16;

  /** The number of keys examined in a batch of a replica; few of them are due. */
  private static final int LOCAL_BATCH = 256;

  private final Keyspace keyspace;
  private final ServerRole role;
  private final ServerStats stats;
  private final Latency latency;
  private final Clock clock;
  private boolean on = true;

  public ExpiryCycle(
      Keyspace keyspace, ServerRole role, ServerStats stats, Latency latency, Clock clock) {
    this.keyspace = keyspace;
    this.role = role;
    this.stats = stats;
    this.latency = latency;
    this.clock = clock;
  }

  /** Turns the expiry cycle on or off, for DEBUG SET-ACTIVE-EXPIRE. */
  public void turn(boolean nowOn) {
    on = nowOn;
  }

  boolean isOn() {
    return on;
  }

  /** Removes a batch of due keys; returns the number of keys removed. */
  int removeSome() {
    if (role.isFrozen()) {
      return 0;
    }
    long start = clock.monotonicNanos();
    int removed =
        role.isReplica()
            ? keyspace.localExpiries().removeDue(LOCAL_BATCH)
            : keyspace.expireDue(BATCH);
    long nanos = clock.monotonicNanos() - start;
    stats.expiringNanos.add(nanos);
    latency.took(LatencyEvent.EXPIRE_CYCLE, nanos);
    return removed;
  }

  /**
   * Returns the Unix milliseconds at which the next key is due, {@link Long#MAX_VALUE} if none is
   * to be removed here.
   */
  long nextDueMillis() {
    return on && !role.isReplica() && !role.isFrozen() ? keyspace.nextDueMillis() : Long.MAX_VALUE;
  }
}
