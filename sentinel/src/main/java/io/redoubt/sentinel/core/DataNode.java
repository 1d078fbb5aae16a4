package io.redoubt.sentinel.core;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A watched data server, known by its INFO. */
public abstract sealed class DataNode extends Instance permits Master, Replica {
  /** The last INFO as it came, empty before the first. */
  String infoText = "";

  /** The last INFO understood; null before the first. */
  @Nullable NodeInfo info;

  long infoAt = Link.NEVER;
  long infoAskedAt = Link.NEVER;
  NodeInfo.Role reportedRole;

  /** What it told of its settings, by name; empty when we may not know. */
  Map<String, String> settings = Map.of();

  /** Whether it wanted another password than ours when the connection was made. */
  boolean refusesPassword;

  long reportedRoleSince;

  DataNode(int id, Address address, Link link, NodeInfo.Role role, long now) {
    super(id, address, link);
    this.reportedRole = role;
    this.reportedRoleSince = now;
  }

  /** The last INFO as it came, empty before the first. */
  public final String infoText() {
    return infoText;
  }

  /** The last INFO understood, or null before the first. */
  public final @Nullable NodeInfo info() {
    return info;
  }

  /** Milliseconds since the last INFO, 0 before the first. */
  public final long sinceInfoMillis(long now) {
    return infoAt == Link.NEVER ? 0 : now - infoAt;
  }

  /** The role that it reports. */
  public final NodeInfo.Role reportedRole() {
    return reportedRole;
  }

  /** For how long it has reported that role, in milliseconds. */
  public final long reportedRoleMillis(long now) {
    return now - reportedRoleSince;
  }
}
