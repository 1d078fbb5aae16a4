package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import org.jspecify.annotations.Nullable;

/** A replica of a monitored master. */
public final class Replica extends DataNode {
  /** The progress of its reconfiguration for a new master. */
  enum Reconf {
    NONE,
    SENT,
    IN_PROGRESS,
    DONE
  }

  private Reconf reconf = Reconf.NONE;
  private long orderedAt = MachineClock.NEVER;
  private long followsSince;

  /** The last INFO of the current process as a replica; null if there was none. */
  private @Nullable NodeInfo lastAsReplica;

  Replica(int id, String masterName, Address address, Link link, long now) {
    super(id, masterName, address, link, NodeInfo.Role.REPLICA, now);
    this.followsSince = now;
  }

  @Override
  public String name() {
    return address().toString();
  }

  @Override
  public String kind() {
    return "slave";
  }

  /**
   * Returns the progress of the reconfiguration, such as {@code reconf_sent}; empty if there is
   * none.
   */
  public String reconfWord() {
    return switch (reconf) {
      case NONE -> "";
      case SENT -> "reconf_sent";
      case IN_PROGRESS -> "reconf_inprog";
      case DONE -> "reconf_done";
    };
  }

  Reconf reconf() {
    return reconf;
  }

  /** Returns the time of the last order: a promotion or a change of master. */
  long orderedAt() {
    return orderedAt;
  }

  /** Returns true if it was ordered to follow the new master and has not finished. */
  boolean isReconfiguring() {
    return reconf == Reconf.SENT || reconf == Reconf.IN_PROGRESS;
  }

  /** Returns the milliseconds since it started to follow its current master. */
  long followsMillis(long now) {
    return now - followsSince;
  }

  /** Records that its INFO reports a new master. */
  void onMasterChange(long now) {
    followsSince = now;
  }

  /** Records an INFO; one of a previous process is forgotten. */
  void onReplicaInfo(NodeInfo info) {
    NodeInfo before = lastAsReplica;
    if (info.role() == NodeInfo.Role.REPLICA) {
      lastAsReplica = info;
    } else if (before != null && !before.runId().equals(info.runId())) {
      lastAsReplica = null;
    }
  }

  /**
   * Returns the last INFO of the current process as a replica; null if it has only been a master.
   */
  @Nullable NodeInfo lastAsReplica() {
    return lastAsReplica;
  }

  /** Returns the priority last reported as a replica, since masters report none. */
  int priority() {
    NodeInfo last = lastAsReplica;
    return last == null ? knownInfo().priority() : last.priority();
  }

  /**
   * Returns the last INFO.
   *
   * @throws IllegalStateException before the first one
   */
  NodeInfo knownInfo() {
    NodeInfo info = info();
    if (info == null) {
      throw new IllegalStateException("a replica without INFO can't be chosen");
    }
    return info;
  }

  void setPromotionOrderedAt(long now) {
    orderedAt = now;
  }

  void onReconfigurationOrdered(long now) {
    reconf = Reconf.SENT;
    orderedAt = now;
  }

  /** Records that it follows the new master and awaits its data. */
  void onReconfigurationStart() {
    reconf = Reconf.IN_PROGRESS;
  }

  /** Records that it has the new master's data, or is no longer awaited. */
  void onReconfigurationEnd() {
    reconf = Reconf.DONE;
  }

  /** Forgets the reconfiguration after the end of the failover. */
  void forgetReconfiguration() {
    reconf = Reconf.NONE;
  }
}
