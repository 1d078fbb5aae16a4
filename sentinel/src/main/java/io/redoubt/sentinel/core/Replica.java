package io.redoubt.sentinel.core;

/** A replica of a monitored master. */
public final class Replica extends DataNode {
  /** How far it is on its way to a new master. */
  enum Reconf {
    NONE,
    SENT,
    IN_PROGRESS,
    DONE
  }

  private final Master master;
  Reconf reconf = Reconf.NONE;
  long reconfSentAt = Link.NEVER;

  /** Since when it has named the master it now names. */
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

  /** Whether a failover has chosen it. */
  public boolean isPromoted() {
    Failover failover = master.failover;
    return failover != null && failover.promoted == this;
  }

  /** How far a failover has come with it: {@code reconf_sent} and so on, empty for not at all. */
  public String reconfWord() {
    return switch (reconf) {
      case NONE -> "";
      case SENT -> "reconf_sent";
      case IN_PROGRESS -> "reconf_inprog";
      case DONE -> "reconf_done";
    };
  }
}
