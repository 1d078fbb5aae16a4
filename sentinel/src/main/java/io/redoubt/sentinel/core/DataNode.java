package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A monitored data server, described by its INFO. */
public abstract class DataNode extends Instance {
  private String infoText = "";
  private @Nullable NodeInfo info;
  private long infoAt = MachineClock.NEVER;
  private long infoAskedAt = MachineClock.NEVER;
  private NodeInfo.Role reportedRole;
  private long reportedRoleSince;
  private Map<String, String> settings = Map.of();
  private boolean refusesPassword;

  DataNode(int id, String masterName, Address address, Link link, NodeInfo.Role role, long now) {
    super(id, masterName, address, link, null);
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
    return infoAt == MachineClock.NEVER ? 0 : now - infoAt;
  }

  public final NodeInfo.Role reportedRole() {
    return reportedRole;
  }

  /** Returns the milliseconds since the node first reported its current role. */
  public final long reportedRoleMillis(long now) {
    return now - reportedRoleSince;
  }

  /** Returns the time of the last INFO, {@link MachineClock#NEVER} before the first. */
  final long infoAt() {
    return infoAt;
  }

  /** Returns the time of the last request for INFO. */
  final long infoAskedAt() {
    return infoAskedAt;
  }

  /** Returns the node's settings by name; empty if they may not be read. */
  final Map<String, String> settings() {
    return settings;
  }

  /** Returns true if the node refused our password on its current connection. */
  final boolean refusesPassword() {
    return refusesPassword;
  }

  /** Records a new connection, on which the node has not refused our password yet. */
  final void onConnected() {
    refusesPassword = false;
  }

  final void onPasswordRefused() {
    refusesPassword = true;
  }

  final void setSettings(Map<String, String> values) {
    settings = Map.copyOf(values);
  }

  final void setInfoAskedAt(long now) {
    infoAskedAt = now;
  }

  /** Records an INFO, except for its role; see {@link #roleReported}. */
  final void onInfo(NodeInfo parsed, String text, long now) {
    info = parsed;
    infoText = text;
    infoAt = now;
  }

  /** Records the role in an INFO and returns true if it differs from the previous one. */
  final boolean roleReported(NodeInfo.Role role, long now) {
    if (role == reportedRole) {
      return false;
    }
    reportedRole = role;
    reportedRoleSince = now;
    return true;
  }

  /** Forgets all INFO and assumes a role, because another process may answer from now on. */
  final void forgetInfo(NodeInfo.Role assumed, long now) {
    reportedRole = assumed;
    reportedRoleSince = now;
    info = null;
    infoText = "";
    infoAt = MachineClock.NEVER;
    infoAskedAt = MachineClock.NEVER;
  }

  /** Returns the node's report on acknowledged writes, null before its first INFO. */
  NodeInfo.@Nullable Acks acks() {
    NodeInfo info = info();
    return info == null ? null : info.acks();
  }

  /** Returns true if two nodes report the same run id. */
  boolean isSameProcess(DataNode other) {
    return hasRunId() && runId().equals(other.runId());
  }
}
