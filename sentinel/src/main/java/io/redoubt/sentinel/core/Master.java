package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A monitored master, with its replicas, its other sentinels, our vote and the failover we lead.
 */
public final class Master extends DataNode {
  private final String name;
  MasterOptions options;
  final Map<Address, Replica> replicas = new LinkedHashMap<>();
  final Map<String, Peer> peers = new LinkedHashMap<>();

  boolean objectivelyDown;
  long objectivelyDownSince = Link.NEVER;

  /** Since when it has been loading after a reboot; {@link Link#NEVER} when it is not. */
  long rebootSince = Link.NEVER;

  long configEpoch;

  /** The epoch of our last vote, which is on disk before anybody hears of it. Never falls. */
  long leaderEpoch;

  /** Whom we voted for in that epoch; null after a restart or a switch, the vote still standing. */
  @Nullable String leader;

  /** The sentinel we expect to fail the master over, because we voted for it or saw it win. */
  @Nullable String expectedLeader;

  long expectedLeaderSince = Link.NEVER;

  @Nullable Failover failover;

  /** No failover of our own before this moment. */
  long nextAttemptAt = Link.NEVER;

  /** Elections lost in a row, for the back-off. */
  int lostElections;

  /** Set when a failover found nobody to promote: worth another try when that changes. */
  boolean lackedReplica;

  Master(int id, String name, Address address, Link link, MasterOptions options, long now) {
    super(id, address, link, NodeInfo.Role.MASTER, now);
    this.name = name;
    this.options = options;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String kind() {
    return "master";
  }

  @Override
  public Master master() {
    return this;
  }

  /** What the operator set. */
  public MasterOptions options() {
    return options;
  }

  /** Its replicas, in the order in which they were found. */
  public Collection<Replica> replicas() {
    return Collections.unmodifiableCollection(replicas.values());
  }

  /** The other sentinels of it, in the order in which they were found. */
  public Collection<Peer> sentinels() {
    return Collections.unmodifiableCollection(peers.values());
  }

  /** Whether enough sentinels agree that it is down. */
  public boolean isObjectivelyDown() {
    return objectivelyDown;
  }

  /** For how long enough sentinels have agreed, in milliseconds. */
  public long objectivelyDownMillis(long now) {
    return objectivelyDown ? now - objectivelyDownSince : 0;
  }

  /** The epoch of the failover that made it master. */
  public long configEpoch() {
    return configEpoch;
  }

  /** Whether we lead a failover of it, or stand for one. */
  public boolean isFailoverInProgress() {
    return failover != null;
  }

  /** The step of the failover as SENTINEL MASTER names it, {@code none} without one. */
  public String failoverState() {
    Failover current = failover;
    return current == null ? "none" : current.state.word;
  }

  /** Whether an operator ordered the failover that is on. */
  public boolean isFailoverForced() {
    Failover current = failover;
    return current != null && current.forced;
  }

  /** Whether it rebooted and has not said PONG since. */
  public boolean isRebooting() {
    return rebootSince != Link.NEVER;
  }

  /** The address to give to clients: the new one as soon as a promotion is known. */
  public Address currentAddress() {
    Failover current = failover;
    return current != null && current.isPromoted() && current.promoted != null
        ? current.promoted.address
        : address;
  }

  /** How many sentinels there are, we included. */
  int voters() {
    return peers.size() + 1;
  }

  /** How many votes make a leader. */
  int votesToWin() {
    return Math.max(voters() / 2 + 1, options.quorum());
  }

  MasterState state() {
    Address current = currentAddress();
    List<Address> others = new ArrayList<>();
    for (Address replica : replicas.keySet()) {
      if (!replica.equals(current)) {
        others.add(replica);
      }
    }
    if (!current.equals(address)) {
      others.add(address);
    }
    List<KnownSentinel> known = new ArrayList<>();
    for (Peer peer : peers.values()) {
      known.add(new KnownSentinel(peer.address, peer.runId()));
    }
    return new MasterState(
        name, current, options, configEpoch, leaderEpoch, List.copyOf(others), List.copyOf(known));
  }
}
