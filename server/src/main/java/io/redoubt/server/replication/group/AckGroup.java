package io.redoubt.server.replication.group;

import io.redoubt.protocol.group.GroupChain;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.replication.master.ReplicaFeed;
import io.redoubt.server.replication.master.ReplicaFeeds;
import io.redoubt.server.replication.state.ReplicationStream;
import io.redoubt.server.replication.state.Role;
import io.redoubt.server.replication.state.StreamRequests;
import io.redoubt.server.replication.stream.FollowedTerm;
import io.redoubt.server.replication.stream.MemberState;
import io.redoubt.server.settings.ReplicationDirectives;
import io.redoubt.server.settings.WriteAcksDirective;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The group of servers that acknowledge the master's writes: forms and reconfigures it, and counts
 * its members' acknowledgements.
 *
 * <p>A configuration travels in the stream, so a member that has it also has every earlier write.
 * It comes into force once it is durable at enough members of itself and of each predecessor; until
 * then a write needs a quorum under each of them. A sentinel that has heard a quorum of any
 * configuration in the chain, and continues with the newest one reported to it, therefore finds a
 * member with every acknowledged write.
 *
 * <p>A replica joins once it has caught up, and leaves only by {@link #remove}: a majority must not
 * shrink because members fail. A server that does not exchange group state, such as a real Redis,
 * counts only while there is no group.
 */
public final class AckGroup {
  private final Log log;
  private final Loop loop;
  private final ReplicationDirectives settings;
  private final Membership membership;
  private final ReplicaFeeds replicas;
  private final StreamRequests requests;
  private final ReplicationStream stream;
  private final Role role;
  private final GroupTerm term;
  private final AckQuorums quorums;

  /** The offset one second ago; a replica that has acknowledged it has caught up. */
  private long lastOffset = Long.MAX_VALUE;

  /** True from the proposal of a configuration until it is in the stream. */
  private boolean writing;

  /** True while an announcement to members that lack a configuration is scheduled for this turn. */
  private boolean announcing;

  public AckGroup(
      Log log,
      Loop loop,
      ReplicationDirectives settings,
      Membership membership,
      ReplicaFeeds replicas,
      StreamRequests requests,
      ReplicationStream stream,
      Role role) {
    this.log = log;
    this.loop = loop;
    this.settings = settings;
    this.membership = membership;
    this.replicas = replicas;
    this.requests = requests;
    this.stream = stream;
    this.role = role;
    term = new GroupTerm(log, membership);
    quorums = new AckQuorums(membership, replicas, term);
  }

  // State.

  /** Returns true if only members of the group count, false if any replica does. */
  boolean isFormed() {
    return membership.hasGroup();
  }

  /**
   * Returns true if this master is deposed: this server or a member has promised a later term, or a
   * member has followed a later master.
   */
  boolean isReplaced() {
    if (!membership.isActive()) {
      return false;
    }
    long newest = term.latest();
    GroupConfig config = membership.chain().newest();
    for (ReplicaFeed feed : replicas.all()) {
      if (config != null && config.has(feed.member().id())) {
        newest = Math.max(newest, feed.member().promised());
      }
    }
    return newest > term.number();
  }

  /**
   * Returns true if a replica is a member that has followed a later master. A full sync from here
   * would discard writes that it has acknowledged to that master.
   */
  public boolean isReplacedFor(ReplicaFeed feed) {
    FollowedTerm followed = feed.options().followed();
    GroupConfig newest = membership.chain().newest();
    if (followed == null
        || newest == null
        || role.isReplica()
        || !newest.has(followed.member())
        || followed.term() <= term.number()) {
      return false;
    }
    term.setFollowed(followed.term());
    return true;
  }

  /**
   * Returns true if this master may lack acknowledged writes: it belonged to a group, and restarted
   * without an append-only file in which every write was durable.
   */
  public boolean isUnfit() {
    return !role.isReplica() && membership.mayLackWrites();
  }

  /** Returns the state of the group as named in INFO. */
  public String state() {
    if (isUnfit() || (role.isReplica() && !membership.isComplete())) {
      return "incomplete";
    }
    if (role.isReplica()) {
      return "ok";
    }
    if (isReplaced()) {
      return "replaced";
    }
    return !membership.chain().pending().isEmpty() ? "changing" : isFormed() ? "ok" : "forming";
  }

  /** Returns the number of members in the newest configuration, in force or not. */
  int members() {
    GroupConfig newest = membership.chain().newest();
    return newest == null ? 1 : newest.members().size();
  }

  // Role.

  /**
   * Resumes the saved term if this server starts as a master.
   *
   * @param durable true if every write was fsynced before its reply, so that none was lost
   */
  public void onStart(boolean durable) {
    if (role.isReplica()) {
      return;
    }
    GroupConfig newest = membership.chain().newest();
    if (newest != null) {
      term.resume(newest.term());
    }
    if (newest != null && newest.acks() > 0 && durable && newest.master().equals(id())) {
      membership.markComplete();
    } else if (membership.mayLackWrites()) {
      log.warning(
          "This server was a member of a group that acknowledges writes and may have lost some that"
              + " it acknowledged. It refuses writes and replicas until sentinels have chosen a"
              + " master. REPLICAOF NO ONE makes it the master with the data that it has.");
    }
    refresh();
  }

  /**
   * Starts a term, because this server becomes a master or is confirmed as one.
   *
   * @param ordered the term promised to the sentinel that orders it, -1 if it is ordered otherwise
   */
  public void onAppointed(long ordered) {
    if (membership.isActive()) {
      term.begin(ordered);
      lastOffset = Long.MAX_VALUE;
      refresh();
      proposeIfNeeded();
    }
  }

  /**
   * Starts another term if this master is deposed or may lack writes; called for REPLICAOF NO ONE.
   */
  public void onConfirmed(long ordered) {
    if (membership.isActive() && (isUnfit() || isReplaced())) {
      onAppointed(ordered);
    }
  }

  // Configurations.

  /**
   * Adds replicas that have caught up, and announces configurations to members that lack them.
   * Called each second.
   */
  public void cron() {
    if (role.isReplica() || isUnfit()) {
      return;
    }
    askForIds();
    proposeIfNeeded();
    if (membership.isActive() && !writing && someLag()) {
      announce();
    }
    lastOffset = stream.offset();
  }

  private void askForIds() {
    if (settings.writeAcks.value() == 0) {
      return;
    }
    for (ReplicaFeed feed : replicas.all()) {
      if (feed.isOnline() && feed.member().isToBeAsked()) {
        requests.askForTurnAcks();
        return;
      }
    }
  }

  /**
   * Handles a replica's report; a member without a configuration of this term is sent it at once.
   */
  public void onReport(ReplicaFeed feed) {
    refresh();
    if (isFormed() && feed.member().term() < term.number() && !announcing) {
      announcing = true;
      loop.execute(() -> {
        announcing = false;
        if (!role.isReplica() && !isUnfit() && !writing && someLag()) {
          announce();
        }
      });
    }
  }

  private boolean someLag() {
    GroupConfig newest = membership.chain().newest();
    for (ReplicaFeed feed : replicas.all()) {
      if (newest != null && feed.isOnline() && feed.member().lacks(newest)) {
        return true;
      }
    }
    return false;
  }

  /** Puts pending configurations into force once enough members have acknowledged the newest. */
  public void onAcknowledged() {
    GroupChain chain = membership.chain();
    if (chain.pending().isEmpty() || writing || role.isReplica() || term.isSuperseded()) {
      return;
    }
    GroupConfig newest = chain.pending().getLast();
    if (quorums.confirm(newest)) {
      settle(newest);
    }
  }

  private void settle(GroupConfig newest) {
    log.notice(
        "The group that acknowledges writes now has %d members, of which %d must acknowledge.",
        newest.members().size(), newest.acks());
    change(membership.chain().settled());
  }

  /** Proposes the next configuration if replicas, {@code write-acks} or the term require one. */
  private void proposeIfNeeded() {
    GroupChain chain = membership.chain();
    GroupConfig newest = chain.newest();
    boolean own = newest != null && newest.term() == term.number() && newest.master().equals(id());
    if (writing || isReplaced() || (own && !chain.pending().isEmpty())) {
      return;
    }
    GroupConfig next = newest == null || newest.acks() == 0 ? first(newest) : next(newest, own);
    if (next != null) {
      propose(next);
    }
  }

  /** Returns the first configuration, once there are enough replicas for it. */
  private @Nullable GroupConfig first(@Nullable GroupConfig before) {
    List<String> members = new ArrayList<>(List.of(id()));
    replicas.all().stream().filter(this::isInStep).forEach(feed -> members.add(feed.member().id()));
    int acks = wantedAcks(members.size());
    if (acks == 0 || members.size() - 1 < acks) {
      return null;
    }
    return new GroupConfig(
        term.number(), before == null ? 1 : before.version() + 1, acks, id(), members);
  }

  private @Nullable GroupConfig next(GroupConfig newest, boolean own) {
    List<String> members = new ArrayList<>(newest.members());
    if (!own) {
      if (!members.contains(id())) {
        members.add(id());
      }
      return new GroupConfig(term.number(), 1, newest.acks(), id(), members);
    }
    for (ReplicaFeed feed : replicas.all()) {
      if (isInStep(feed) && !members.contains(feed.member().id())) {
        members.add(feed.member().id());
        break;
      }
    }
    int acks = wantedAcks(members.size());
    boolean changes = acks != newest.acks() || members.size() != newest.members().size();
    return changes ? newest.changed(acks, members) : null;
  }

  private int wantedAcks(int members) {
    int acks = settings.writeAcks.value();
    return acks == WriteAcksDirective.MAJORITY ? GroupConfig.majorityOf(members) : acks;
  }

  private boolean isInStep(ReplicaFeed feed) {
    String other = feed.member().id();
    return !other.isEmpty()
        && !other.equals(id())
        && feed.member().promised() <= term.number()
        && feed.has(lastOffset);
  }

  private String id() {
    return membership.id();
  }

  private void propose(GroupConfig next) {
    change(membership.chain().proposed(next));
  }

  private void change(GroupChain next) {
    writing = true;
    membership.replaceChain(next, this::onWritten);
    refresh();
  }

  private void onWritten() {
    writing = false;
    if (!role.isReplica()) {
      announce();
      onAcknowledged();
    }
  }

  private void announce() {
    List<String> tokens =
        replicas.all().stream()
            .map(ReplicaFeed::member)
            .filter(each -> !each.complete() && !each.token().isEmpty())
            .map(MemberState::token)
            .toList();
    requests.announceGroup(membership.chain(), tokens);
    GroupConfig newest = membership.chain().newest();
    if (newest != null && newest.term() == term.number()) {
      term.setStart(stream.offset());
    }
  }

  /** Returns the feed of a connected member, null if it is not connected. */
  public @Nullable ReplicaFeed feedOf(String member) {
    for (ReplicaFeed feed : replicas.all()) {
      if (feed.member().id().equals(member)) {
        return feed;
      }
    }
    return null;
  }

  /**
   * Removes a member that is gone for good.
   *
   * @param force true to discard configurations that the remaining members are too few to confirm
   * @return the reason for a refusal, null on success
   */
  public @Nullable String remove(String member, boolean force) {
    GroupChain chain = membership.chain();
    GroupConfig newest = chain.newest();
    if (role.isReplica()) {
      return "only the master of the group can remove a member";
    }
    Stream<GroupConfig> holders = force ? chain.all().stream() : Stream.ofNullable(newest);
    boolean known = holders.anyMatch(each -> each.acks() > 0 && each.has(member));
    if (newest == null || !known || member.equals(id())) {
      return "there is no such member besides the master";
    }
    if (feedOf(member) != null) {
      return "the member is connected: stop it first, or it would join again";
    }
    if (writing || isReplaced() || isUnfit() || newest.term() != term.number()) {
      return "the group is changing or has another master";
    }
    List<String> members = new ArrayList<>(newest.members());
    members.remove(member);
    List<GroupConfig> stuck =
        chain.all().stream().filter(each -> !canBeReplaced(each, members)).toList();
    if (!force && !stuck.isEmpty()) {
      return "too few members of the group would remain to confirm the change. FORCE-DATA-LOSS"
          + " proceeds without them";
    }
    int acks =
        Math.max(
            wantedAcks(members.size()),
            stuck.stream().mapToInt(each -> acksLeft(each, members)).max().orElse(0));
    if (members.size() - 1 < acks) {
      return "too few members would remain for write-acks";
    }
    if (stuck.isEmpty()) {
      propose(newest.changed(acks, members));
    } else {
      log.warning(
          "The group that acknowledges writes was reduced, with possible data loss, to %d members,"
              + " of which %d must acknowledge.",
          members.size(), acks);
      change(without(stuck, newest, acks, members));
    }
    return null;
  }

  /** Returns true if enough members of a configuration remain to confirm its successors. */
  private boolean canBeReplaced(GroupConfig config, List<String> remaining) {
    long others =
        config.members().stream()
            .filter(each -> remaining.contains(each) && !each.equals(id()))
            .count();
    return others >= config.copiesToCommit() + quorums.extra(config);
  }

  /**
   * Returns the minimum number of remaining members, the master excluded, that hold any write
   * acknowledged under a configuration. If later writes have as many acknowledgements, a sentinel
   * that has received only that configuration still finds them.
   */
  private static int acksLeft(GroupConfig config, List<String> remaining) {
    long gone = config.members().stream().filter(each -> !remaining.contains(each)).count();
    return config.acks() - (int) gone;
  }

  /**
   * Returns the chain without configurations that can no longer be confirmed. If the next one
   * requires more acknowledgements than earlier writes may have left, an intermediate one with that
   * lower number precedes it: under it a sentinel must hear enough members to find those writes.
   */
  private GroupChain without(
      List<GroupConfig> stuck, GroupConfig newest, int acks, List<String> members) {
    List<GroupConfig> configs = new ArrayList<>(membership.chain().all());
    configs.removeAll(stuck);
    int least = stuck.stream().mapToInt(each -> acksLeft(each, members)).min().orElse(acks);
    GroupConfig next = newest.changed(acks, members);
    if (least < acks) {
      GroupConfig careful = newest.changed(Math.max(1, least), members);
      configs.add(careful);
      next = careful.changed(acks, members);
    }
    configs.add(next);
    return new GroupChain(configs.getFirst(), configs.subList(1, configs.size()));
  }

  // Counting.

  /** Rebuilds the quorums after a change of replicas or configurations. */
  public void refresh() {
    quorums.refresh();
  }

  /** Returns the greatest offset acknowledged as {@link AckQuorums#acknowledgedBy} counts. */
  long acknowledgedBy(int number, boolean durably, boolean ofGroup) {
    return quorums.acknowledgedBy(number, durably, ofGroup);
  }
}
