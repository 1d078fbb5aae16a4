package io.redoubt.sentinel.core;

import org.jspecify.annotations.Nullable;

/** Another sentinel of a master, and its opinion about that master. */
public final class Peer extends Instance {
  private final Master master;
  long helloHeardAt;
  long askedAt = Link.NEVER;

  /** When it last answered, with or without a vote. */
  long answeredAt = Link.NEVER;

  boolean findsMasterDown;

  /** Whom it last voted for, null when it never told. */
  @Nullable String leader;

  long leaderEpoch;

  /** The epoch for which its vote was asked last. */
  long voteAskedForEpoch = -1;

  /** The epoch for which it last answered the question for a vote. */
  long voteAnsweredForEpoch = -1;

  Peer(int id, Address address, Link link, Master master, String runId, long now) {
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

  /** Whether it told lately that the master is down. */
  public boolean findsMasterDown() {
    return findsMasterDown;
  }

  /** Whom it last voted for, {@code ?} when it never told. */
  public String votedFor() {
    return leader == null ? "?" : leader;
  }

  /** The epoch of that vote. */
  public long votedInEpoch() {
    return leaderEpoch;
  }

  /** Milliseconds since its last hello. */
  public long sinceHelloMillis(long now) {
    return now - helloHeardAt;
  }
}
