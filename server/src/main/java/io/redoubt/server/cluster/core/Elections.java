package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.core.Output.Level;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.HashSet;
import java.util.Set;

/**
 * A replica's attempts to replace its failed master: it asks the masters with slots for their votes
 * in a new epoch, and takes the slots over if a majority agrees.
 */
final class Elections {
  /** The time before a candidacy, in which the news of the failure spreads. */
  private static final long START_MILLIS = 500;

  private static final int START_SPREAD_MILLIS = 500;

  /** The further time for each replica of our master that has more data. */
  private static final long RANK_MILLIS = 1000;

  private static final long MIN_TIMEOUT_MILLIS = 2000;

  private final Cluster cluster;
  private final Set<Node> voters = new HashSet<>();

  /** The time at which the candidacy begins, {@link Node#NEVER} if none is planned. */
  private long startAt = Node.NEVER;

  private int rank;
  private boolean standing;

  /**
   * The majority of the masters when the election began. While the slots of another failed master
   * pass to its replica, there is one master less for a moment, and fewer votes would do.
   */
  private int needed;

  private long epoch;

  Elections(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Ends the current attempt. */
  void forget() {
    startAt = Node.NEVER;
    standing = false;
    voters.clear();
  }

  private long timeoutMillis() {
    return Math.max(2 * cluster.timeoutMillis(), MIN_TIMEOUT_MILLIS);
  }

  /** Advances the attempt as far as possible. */
  void advance() {
    Node myself = cluster.myself();
    Node master = myself.master();
    boolean manual = cluster.manual.mayStart();
    if (master == null
        || master.slotCount() == 0
        || (!manual && (!master.hasFailed() || cluster.options().replicaNoFailover()))
        || (!manual && isDataTooOld())) {
      if (startAt != Node.NEVER) {
        forget();
      }
      return;
    }
    long now = cluster.now();
    if (startAt == Node.NEVER || now > startAt + 2 * timeoutMillis()) {
      plan(master, manual);
    } else if (manual && !standing && startAt > now) {
      startAt = now;
    }
    if (!standing && !manual) {
      int newRank = rank(master);
      if (newRank > rank) {
        startAt += (newRank - rank) * RANK_MILLIS;
        rank = newRank;
      }
    }
    if (now < startAt) {
      cluster.wakeBy(startAt);
      return;
    }
    if (now > startAt + timeoutMillis()) {
      return;
    }
    if (!standing) {
      stand(manual);
    }
    if (voters.size() >= Math.max(needed, cluster.nodes.majority())) {
      win(master);
    }
  }

  private void plan(Node master, boolean manual) {
    long now = cluster.now();
    forget();
    rank = manual ? 0 : rank(master);
    startAt =
        manual
            ? now
            : now + START_MILLIS + cluster.random(START_SPREAD_MILLIS) + rank * RANK_MILLIS;
    cluster.remark(
        Level.NOTICE,
        "Start of election delayed for "
            + (startAt - now)
            + " milliseconds (rank #"
            + rank
            + ", offset "
            + cluster.offset()
            + ").");
    // The other replicas rank themselves by our offset.
    cluster.links.announceInShard();
  }

  private int rank(Node master) {
    int better = 0;
    for (Node replica : master.replicas()) {
      if (replica != cluster.myself()
          && !replica.has(NodeFlag.NOFAILOVER)
          && replica.offset > cluster.offset()) {
        better++;
      }
    }
    return better;
  }

  /** Returns true if this replica was cut off from its master for too long before that failed. */
  private boolean isDataTooOld() {
    ClusterOptions options = cluster.options();
    long age = cluster.dataAgeMillis();
    if (age > options.nodeTimeoutMillis()) {
      age -= options.nodeTimeoutMillis();
    }
    return options.replicaValidityFactor() > 0
        && age
            > options.replicaPingPeriodMillis()
                + options.nodeTimeoutMillis() * options.replicaValidityFactor();
  }

  private void stand(boolean manual) {
    standing = true;
    voters.clear();
    epoch = cluster.nextEpoch();
    needed = cluster.nodes.majority();
    cluster.remark(Level.NOTICE, "Starting a failover election for epoch " + epoch + ".");
    cluster.links.broadcast(new Body.VoteRequest(), manual ? Header.FORCE_ACK : 0);
  }

  /** Handles a vote. A master sends it in the epoch of the request. */
  void voted(Node voter, long votedEpoch) {
    if (standing && votedEpoch == epoch && voter.isVoter()) {
      voters.add(voter);
    }
  }

  private void win(Node master) {
    cluster.remark(Level.NOTICE, "Failover election won: I'm the new master.");
    Node myself = cluster.myself();
    myself.configEpoch = Math.max(myself.configEpoch, epoch);
    // A new master inherits the seat of the old one, which may have voted in these epochs already.
    cluster.voted(cluster.currentEpoch());
    replace(master);
  }

  /** Takes over the slots of our master. */
  void replace(Node master) {
    SlotSet taken = master.slotsNow();
    cluster.becomeMaster();
    Node myself = cluster.myself();
    taken.forEach(slot -> cluster.slots.assign(slot, myself));
    cluster.links.announce();
  }
}
