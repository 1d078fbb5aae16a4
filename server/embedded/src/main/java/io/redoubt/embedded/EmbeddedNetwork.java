package io.redoubt.embedded;

import java.time.Duration;

/**
 * Servers in this process that reach each other over TCP links, which can be cut and slowed.
 * Clients reach the servers directly, past these links. All methods may be called by any thread.
 */
public abstract sealed class EmbeddedNetwork implements AutoCloseable
    permits EmbeddedCluster, EmbeddedGroup {
  private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

  final Members members;
  final Duration timeout;
  private volatile boolean closed;

  /**
   * @param timeout the timeout of waiting methods
   */
  EmbeddedNetwork(Members members, Duration timeout) {
    this.members = members;
    this.timeout = timeout;
  }

  /** Returns the timeout of members' starts, which are slow on a busy machine. */
  final Duration startTimeout() {
    return timeout.compareTo(START_TIMEOUT) > 0 ? timeout : START_TIMEOUT;
  }

  /**
   * Cuts the link between two members: their packets are lost and connections stay open, until
   * {@link #heal}.
   */
  public void cut(GroupMember one, GroupMember other) {
    members.cut(one, other);
  }

  /** Cuts a member off from all others; clients still reach it. */
  public void isolate(GroupMember member) {
    members.isolate(member);
  }

  /** Restores a cut link and delivers the bytes sent meanwhile. */
  public void heal(GroupMember one, GroupMember other) {
    members.heal(one, other);
  }

  /** Restores all links of a member. */
  public void heal(GroupMember member) {
    members.heal(member);
  }

  /** Delays each packet between two members, in each direction; zero ends the delay. */
  public void delay(GroupMember one, GroupMember other, Duration delay) {
    members.delay(one, other, delay);
  }

  /** Returns true once {@link #close} was called. */
  public boolean isClosed() {
    return closed;
  }

  /** Ends all members without saving, the last one first, and deletes their files. */
  @Override
  public void close() {
    closed = true;
    members.close();
  }
}
