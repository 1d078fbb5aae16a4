package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.machine.MachineClock;
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

/** A monitored master with its replicas and other sentinels, our vote and our failover. */
public final class Master extends DataNode {
  private MasterOptions options;
  private final Map<Address, Replica> replicas = new LinkedHashMap<>();
  private final Map<String, SentinelPeer> peers = new LinkedHashMap<>();

  private boolean objectivelyDown;
  private long objectivelyDownSince = MachineClock.NEVER;

  /** The start of loading after a reboot; {@link MachineClock#NEVER} if it is not loading. */
  private long rebootSince = MachineClock.NEVER;

  private long configEpoch;
  private long leaderEpoch;
  private @Nullable String leader;

  /** The candidate of our last vote, kept across a switch of masters; empty before the first. */
  private String lastVote = "";

  private @Nullable String expectedLeader;
  private long expectedLeaderSince = MachineClock.NEVER;
  private boolean expectsCoordinated;
  private @Nullable FailoverAttempt failover;
  private long nextAttemptAt = MachineClock.NEVER;
  private int lostElections;
  private boolean lackedReplica;
  private long lackedReplicaAt = MachineClock.NEVER;
  private @Nullable GroupConfig group;
  private long replacedSince = MachineClock.NEVER;

  Master(int id, MasterState state, Link link, long now) {
    super(id, state.name(), state.address(), link, NodeInfo.Role.MASTER, now);
    this.options = state.options();
    this.configEpoch = state.configEpoch();
    this.leaderEpoch = state.leaderEpoch();
    this.group = state.group();
  }

  @Override
  public String name() {
    return masterName();
  }

  @Override
  public String kind() {
    return "master";
  }

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

  /** Returns true if this sentinel leads a failover of the master or is a candidate. */
  public boolean isFailoverInProgress() {
    return failover != null;
  }

  /**
   * Returns the failover's step in the words of SENTINEL MASTER, {@code none} without a failover.
   */
  public String failoverState() {
    FailoverAttempt current = failover;
    return current == null ? "none" : current.state().word;
  }

  /** Returns true if an operator ordered the current failover. */
  public boolean isFailoverForced() {
    FailoverAttempt current = failover;
    return current != null && current.isForced();
  }

  /** Returns true if the current failover has chosen a replica. */
  public boolean isPromoting(Replica replica) {
    FailoverAttempt current = failover;
    return current != null && current.chosen() == replica;
  }

  /** Returns true if it rebooted and has not answered PONG since. */
  public boolean isRebooting() {
    return rebootSince != MachineClock.NEVER;
  }

  /** Returns the address for clients: the promoted replica's once its promotion is confirmed. */
  public Address currentAddress() {
    FailoverAttempt current = failover;
    Replica promoted = current != null && current.isPromoted() ? current.chosen() : null;
    return promoted == null ? address() : promoted.address();
  }

  /** Returns the run id of the sentinel that we voted for last, empty if it is unknown. */
  public String votedFor() {
    return lastVote;
  }

  /**
   * Returns the milliseconds since the master was first seen deposed: it acknowledges no writes
   * because of a failover.
   */
  long replacedMillis(long now) {
    if (replacedSince == MachineClock.NEVER) {
      replacedSince = now;
    }
    return now - replacedSince;
  }

  /** Records that the master is not deposed. */
  void clearReplaced() {
    replacedSince = MachineClock.NEVER;
  }

  /**
   * Returns the newest known configuration of the group that acknowledges writes, null without a
   * group.
   */
  @Nullable GroupConfig group() {
    return group;
  }

  /** Adopts a newer configuration in force and returns true; null forgets the group. */
  boolean groupReported(@Nullable GroupConfig reported) {
    GroupConfig known = group;
    if (reported != null && known != null && reported.compareTo(known) <= 0) {
      return false;
    }
    group = reported;
    return true;
  }

  /** Returns the number of sentinels, this one included. */
  int voters() {
    return peers.size() + 1;
  }

  /** Returns the number of votes needed to lead a failover. */
  int votesToWin() {
    return Math.max(voters() / 2 + 1, options.quorum());
  }

  @Nullable Replica replica(Address address) {
    return replicas.get(address);
  }

  @Nullable SentinelPeer peer(String runId) {
    return peers.get(runId);
  }

  void addReplica(Replica replica) {
    replicas.put(replica.address(), replica);
  }

  void removeReplica(Replica replica) {
    replicas.remove(replica.address());
  }

  void addSentinel(SentinelPeer peer) {
    peers.put(peer.runId(), peer);
  }

  void removeSentinel(SentinelPeer peer) {
    peers.remove(peer.runId());
  }

  /** Forgets the replicas and the other sentinels, which will be discovered again. */
  void forgetOthers() {
    replicas.clear();
    peers.clear();
  }

  void setOptions(MasterOptions newOptions) {
    options = newOptions;
  }

  /** Records a new process at the master's address; it may load for the configured time. */
  void onReboot(long now) {
    if (options.masterRebootDownAfterMillis() > 0) {
      rebootSince = now;
    }
  }

  /** Records a PONG: a rebooted master has loaded its data. */
  void onPong() {
    rebootSince = MachineClock.NEVER;
  }

  /** Returns true if the master has been loading after a reboot for longer than configured. */
  boolean rebootsTooLong(long now) {
    return isRebooting() && now - rebootSince > options.masterRebootDownAfterMillis();
  }

