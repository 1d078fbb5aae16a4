package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.sentinel.core.FailoverAttempt.Fenced;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.SentinelOutput.Level;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The part of a failover that preserves acknowledged writes: members of the group promise not to
 * acknowledge an earlier master, and the member with the most data is promoted.
 *
 * <p>The leader counts only complete members, and needs enough of them under the newest
 * configuration known to be in force and under each later one that a counted member has. Any such
 * set intersects every write quorum, so it contains every acknowledged write; once its members have
 * promised, no earlier master can have another write acknowledged. The member of the latest term
 * with the greatest offset has all of these writes, whatever its priority. The old master counts
 * only in a planned failover, in which the chosen replica has all of its data.
 *
 * <p>If a node has reported a group, but the leader has no configuration of it, no replica is
 * promoted until all that may know the group have answered.
 *
 * <p>If too few members answer, no replica is promoted until they return or an operator accepts the
 * loss.
 */
final class Fencing {
  /** The time within which missing members must answer. */
  private static final long LIMIT_MILLIS = 2000;

  private static final long ASK_AGAIN_MILLIS = 500;

  private static final Comparator<Fenced> BY_DATA =
      Comparator.comparingLong((Fenced each) -> each.answer().term())
          .thenComparingLong(each -> each.answer().offset());

  private final SentinelWorld world;
  private final Links links;

  Fencing(SentinelWorld world, Links links) {
    this.world = world;
    this.links = links;
  }

  /** Returns true if a failover must preserve acknowledged writes. */
  boolean isNeeded(Master master) {
    GroupConfig group = master.group();
    if (group != null) {
      return group.acks() > 0;
    }
    return nodes(master).stream()
        .map(DataNode::acks)
        .anyMatch(acks -> acks != null && acks.hasGroup());
  }

  /**
   * Returns true if enough members are reachable for a failover.
   *
   * @param withMaster true if the master counts, too
   */
  boolean isPromising(Master master, boolean withMaster) {
    GroupConfig group = master.group();
    if (!isNeeded(master) || group == null) {
      return true;
    }
    int count = 0;
    for (DataNode node : nodes(master)) {
      NodeInfo.Acks acks = node.acks();
      if ((withMaster || node != master)
          && acks != null
          && group.has(acks.node())
          && !acks.isIncomplete()
          && !node.isSubjectivelyDown()
          && node.link().command.isUp()) {
        count++;
      }
    }
    return count >= group.answersToElect();
  }

  /** Requests promises from all members. */
  void begin(Master master, FailoverAttempt failover) {
    world.event(Level.NOTICE, "+failover-state-fence-slaves", master);
    ask(master, failover);
  }

  private void ask(Master master, FailoverAttempt failover) {
    failover.setFenceAskedAt(world.nowMillis());
    for (DataNode node : nodes(master)) {
      if (owesAnswer(node, failover)) {
        links.send(
            node,
            Link.Kind.COMMAND,
            Purpose.FENCE,
            links.words(
                node, "REPLICATION", "FENCE", Long.toString(failover.epoch()), world.myId()));
      }
    }
  }

  /** Handles a node's answer to the request for a promise. */
  void onAnswer(DataNode node, NodeRequest request, Answer answer) {
    FailoverAttempt failover = world.masterOf(node).failover();
    if (failover == null
        || failover.state() != FailoverAttempt.State.FENCE
        || !request.commands().getFirst().get(2).equals(Long.toString(failover.epoch()))) {
      return;
    }
    FenceAnswer fenced =
        answer instanceof Answer.Text text ? FenceAnswer.parse(text.value()) : null;
    if (fenced != null) {
      failover
          .fenced()
          .put(fenced.node(), new Fenced(node, fenced, node.link().command.connectedAt));
    } else if (answer instanceof Answer.Failure failure) {
      world.remark(Level.WARNING, world.described(node) + " makes no promise: " + failure.text());
    }
  }

  /**
   * Returns the objection to a chosen member that has reconnected since its promise. It may have
   * restarted and lost data, but would still obey the order.
   */
  static @Nullable Objection objection(FailoverAttempt failover, Replica chosen) {
    boolean restarted =
        !failover.acceptsLoss()
            && failover.fenced().values().stream()
                .anyMatch(each ->
                    each.node() == chosen
                        && each.connectedAt() != chosen.link().command.connectedAt);
    return restarted ? Objection.RESTARTED : null;
  }

