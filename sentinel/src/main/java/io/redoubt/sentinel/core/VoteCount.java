package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.Epochs;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts the votes of an epoch, in which at most one sentinel can win. */
final class VoteCount {
  private VoteCount() {}

  /**
   * Returns the objection to a vote of ours in an epoch: there is at most one vote per epoch, and
   * none in an earlier one.
   *
   * @param currentEpoch the greatest known epoch
   */
  static @Nullable Objection objection(Master master, long epoch, long currentEpoch) {
    if (!Epochs.isPossible(epoch)) {
      return Objection.NO_EPOCH;
    }
    return epoch <= master.leaderEpoch() || epoch < currentEpoch ? Objection.OLD_EPOCH : null;
  }

  /**
   * Returns the sentinel with enough known votes to lead in an epoch, null if there is none yet.
   */
  static @Nullable String winner(Master master, long epoch) {
    Map<String, Integer> votes = new HashMap<>();
    count(votes, master.voteIn(epoch));
    for (SentinelPeer peer : master.sentinels()) {
      count(votes, peer.voteIn(epoch));
    }
    for (Map.Entry<String, Integer> entry : votes.entrySet()) {
      if (entry.getValue() >= master.votesToWin()) {
        return entry.getKey();
      }
    }
    return null;
  }

  private static void count(Map<String, Integer> votes, @Nullable String vote) {
    if (vote != null) {
      votes.merge(vote, 1, Integer::sum);
    }
  }

  /** Returns true if a requested vote may still arrive. */
  static boolean areAwaited(Master master, long epoch) {
    for (SentinelPeer peer : master.sentinels()) {
      if (peer.link().command.isUp() && peer.owesVote(epoch)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the number of reachable sentinels of a master, this one included. */
  static int reachable(Master master) {
    int reachable = 1;
    for (SentinelPeer peer : master.sentinels()) {
      if (!peer.isSubjectivelyDown() && peer.link().isServed()) {
        reachable++;
      }
    }
    return reachable;
  }
}
