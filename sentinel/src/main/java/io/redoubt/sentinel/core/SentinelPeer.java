package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Address;
import org.jspecify.annotations.Nullable;

/** Another sentinel of a master, with its opinion about that master. */
public final class SentinelPeer extends Instance {
  private final Master master;
  long helloHeardAt;
  long askedAt = Link.NEVER;

  /** The time of its last answer, with or without a vote. */
  long answeredAt = Link.NEVER;

  boolean findsMasterDown;

  /** The sentinel it last voted for, null while unknown. */
  @Nullable String leader;

  long leaderEpoch;

  /** The epoch of the last vote request. */
  long voteAskedForEpoch = -1;

  /** The epoch of the last answered vote request. */
  long voteAnsweredForEpoch = -1;

  SentinelPeer(int id, Address address, Link link, Master master, String runId, long now) {
    super(id, address, link);
    this.master = master;
    this.runId = runId;
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

  @Override
  public Master master() {
    return master;
  }

  /** Returns true if it recently reported the master as down. */
  public boolean findsMasterDown() {
    return findsMasterDown;
  }

  /** Returns the sentinel it last voted for, {@code ?} while unknown. */
  public String votedFor() {
    return leader == null ? "?" : leader;
  }

  /** Returns the epoch of that vote. */
  public long votedInEpoch() {
    return leaderEpoch;
  }

  /** Returns the milliseconds since its last hello. */
  public long sinceHelloMillis(long now) {
    return now - helloHeardAt;
  }
}