  /**
   * Decides in state FENCE: promotes a replica once no acknowledged write can be lost.
   *
   * @param planned the replica that has all data of the master, whose writes are stopped; null if
   *     there is none
   */
  Decision advance(Master master, FailoverAttempt failover, @Nullable Replica planned) {
    long now = world.nowMillis();
    List<GroupConfig> groups = counted(master, failover, planned != null);
    List<GroupConfig> needed = groups.stream().filter(each -> each.acks() > 0).toList();
    boolean over = now - failover.stateSince() >= LIMIT_MILLIS;
    if (failover.acceptsLoss()) {
      if (over || hasAnswersOfAll(master, failover)) {
        return acceptLoss(failover, planned);
      }
    } else if (needed.isEmpty()) {
      // A silent replica may know a group that the others do not.
      boolean certain = !groups.isEmpty() || hasAnswersOfEach(master, failover);
      if (certain && (over || hasAnswersOfAll(master, failover))) {
        return withoutGroup(planned);
      }
      if (over) {
        return new Decision.Abort(
            Objection.ACKNOWLEDGED_WRITES,
            "the group that acknowledges writes is unknown, and not all replicas answer");
      }
    } else {
      List<Fenced> members =
          failover.fenced().values().stream()
              .filter(each -> each.answer().complete() && isMember(each, needed))
              .filter(each -> planned != null || each.node() != master)
              .toList();
      GroupConfig lacking = lacking(needed, members);
      if (lacking == null) {
        Replica best = planned == null ? best(members) : answered(members, planned);
        if (best != null) {
          return new Decision.Promote(best);
        }
      }
      if (over) {
        return abort(master, lacking, members);
      }
    }
    if (now - failover.fenceAskedAt() >= ASK_AGAIN_MILLIS) {
      ask(master, failover);
    }
    world.wakeBy(
        Math.min(failover.fenceAskedAt() + ASK_AGAIN_MILLIS, failover.stateSince() + LIMIT_MILLIS));
    return Decision.WAIT;
  }

  /** Promotes the replica with the most data among those that answered. */
  private static Decision acceptLoss(FailoverAttempt failover, @Nullable Replica planned) {
    Replica most =
        failover.fenced().values().stream()
            .sorted(
                Comparator.comparing((Fenced each) -> each.answer().complete())
                    .thenComparing(BY_DATA)
                    .reversed())
            .flatMap(Fencing::promotable)
            .findFirst()
            .orElse(null);
    return withoutGroup(planned == null ? most : planned);
  }

  private static Decision withoutGroup(@Nullable Replica planned) {
    return planned == null ? Decision.PROMOTE_BEST : new Decision.Promote(planned);
  }

  /**
   * Returns the configurations that each need enough answers: the newest known to be in force, and
   * the later ones that a counted member has. A later one may already be in force; then enough
   * members of its predecessor have it that one of them is among those that answer. A pending
   * configuration of a deposed master may be unknown to its successor, so it is not sufficient on
   * its own.
   */
  private List<GroupConfig> counted(Master master, FailoverAttempt failover, boolean withMaster) {
    GroupConfig inForce = master.group() == null ? reported(master) : master.group();
    for (Fenced each : failover.fenced().values()) {
      GroupConfig known = each.answer().group().committed();
      if (known != null && (inForce == null || known.compareTo(inForce) > 0)) {
        inForce = known;
      }
    }
    List<GroupConfig> counted = new ArrayList<>();
    if (inForce != null) {
      counted.add(inForce);
    }
    for (Fenced each : failover.fenced().values()) {
      FenceAnswer answer = each.answer();
      if (answer.complete() && (withMaster || each.node() != master)) {
        for (GroupConfig known : answer.group().pending()) {
          if (known.has(answer.node())
              && (inForce == null || known.compareTo(inForce) > 0)
              && !counted.contains(known)) {
            counted.add(known);
          }
        }
      }
    }
    return counted;
  }

  private static boolean isMember(Fenced answered, List<GroupConfig> groups) {
    return groups.stream().anyMatch(each -> each.has(answered.answer().node()));
  }

