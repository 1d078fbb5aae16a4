package io.redoubt.server.cluster.core;

import org.jspecify.annotations.Nullable;

/** The state of a failover that an operator has ordered, at its replica and at its master. */
final class PlannedFailover {
  static final long UNKNOWN = -1;

  private static final long LIMIT_MILLIS = 5000;

  /** The pause ends later than the failover, so that writes don't resume in its last moment. */
  private static final int PAUSE_FACTOR = 2;

  private final World world;
  private long endsAt = Node.NEVER;

  /** At a master, the replica that replaces it. */
  private @Nullable Node successor;

  /** At a master, true once writes are paused: from then on its offset is the last one. */
  private boolean paused;

  /** At a replica, the offset of its paused master. */
  private long masterOffset = UNKNOWN;

  private boolean mayStart;

  PlannedFailover(World world) {
    this.world = world;
  }

  /** Starts at the replica. */
  void start() {
    end();
    endsAt = world.now() + LIMIT_MILLIS;
  }

  /** Starts at the master, which pauses writes. */
  void start(Node successor) {
    start();
    this.successor = successor;
    world.emit(new Output.PauseWrites(LIMIT_MILLIS * PAUSE_FACTOR));
  }

  boolean isRunning() {
    return endsAt != Node.NEVER;
  }

  boolean isOverdue() {
    return world.now() >= endsAt;
  }

  /** Returns at a master the replica that replaces it, null at others. */
  @Nullable Node successor() {
    return isRunning() ? successor : null;
  }

  /** Notes that this master has paused writes. */
  void writesPaused() {
    paused = true;
  }

  /** Returns true if this master has paused writes for a replica, and its offset stands still. */
  boolean hasPausedWrites() {
    return isRunning() && paused;
  }

  /** Returns true if a node waits for our offset, for which it is pinged at once. */
  boolean isAwaitedBy(Node node) {
    return isRunning() && successor == node;
  }

  /** Permits this replica to stand although its master is up. */
  void allowStart() {
    mayStart = true;
  }

  /** Returns true if this replica may stand although its master is up. */
  boolean mayStart() {
    return isRunning() && mayStart;
  }

  /** Sets the offset that our replication must reach. */
  void await(long offset) {
    masterOffset = offset;
  }

  /** Returns the offset of the paused master that this replica must reach; -1 for none. */
  long awaitedOffset() {
    return isRunning() && !mayStart ? masterOffset : UNKNOWN;
  }

  /** Requests a tick at the end. */
  void wake() {
    if (isRunning()) {
      world.wakeBy(endsAt);
    }
  }

  /** Ends it; the writes of a paused master resume. */
  void end() {
    if (isRunning() && successor != null) {
      world.emit(new Output.ResumeWrites());
    }
    endsAt = Node.NEVER;
    successor = null;
    paused = false;
    masterOffset = UNKNOWN;
    mayStart = false;
  }
}