  /**
   * Records that a quorum agrees that the master is down.
   *
   * @param earliestAttempt the time before which this sentinel must not start a failover
   */
  void onObjectivelyDown(long now, long earliestAttempt) {
    objectivelyDown = true;
    objectivelyDownSince = now;
    nextAttemptAt = Math.max(nextAttemptAt, earliestAttempt);
  }

  /** Records that a quorum no longer agrees; the next elections start without a back-off. */
  void onObjectivelyUp(long now) {
    objectivelyDown = false;
    objectivelyDownSince = now;
    lostElections = 0;
  }

  /** Adopts a greater config epoch and returns true; a config epoch never decreases. */
  boolean raiseConfigEpoch(long epoch) {
    if (epoch <= configEpoch) {
      return false;
    }
    configEpoch = epoch;
    return true;
  }

  /**
   * Returns the epoch of our last vote, which is durable before it is reported. Never decreases.
   */
  long leaderEpoch() {
    return leaderEpoch;
  }

  /**
   * Returns the sentinel that we voted for in that epoch; null after a restart or a switch,
   * although the vote remains valid.
   */
  @Nullable String leader() {
    return leader;
  }

  /** Casts our vote; the epoch must not be lower than that of any previous vote. */
  void castVote(String candidate, long epoch) {
    if (epoch < leaderEpoch) {
      throw new IllegalStateException("a vote in epoch " + epoch + " after " + leaderEpoch);
    }
    leader = candidate;
    lastVote = candidate;
    leaderEpoch = epoch;
  }

  /** Forgoes our vote in all epochs up to this one. */
  void abstainUntil(long epoch) {
    leaderEpoch = Math.max(leaderEpoch, epoch);
  }

  /** Returns the sentinel we voted for in an epoch, or null. */
  @Nullable String voteIn(long epoch) {
    return leaderEpoch == epoch ? leader : null;
  }

  /**
   * Returns the sentinel expected to lead a failover, because we voted for it or saw it win; null
   * if there is none.
   */
  @Nullable String expectedLeader() {
    return expectedLeader;
  }

  long expectedLeaderSince() {
    return expectedLeaderSince;
  }

  /** Returns true if the expected leader stops writes first, so that leases may continue. */
  boolean expectsCoordinated() {
    return expectsCoordinated;
  }

  void expectLeader(@Nullable String sentinel, boolean coordinated, long since) {
    expectedLeader = sentinel;
    expectsCoordinated = coordinated;
    expectedLeaderSince = since;
  }

  @Nullable FailoverAttempt failover() {
    return failover;
  }

  /** Returns the earliest time of our next failover attempt. */
  long nextAttemptAt() {
    return nextAttemptAt;
  }

  /**
   * Returns true if the last failover found no replica to promote; a new replica is a reason to
   * retry.
   */
  boolean lackedReplica() {
    return lackedReplica;
  }

  long lackedReplicaAt() {
    return lackedReplicaAt;
  }

  void setFailover(FailoverAttempt attempt) {
    failover = attempt;
    lackedReplica = false;
  }

  void onElectionWon() {
    lostElections = 0;
  }

  /** Drops our candidacy and returns the number of consecutive elections lost before. */
  int electionLost() {
    failover = null;
    return lostElections++;
  }

  /** Drops our failover, which found no replica to promote. */
  void failoverLackedReplica(long now) {
    failover = null;
    lackedReplica = true;
    lackedReplicaAt = now;
  }

  void clearFailover() {
    failover = null;
  }

  void postponeAttempt(long until) {
    nextAttemptAt = until;
  }

  /**
   * Forgets the process, its INFO, its failures and failovers, at a reset or because another
   * process becomes the master. Epochs and votes remain.
   */
  void forgetHistory(long now) {
    forgetProcess();
    forgetInfo(NodeInfo.Role.MASTER, now);
    objectivelyDown = false;
    objectivelyDownSince = MachineClock.NEVER;
    rebootSince = MachineClock.NEVER;
    leader = null;
    failover = null;
    nextAttemptAt = MachineClock.NEVER;
    lostElections = 0;
    lackedReplica = false;
    replacedSince = MachineClock.NEVER;
    forgetReconfigurations();
    peers.values().forEach(SentinelPeer::forgetOpinion);
  }

  /** Forgets the reconfiguration of all replicas after the end of the failover. */
  void forgetReconfigurations() {
    replicas.values().forEach(Replica::forgetReconfiguration);
  }

  MasterState state() {
    Address current = currentAddress();
    List<Address> others = new ArrayList<>();
    for (Address replica : replicas.keySet()) {
      if (!replica.equals(current)) {
        others.add(replica);
      }
    }
    if (!current.equals(address())) {
      others.add(address());
    }
    List<KnownSentinel> known = new ArrayList<>();
    for (SentinelPeer peer : peers.values()) {
      known.add(new KnownSentinel(peer.address(), peer.runId()));
    }
    return new MasterState(
        name(),
        current,
        options,
        configEpoch,
        leaderEpoch,
        List.copyOf(others),
        List.copyOf(known),
        group);
  }

  @Override
  boolean isPublishBlocked() {
    FailoverAttempt failover = failover();
    return failover != null && failover.writesStop() != FailoverAttempt.WritesStop.NONE;
  }
}
