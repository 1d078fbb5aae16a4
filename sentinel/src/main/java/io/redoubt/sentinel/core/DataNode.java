package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A monitored data server, described by its INFO. */
public abstract sealed class DataNode extends Instance permits Master, Replica {
  /** The text of the last INFO, empty before the first. */
  String infoText = "";

  /** The parsed last INFO; null before the first. */
  @Nullable NodeInfo info;

  long infoAt = Link.NEVER;
  long infoAskedAt = Link.NEVER;
  NodeInfo.Role reportedRole;

  /** The node's settings by name; empty if they may not be read. */
  Map<String, String> settings = Map.of();

  /** True if the node refused our password when the connection was made. */
  boolean refusesPassword;

  long reportedRoleSince;

  DataNode(int id, Address address, Link link, NodeInfo.Role role, long now) {
    super(id, address, link);
    this.reportedRole = role;
    this.reportedRoleSince = now;
  }

  /** Returns the text of the last INFO, empty before the first. */
  public final String infoText() {
    return infoText;
  }

  /** Returns the parsed last INFO, or null before the first. */
  public final @Nullable NodeInfo info() {
    return info;
  }

  /** Returns the milliseconds since the last INFO, 0 before the first. */
  public final long sinceInfoMillis(long now) {
    return infoAt == Link.NEVER ? 0 : now - infoAt;
  }

  /** Returns the role that the node reports. */
  public final NodeInfo.Role reportedRole() {
    return reportedRole;
  }

  /** Returns the milliseconds for which it has reported that role. */
  public final long reportedRoleMillis(long now) {
    return now - reportedRoleSince;
  }
}
