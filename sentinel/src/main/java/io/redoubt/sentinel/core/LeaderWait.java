package io.redoubt.sentinel.core;

import io.redoubt.sentinel.settings.Timing;
import org.jspecify.annotations.Nullable;

/** Leaves a failover to another sentinel, which won or requested votes, for a limited time. */
final class LeaderWait {
  private static final long LEADER_WAIT_SPREAD_MILLIS = 500;

  private final SentinelWorld world;

  LeaderWait(SentinelWorld world) {
    this.world = world;
  }

  /** Starts to leave the failover to another sentinel; null ends the wait. */
  void expect(Master master, @Nullable String leader) {
    expect(master, leader, false);
  }

  void expect(Master master, @Nullable String leader, boolean coordinated) {
    // A random offset, so that sentinels waiting for the same leader don't time out together.
    long offset = world.randomMillis(0, LEADER_WAIT_SPREAD_MILLIS);
    master.expectLeader(leader, coordinated, world.nowMillis() + offset);
  }

  /**
   * Returns true while another sentinel may be leading a failover: until the failover timeout if it
   * is up and reports the master as down, otherwise for the duration of an election.
   */
  boolean waitsForLeader(Master master) {
    String expected = master.expectedLeader();
    if (expected == null) {
      return false;
    }
    SentinelPeer leader = master.peer(expected);
    long limit;
    if (leader == null) {
      limit = electionTimeoutMillis(master);
    } else if (leader.isSubjectivelyDown()) {
      return false;
    } else if (leader.findsMasterDown()) {
      limit = master.options().failoverTimeoutMillis();
    } else {
      limit = electionTimeoutMillis(master);
    }
    world.wakeBy(master.expectedLeaderSince() + limit);
    return world.nowMillis() - master.expectedLeaderSince() < limit;
  }

  long electionTimeoutMillis(Master master) {
    return Math.min(
        world.timings().millis(Timing.ELECTION_TIMEOUT), master.options().failoverTimeoutMillis());
  }
}