  /** Returns a configuration with too few answers, null if there is none. */
  private static @Nullable GroupConfig lacking(List<GroupConfig> groups, List<Fenced> answered) {
    for (GroupConfig group : groups) {
      if (countOf(group, answered) < group.answersToElect()) {
        return group;
      }
    }
    return null;
  }

  private static long countOf(GroupConfig group, List<Fenced> answered) {
    return answered.stream().filter(each -> group.has(each.answer().node())).count();
  }

  /**
   * Returns the newest group reported by a replica: the master may have died before this sentinel
   * received its group.
   */
  private @Nullable GroupConfig reported(Master master) {
    GroupConfig newest = null;
    for (Replica replica : master.replicas()) {
      NodeInfo info = replica.info();
      GroupConfig known = info == null ? null : info.acks().group();
      if (info != null
          && known != null
          && known.has(info.acks().node())
          && world.names.follows(info, master.address())
          && (newest == null || known.compareTo(newest) > 0)) {
        newest = known;
      }
    }
    return newest;
  }

  /** Returns true if every replica that may know a group has answered. */
  private static boolean hasAnswersOfEach(Master master, FailoverAttempt failover) {
    return master.replicas().stream()
        .filter(replica -> mayKnowGroup(replica, failover))
        .allMatch(replica ->
            failover.fenced().values().stream().anyMatch(each -> each.node() == replica));
  }

  /** Returns false if a replica, such as a real one, has just reported that it is in no group. */
  private static boolean mayKnowGroup(Replica replica, FailoverAttempt failover) {
    NodeInfo.Acks acks = replica.acks();
    return acks == null || !acks.node().isEmpty() || replica.infoAt() < failover.stateSince();
  }

  private boolean hasAnswersOfAll(Master master, FailoverAttempt failover) {
    return master.replicas().stream().noneMatch(each -> owesAnswer(each, failover));
  }

  /** Returns true if a node is reachable, able to promise, and has not answered yet. */
  private static boolean owesAnswer(DataNode node, FailoverAttempt failover) {
    NodeInfo.Acks acks = node.acks();
    return node.link().command.isUp()
        && acks != null
        && !acks.node().isEmpty()
        && !failover.fenced().containsKey(acks.node());
  }

  /**
   * Returns the member to promote; null if no member with all acknowledged writes is promotable.
   */
  private static @Nullable Replica best(List<Fenced> members) {
    Fenced most = members.stream().max(BY_DATA).orElseThrow();
    return members.stream()
        .filter(each -> BY_DATA.compare(each, most) == 0)
        .flatMap(Fencing::promotable)
        .min(Comparator.comparingInt(Replica::priority).thenComparing(Instance::runId))
        .orElse(null);
  }

  /** Returns the node if it is a reachable replica that may be promoted. */
  private static Stream<Replica> promotable(Fenced fenced) {
    return fenced.node() instanceof Replica replica && Candidates.objection(replica) == null
        ? Stream.of(replica)
        : Stream.empty();
  }

  private static @Nullable Replica answered(List<Fenced> members, Replica planned) {
    return members.stream().anyMatch(each -> each.node() == planned) ? planned : null;
  }

  private static Decision abort(
      Master master, @Nullable GroupConfig lacking, List<Fenced> members) {
    String text =
        lacking == null
            ? "the replica with all acknowledged writes has priority 0 or does not answer"
            : countOf(lacking, members)
                + " of the "
                + lacking.answersToElect()
                + " required members answered; missing "
                + missing(
                    master, lacking, members.stream().map(each -> each.answer().node()).toList());
    return new Decision.Abort(Objection.ACKNOWLEDGED_WRITES, text);
  }

  /** Returns the names of the members of a group that are not present, for messages. */
  static String missing(Master master, GroupConfig group, Collection<String> present) {
    List<String> names = new ArrayList<>();
    for (String id : group.members()) {
      if (!present.contains(id)) {
        names.add(name(master, id));
      }
    }
    return String.join(", ", names);
  }

  private static String name(Master master, String id) {
    for (DataNode node : nodes(master)) {
      NodeInfo.Acks acks = node.acks();
      if (acks != null && acks.node().equals(id)) {
        return node.address().toString();
      }
    }
    return "id " + id;
  }

  private static List<DataNode> nodes(Master master) {
    List<DataNode> nodes = new ArrayList<>();
    nodes.add(master);
    nodes.addAll(master.replicas());
    return nodes;
  }
}
