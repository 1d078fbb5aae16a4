package io.redoubt.sentinel.core;

import io.redoubt.protocol.group.FenceAnswer;
import io.redoubt.protocol.group.GroupConfig;
import io.redoubt.sentinel.core.FailoverAttempt.Fenced;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.core.Output.Level;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The part of a failover that keeps acknowledged writes: members of the group promise to
 * acknowledge no earlier master, and the one with most data is promoted.
 *
 * <p>The leader counts complete members only, by the newest configuration that is known to be in
 * force and by each later one that any of them knows. Of so many members at least one has each
 * acknowledged write, and none that was acknowledged later can have got by them. The one of the
 * latest term with the greatest offset has all of these writes, whatever its priority. The old
 * master counts only in a planned failover, whose replica has all that it has.
 *
 * <p>A leader that knows no group, though a node said that there is one, promotes nobody before
 * each replica has answered that it knows none either.
 *
 * <p>If there are too few, nobody is promoted before they come back or an operator accepts the
 * loss.
 */
final class Fencing {
  /** The time for which missing members are waited for. */
  private static final long LIMIT_MILLIS = 2000;

  private static final long ASK_AGAIN_MILLIS = 500;

  private static final Comparator<Fenced> BY_DATA =
      Comparator.comparingLong((Fenced each) -> each.answer().term())
          .thenComparingLong(each -> each.answer().offset());

  private final SentinelWorld world;
  private final Links links;
  private final Handover handover;

  Fencing(SentinelWorld world, Links links, Handover handover) {
    this.world = world;
    this.links = links;
    this.handover = handover;
  }

  /** Returns true if a failover must keep acknowledged writes. */
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
   * Returns true if enough members can be reached for a failover now.
   *
   * @param withMaster true to count the master too
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

  /** Asks all members for their promises. */
  void begin(Master master, FailoverAttempt failover) {
    world.event(Level.NOTICE, "+failover-state-fence-slaves", master);
    ask(master, failover);
  }

  private void ask(Master master, FailoverAttempt failover) {
    failover.fenceAsked(world.nowMillis());
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

  /** Handles the answer to a request for a promise. */
  void answered(DataNode node, NodeRequest request, Answer answer) {
    FailoverAttempt failover = node.master().failover();
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
      world.remark(
          Level.WARNING, world.names.described(node) + " makes no promise: " + failure.text());
    }
  }

  /** Promotes a replica once that loses nothing, in state FENCE. */
  Decision advance(Master master, FailoverAttempt failover) {
    long now = world.nowMillis();
    handover.renew(master, failover);
    // A replica that was chosen while the master took writes may lack some.
    Replica planned = Handover.isComplete(failover, now) ? failover.chosen() : null;
    List<GroupConfig> groups = counted(master, failover, planned != null);
    List<GroupConfig> needed = groups.stream().filter(each -> each.acks() > 0).toList();
    boolean over = now - failover.stateSince() >= LIMIT_MILLIS;
    if (failover.acceptsLoss()) {
      if (over || hasAnswersOfAll(master, failover)) {
        return acceptLoss(master, failover, planned);
      }
    } else if (needed.isEmpty()) {
      // There is a group if a node said so, and who does not answer may know it.
      boolean certain = !groups.isEmpty() || hasAnswersOfEach(master, failover);
      if (certain && (over || hasAnswersOfAll(master, failover))) {
        return withoutGroup(master, planned);
      }
      if (over) {
        return new Decision.Abort(
            Decision.Reason.ACKNOWLEDGED_WRITES,
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

  /** Promotes the one that has most, of those that answered. */
  private Decision acceptLoss(Master master, FailoverAttempt failover, @Nullable Replica planned) {
    Replica most =
        failover.fenced().values().stream()
            .sorted(
                Comparator.comparing((Fenced each) -> each.answer().complete())
                    .thenComparing(BY_DATA)
                    .reversed())
            .flatMap(Fencing::promotable)
            .findFirst()
            .orElse(null);
    return withoutGroup(master, planned == null ? most : planned);
  }

  private Decision withoutGroup(Master master, @Nullable Replica planned) {
    Replica chosen = planned == null ? Candidates.choose(world, master) : planned;
    return chosen == null
        ? Decision.Abort.of(Decision.Reason.NO_REPLICA)
        : new Decision.Promote(chosen);
  }

  /**
   * Returns the configurations each of which must have enough answers: the newest that is known to
   * be in force, and the later ones that a counted member knows. A later one may be in force
   * already; then so many members of the one before know it that one of them answers. It may also
   * be that of a master that was replaced, of which the next one knew nothing: alone it proves
   * nothing.
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

  /** Returns a configuration of which too few members have answered, null if there is none. */
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
   * Returns the newest group that a replica has reported: the master may have died before this
   * sentinel has heard of its group.
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

  /** Returns true if each replica has answered that may know a group. */
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

  /** Returns true if a node that can promise is reachable and has not answered yet. */
  private static boolean owesAnswer(DataNode node, FailoverAttempt failover) {
    NodeInfo.Acks acks = node.acks();
    return node.link().command.isUp()
        && acks != null
        && !acks.node().isEmpty()
        && !failover.fenced().containsKey(acks.node());
  }

  /** Returns the member to promote; null if those with all data must not be, or are gone. */
  private static @Nullable Replica best(List<Fenced> members) {
    Fenced most = members.stream().max(BY_DATA).orElseThrow();
    return members.stream()
        .filter(each -> BY_DATA.compare(each, most) == 0)
        .flatMap(Fencing::promotable)
        .min(Comparator.comparingInt(Candidates::priority).thenComparing(Instance::runId))
        .orElse(null);
  }

  /** Returns the node if it is a replica that is reachable and may be promoted. */
  private static Stream<Replica> promotable(Fenced fenced) {
    return fenced.node() instanceof Replica replica
            && Candidates.priority(replica) != 0
            && !replica.isSubjectivelyDown()
            && replica.link().command.isUp()
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
                + " members answered that must; missing "
                + missing(
                    master, lacking, members.stream().map(each -> each.answer().node()).toList());
    return new Decision.Abort(Decision.Reason.ACKNOWLEDGED_WRITES, text);
  }

  /** Returns the names of the members that are not among these, for messages. */
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
