package io.redoubt.server.cluster.core;

import io.redoubt.protocol.machine.MachineClock;
import org.jspecify.annotations.Nullable;

/** The state of a manual failover, at the replica and at its master. */
final class PlannedFailover {
  static final long UNKNOWN = -1;

  private static final long LIMIT_MILLIS = 5000;

  /** The pause outlasts the failover, so that writes can't resume just before the replica wins. */
  private static final int PAUSE_FACTOR = 2;

  private final World world;
  private long endsAt = MachineClock.NEVER;

  /** At a master, the replica that replaces it. */
  private @Nullable Node successor;

  /** At a master, true once writes are paused, so that its offset is final. */
  private boolean paused;

  /** At a replica, the offset of its paused master. */
  private long masterOffset = UNKNOWN;

  private boolean mayStart;

  PlannedFailover(World world) {
    this.world = world;
  }

  void start() {
    end();
    endsAt = world.now() + LIMIT_MILLIS;
  }

  /** Starts the failover at the master, which pauses writes. */
  void start(Node successor) {
    start();
    this.successor = successor;
    world.emit(new Output.PauseWrites(LIMIT_MILLIS * PAUSE_FACTOR));
  }

  boolean isRunning() {
    return endsAt != MachineClock.NEVER;
  }

  boolean isOverdue() {
    return world.now() >= endsAt;
  }

  /** Returns the replica that is to replace this master; null if there is none or at a replica. */
  @Nullable Node successor() {
    return isRunning() ? successor : null;
  }

  void onWritesPaused() {
    paused = true;
  }

  /** Returns true if this master has paused writes, so that its offset is final. */
  boolean hasPausedWrites() {
    return isRunning() && paused;
  }

  /**
   * Returns true if a node is the replica that waits for this master's offset; it is pinged on
   * every tick.
   */
  boolean isAwaitedBy(Node node) {
    return isRunning() && successor == node;
  }

  /** Allows this replica to stand for election although its master is up. */
  void allowStart() {
    mayStart = true;
  }

  /** Returns true if this replica may stand for election although its master is up. */
  boolean mayStart() {
    return isRunning() && mayStart;
  }

  /** Sets the offset that this replica must reach. */
  void setMasterOffset(long offset) {
    masterOffset = offset;
  }

  /** Returns the offset of the paused master that this replica must reach; -1 for none. */
  long awaitedOffset() {
    return isRunning() && !mayStart ? masterOffset : UNKNOWN;
  }

  /** Requests a tick at the deadline. */
  void wake() {
    if (isRunning()) {
      world.wakeBy(endsAt);
    }
  }

  /** Ends the failover; a paused master resumes writes. */
  void end() {
    if (isRunning() && successor != null) {
      world.emit(new Output.ResumeWrites());
    }
    endsAt = MachineClock.NEVER;
    successor = null;
    paused = false;
    masterOffset = UNKNOWN;
    mayStart = false;
  }
}
