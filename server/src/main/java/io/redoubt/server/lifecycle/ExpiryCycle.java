package io.redoubt.server.lifecycle;

import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.ServerRole;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Keyspace;

/**
 * Removes keys that are due without waiting for an access to them, a batch at a time. A replica
 * removes only keys that it made itself; for the others it waits for the DEL of its master.
 */
public final class ExpiryCycle {
  /** Maximum number of keys removed at a time by a master. */
  static final int BATCH = 16;

  /** Keys examined at a time by a replica, of which the fewest are due. */
  private static final int LOCAL_BATCH = 256;

  private final Keyspace keyspace;
  private final ServerRole role;
  private final ServerStats stats;
  private final Latency latency;
  private final Clock clock;
  private boolean on = true;

  /** Creates an expiry cycle that is on. */
  public ExpiryCycle(
      Keyspace keyspace, ServerRole role, ServerStats stats, Latency latency, Clock clock) {
    this.keyspace = keyspace;
    this.role = role;
    this.stats = stats;
    this.latency = latency;
    this.clock = clock;
  }

  /** Turns the removal of due keys without an access on or off. */
  public void turn(boolean nowOn) {
    on = nowOn;
  }

  /** Returns true if due keys are removed without an access. */
  boolean isOn() {
    return on;
  }

  /** Removes a batch of due keys; returns the number of keys removed. */
  int removeSome() {
    long start = clock.monotonicNanos();
    int removed =
        role.isReplica()
            ? keyspace.localExpiries().removeDue(LOCAL_BATCH)
            : keyspace.expireDue(BATCH);
    long nanos = clock.monotonicNanos() - start;
    stats.countExpiring(nanos);
    latency.took(LatencyEvent.EXPIRE_CYCLE, nanos);
    return removed;
  }

  /** Returns the time in Unix milliseconds at which the next key is due here, or the maximum. */
  long nextDueMillis() {
    return on && !role.isReplica() ? keyspace.nextDueMillis() : Long.MAX_VALUE;
  }
}
