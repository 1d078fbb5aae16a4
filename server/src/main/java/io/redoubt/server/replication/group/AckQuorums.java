package io.redoubt.server.replication.group;

import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.stream.MemberState;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts acknowledgements by the quorums of each configuration in force or pending. Allocates
 * nothing but in {@link #refresh}.
 */
final class AckQuorums {
  /**
   * The connected members of a configuration, this server excluded.
   *
   * @param extra see {@link AckQuorums#extra}
   */
  private record Quorum(GroupConfig config, List<ReplicaFeed> feeds, int extra) {}

  private final Membership membership;
  private final ReplicaFeeds replicas;
  private final GroupTerm term;
  private final List<Quorum> quorums = new ArrayList<>();

  AckQuorums(Membership membership, ReplicaFeeds replicas, GroupTerm term) {
    this.membership = membership;
    this.replicas = replicas;
    this.term = term;
  }

  /** Rebuilds the quorums after a change of replicas or configurations. */
  void refresh() {
    quorums.clear();
    String id = membership.id();
    for (GroupConfig config : membership.chain().all()) {
      if (config.acks() > 0) {
        List<ReplicaFeed> feeds =
            replicas.all().stream()
                .filter(feed -> config.has(feed.member().id()) && !feed.member().id().equals(id))
                .toList();
        quorums.add(new Quorum(config, feeds, extra(config)));
      }
    }
  }

  /**
   * Returns 1 if this server is not a member, so that another member's copy must replace its own,
   * else 0.
   */
  int extra(GroupConfig config) {
    return config.has(membership.id()) ? 0 : 1;
  }

  /**
   * Returns true if enough members of each configuration have the newest. As for writes, members
   * that have promised another master don't count: a sentinel may already have counted them under
   * the previous configuration.
   */
  boolean confirm(GroupConfig newest) {
    for (Quorum quorum : quorums) {
      int copies = 0;
      for (ReplicaFeed feed : quorum.feeds()) {
        MemberState member = feed.member();
        copies += member.promised() <= term.number() && member.has(newest) ? 1 : 0;
      }
      if (copies < quorum.config().copiesToCommit() + quorum.extra()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the greatest offset acknowledged by a number of members under each configuration of the
   * chain, 0 if this master is deposed. Without a group, counts all replicas.
   *
   * @param durably true to count only offsets fsynced by the members
   * @param ofGroup false if a client requires fewer acknowledgements than the group does
   */
  long acknowledgedBy(int number, boolean durably, boolean ofGroup) {
    if (quorums.isEmpty() || number < 1) {
      return replicas.acknowledgedBy(number, durably);
    }
    if (term.isSuperseded()) {
      term.complain();
      return 0;
    }
    long lowest = Long.MAX_VALUE;
    for (int i = 0; i < quorums.size(); i++) {
      Quorum quorum = quorums.get(i);
      int acks = ofGroup ? Math.max(number, quorum.config().acks()) : number;
      lowest = Math.min(lowest, acknowledgedBy(quorum.feeds(), acks + quorum.extra(), durably));
    }
    return term.countedFrom(lowest);
  }

  private long acknowledgedBy(List<ReplicaFeed> feeds, int number, boolean durably) {
    long greatest = 0;
    for (int i = 0; i < feeds.size(); i++) {
      long offset = offset(feeds.get(i), durably);
      if (offset > greatest && count(feeds, offset, durably) >= number) {
        greatest = offset;
      }
    }
    return greatest;
  }

  private int count(List<ReplicaFeed> feeds, long offset, boolean durably) {
    int count = 0;
    for (int i = 0; i < feeds.size(); i++) {
      count += offset(feeds.get(i), durably) >= offset ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns the offset of a member that counts as acknowledged: 0 if it has promised a later term,
   * or has no durable configuration of this term. Such a member would report an older term after a
   * restart, and an earlier master could overwrite the writes that it has acknowledged.
   */
  private long offset(ReplicaFeed feed, boolean durably) {
    if (feed.member().promised() > term.number()) {
      term.complain();
      return 0;
    }
    if (feed.member().term() < term.number()) {
      return 0;
    }
    long offset = durably ? feed.durableOffset() : feed.ackOffset();
    return feed.has(feed.ackOffset()) ? offset : 0;
  }
}
