package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;
import io.redoubt.sentinel.message.Address;
import org.jspecify.annotations.Nullable;

/** Another sentinel of a master, with its opinion about that master. */
public final class SentinelPeer extends Instance {
  private long helloHeardAt;
  private long askedAt = MachineClock.NEVER;

  /** The time of its last answer, with or without a vote. */
  private long answeredAt = MachineClock.NEVER;

  private boolean findsMasterDown;

  /** The start of the connection on which it refused a request for a coordinated failover. */
  private long coordinationRefusedAt = MachineClock.NEVER;

  /** The sentinel it last voted for, null while unknown. */
  private @Nullable String leader;

  private long leaderEpoch;

  /** The epoch of the last vote request. */
  private long voteAskedForEpoch = -1;

  /** The epoch of the last answered vote request. */
  private long voteAnsweredForEpoch = -1;

  SentinelPeer(int id, String masterName, Address address, Link link, String runId, long now) {
    super(id, masterName, address, link, runId);
    this.helloHeardAt = now;
  }

  @Override
  public String name() {
    return runId();
  }

  @Override
  public String kind() {
    return "sentinel";
  }

  /** Returns true if it recently reported the master as down. */
  public boolean findsMasterDown() {
    return findsMasterDown;
  }

  /** Returns the sentinel it last voted for, {@code ?} while unknown. */
  public String votedFor() {
    return leader == null ? "?" : leader;
  }

  /** Returns the epoch of its last known vote. */
  public long votedInEpoch() {
    return leaderEpoch;
  }

  /** Returns the milliseconds since its last hello. */
  public long sinceHelloMillis(long now) {
    return now - helloHeardAt;
  }

  /** Returns the time of our last question about the master. */
  long askedAt() {
    return askedAt;
  }

  @Nullable String voteIn(long epoch) {
    return leaderEpoch == epoch ? leader : null;
  }

  /** Returns true if a vote was requested in an epoch and not answered yet. */
  boolean owesVote(long epoch) {
    return voteAskedForEpoch == epoch && voteAnsweredForEpoch < epoch;
  }

  /** Returns false if it is known not to support coordinated failovers. */
  boolean knowsCoordination() {
    return coordinationRefusedAt != link().command.connectedAt;
  }

  void onCoordinationRefused() {
    coordinationRefusedAt = link().command.connectedAt;
  }

  void onHello(long now) {
    helloHeardAt = now;
  }

  void setOpinionAskedAt(long now) {
    askedAt = now;
  }

  void setVoteAskedForEpoch(long epoch) {
    voteAskedForEpoch = epoch;
  }

  void onOpinion(boolean masterDown, long now) {
    answeredAt = now;
    findsMasterDown = masterDown;
  }

  void setVoteAnsweredForEpoch(long epoch) {
    voteAnsweredForEpoch = epoch;
  }

  /** Records its vote; returns true if it differs from the previous one. */
  boolean voted(String candidate, long epoch) {
    boolean changed = leaderEpoch != epoch || !candidate.equals(leader);
    leader = candidate;
    leaderEpoch = epoch;
    return changed;
  }

  /** Forgets its opinion if it was not renewed for {@code millis}. */
  void expireOpinion(long millis, long now) {
    if (now - answeredAt > millis) {
      findsMasterDown = false;
    }
  }

  /** Forgets its opinion, which was about the previous master. */
  void forgetOpinion() {
    findsMasterDown = false;
  }
}
