package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;

/** A replica of a monitored master. */
public final class Replica extends DataNode {
  /** The progress of its reconfiguration for a new master. */
  enum Reconf {
    NONE,
    SENT,
    IN_PROGRESS,
    DONE
  }

  private final Master master;
  Reconf reconf = Reconf.NONE;
  long reconfSentAt = Link.NEVER;

  /** The time since which it has followed its current master. */
  long followsSince;

  Replica(int id, Address address, Link link, Master master, long now) {
    super(id, address, link, NodeInfo.Role.REPLICA, now);
    this.master = master;
    this.followsSince = now;
  }

  @Override
  public String name() {
    return address.toString();
  }

  @Override
  public String kind() {
    return "slave";
  }

  @Override
  public Master master() {
    return master;
  }

  /** Returns true if a failover has chosen it. */
  public boolean isPromoted() {
    FailoverAttempt failover = master.failover;
    return failover != null && failover.promoted == this;
  }

  /**
   * Returns the reconfiguration's progress, such as {@code reconf_sent}; empty if there is none.
   */
  public String reconfWord() {
    return switch (reconf) {
      case NONE -> "";
      case SENT -> "reconf_sent";
      case IN_PROGRESS -> "reconf_inprog";
      case DONE -> "reconf_done";
    };
  }
}
