package io.redoubt.sentinel.core;

import io.redoubt.sentinel.core.SentinelState.KnownSentinel;
import io.redoubt.sentinel.core.SentinelState.MasterState;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.MasterOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A monitored master, with its replicas, its other sentinels, our vote and our failover. */
public final class Master extends DataNode {
  private final String name;
  MasterOptions options;
  final Map<Address, Replica> replicas = new LinkedHashMap<>();
  final Map<String, SentinelPeer> peers = new LinkedHashMap<>();

  boolean objectivelyDown;
  long objectivelyDownSince = Link.NEVER;

  /** The start of loading after a reboot; {@link Link#NEVER} if it is not loading. */
  long rebootSince = Link.NEVER;

  long configEpoch;

  /** The epoch of our last vote, on disk before it is reported. Never decreases. */
  long leaderEpoch;

  /**
   * The sentinel we voted for in that epoch; null after a restart or a switch, although the vote
   * stands.
   */
  @Nullable String leader;

  /** The sentinel expected to lead a failover, because we voted for it or saw it win. */
  @Nullable String expectedLeader;

  long expectedLeaderSince = Link.NEVER;

  @Nullable FailoverAttempt failover;

  /** The earliest time of our next failover attempt. */
  long nextAttemptAt = Link.NEVER;

  /** The number of consecutive lost elections, for the back-off. */
  int lostElections;

  /** True after a failover found no replica to promote: a new replica is a reason to retry. */
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

  /** Returns the operator's options. */
  public MasterOptions options() {
    return options;
  }

  /** Returns the replicas in the order of their discovery. */
  public Collection<Replica> replicas() {
    return Collections.unmodifiableCollection(replicas.values());
  }

  /** Returns the other sentinels in the order of their discovery. */
  public Collection<SentinelPeer> sentinels() {
    return Collections.unmodifiableCollection(peers.values());
  }

  /** Returns true if a quorum agrees that it is down. */
  public boolean isObjectivelyDown() {
    return objectivelyDown;
  }

  /** Returns the milliseconds since a quorum agreed. */
  public long objectivelyDownMillis(long now) {
    return objectivelyDown ? now - objectivelyDownSince : 0;
  }

  /** Returns the epoch of the failover that made it master. */
  public long configEpoch() {
    return configEpoch;
  }

  /** Returns true if we lead a failover of it or are a candidate. */
  public boolean isFailoverInProgress() {
    return failover != null;
  }

  /**
   * Returns the failover's step in the words of SENTINEL MASTER, {@code none} without a failover.
   */
  public String failoverState() {
    FailoverAttempt current = failover;
    return current == null ? "none" : current.state.word;
  }

  /** Returns true if an operator ordered the current failover. */
  public boolean isFailoverForced() {
    FailoverAttempt current = failover;
    return current != null && current.forced;
  }

  /** Returns true if it rebooted and has not answered PONG since. */
  public boolean isRebooting() {
    return rebootSince != Link.NEVER;
  }

  /** Returns the address for clients: the new one as soon as a promotion is known. */
  public Address currentAddress() {
    FailoverAttempt current = failover;
    return current != null && current.isPromoted() && current.promoted != null
        ? current.promoted.address
        : address;
  }

  /** Returns the number of sentinels, this one included. */
  int voters() {
    return peers.size() + 1;
  }

  /** Returns the number of votes that elects a leader. */
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
    for (SentinelPeer peer : peers.values()) {
      known.add(new KnownSentinel(peer.address, peer.runId()));
    }
    return new MasterState(
        name, current, options, configEpoch, leaderEpoch, List.copyOf(others), List.copyOf(known));
  }
}
