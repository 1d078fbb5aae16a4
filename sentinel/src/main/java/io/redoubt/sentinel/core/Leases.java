package io.redoubt.sentinel.core;

import io.redoubt.protocol.lease.LeaseOffer;
import io.redoubt.sentinel.core.NodeRequest.Purpose;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Grants leases to masters, so that a master that is cut off stops writes before another one is
 * promoted.
 *
 * <p>Invariant: at most one node of each group can hold a lease from this sentinel at any time.
 * Until the lease has expired, or the holder has confirmed that it gave it up, no other node is
 * granted one, and a candidate gets our vote only if its failover stops the holder's writes first.
 * After a restart the holder is unknown: for the length of a lease none is granted, except to a
 * node that reports holding one from this sentinel.
 */
final class Leases {
  /**
   * The part of down-after-milliseconds that a lease lasts: it expires before the node counts as
   * down.
   */
  private static final long TENTHS_OF_DOWN_AFTER = 9;

  /** The number of renewals within the length of a lease. */
  private static final long RENEWALS = 4;

  private record Promise(Address holder, long until) {}

  private final SentinelWorld world;
  private final Links links;
  private final LeaderWait leaderWait;
  private final long startedAt;

  /** The promises by the name of the master; SENTINEL REMOVE and RESET don't end them. */
  private final Map<String, Promise> promises = new HashMap<>();

  Leases(SentinelWorld world, Links links, LeaderWait leaderWait, long startedAt) {
    this.world = world;
    this.links = links;
    this.leaderWait = leaderWait;
    this.startedAt = startedAt;
  }

  private static long lengthMillis(Master master) {
    return master.options().downAfterMillis() * TENTHS_OF_DOWN_AFTER / 10;
  }

  private long periodMillis(Master master) {
    return Math.clamp(
        lengthMillis(master) / RENEWALS, 1, world.timings().millis(Timing.PING_PERIOD));
  }

  /** Handles a node's INFO, which reports whether it requires leases. */
  void onInfo(DataNode node, NodeInfo info) {
    LeaseExchange lease = node.link().lease;
    boolean before = lease.wanted;
    lease.wanted = info.wantsLease();
    if (lease.wanted && !before) {
      offer(node);
    }
  }

  /** Renews a node's lease when it is due. */
  void maintain(DataNode node) {
    LeaseExchange lease = node.link().lease;
    if (!lease.wanted) {
      return;
    }
    long now = world.nowMillis();
    long period = periodMillis(world.masterOf(node));
    long due = lease.sentAt + (lease.isPending() ? period * 2 : period);
    if (now >= due) {
      lease.hurried = false;
      offer(node);
    }
    world.wakeBy(lease.sentAt + period);
  }

  /** Offers leases at once after a change of the master. */
  void onMasterChange(Master master) {
    offer(master);
    master.replicas().forEach(this::offer);
  }

  /** Offers a node a lease, or withdraws it if the node must not hold one. */
  void offer(DataNode node) {
    LeaseExchange lease = node.link().lease;
    if (!lease.wanted || !node.link().command.isUp()) {
      return;
    }
    Master master = world.masterOf(node);
    long length = lengthMillis(master);
    lease.given = mayHold(node);
    if (lease.given && lease.answered != 0) {
      // The node counts the confirmed lease from a time before this answer.
      Promise before = promises.get(master.name());
      long until = lease.answeredAt + length;
      if (before != null && before.holder().equals(node.address())) {
        until = Math.max(until, before.until());
      }
      promises.put(master.name(), new Promise(node.address(), until));
    }
    send(node, lease.given ? length : isMaster(node) ? 0 : LeaseOffer.NOT_MASTER);
  }

  private void send(DataNode node, long millis) {
    LeaseExchange lease = node.link().lease;
    if (lease.sequence == 0) {
      // A random start, so that the node can't confuse offers from before and after a restart.
      lease.sequence = world.randomMillis(1, 1L << 40);
    }
    lease.sequence++;
    lease.sentAt = world.nowMillis();
    List<String> others = new ArrayList<>();
    world.masterOf(node).sentinels().forEach(each -> others.add(each.runId()));
    LeaseOffer offer =
        new LeaseOffer(
            world.masterOf(node).name(),
            world.myId(),
            lease.sequence,
            lease.answered,
            millis,
            others);
    links.send(node, Link.Kind.COMMAND, Purpose.LEASE, links.words(node, "PING", offer.format()));
  }

  private boolean isMaster(DataNode node) {
    return node.address().equals(world.masterOf(node).currentAddress());
  }

  /** Returns true if a node is the master and no other one can hold a lease from this sentinel. */
  private boolean mayHold(DataNode node) {
    Master master = world.masterOf(node);
    FailoverAttempt failover = master.failover();
    boolean replacing =
        (failover != null && !failover.isForced() && !failover.isPromoted())
            || (leaderWait.waitsForLeader(master) && !master.expectsCoordinated());
    // A master may answer and yet be unfit: it is loading, or an operator made it a replica.
    boolean unfit =
        node.reportedRole() == NodeInfo.Role.REPLICA
            || (node == master && master.isSubjectivelyDown());
    if (!isMaster(node) || replacing || unfit) {
      return false;
    }
    Promise promise = promises.get(master.name());
    if (promise == null) {
      return hasForgottenNothing(master) || node.link().lease.held;
    }
    return promise.holder().equals(node.address()) || world.nowMillis() >= promise.until();
  }

  /** Returns true once any lease granted before the start of this process has expired. */
  private boolean hasForgottenNothing(Master master) {
    return world.nowMillis() >= startedAt + lengthMillis(master);
  }

  /** Returns true if a node of a master's group requires leases. */
  static boolean areWanted(Master master) {
    return master.link().lease.wanted
        || master.replicas().stream().anyMatch(each -> each.link().lease.wanted);
  }

  /**
   * Returns the objection to another master while this one, or an unknown node, may hold a lease
   * from this sentinel.
   */
  @Nullable Objection objection(Master master) {
    return isPromised(master) ? Objection.LEASE : null;
  }

  private boolean isPromised(Master master) {
    Promise promise = promises.get(master.name());
    if (!areWanted(master) && promise == null) {
      return false;
    }
    long until = promise == null ? startedAt + lengthMillis(master) : promise.until();
    world.wakeBy(until);
    return world.nowMillis() < until;
  }

  /** Handles the answer to an offer. */
  void onAnswer(Link link, NodeRequest request, Answer answer) {
    LeaseExchange lease = link.lease;
    LeaseOffer offer = LeaseOffer.parse(request.commands().getFirst().getLast());
    boolean held = answer.equals(new Answer.Text(LeaseOffer.HELD));
    lease.onUnderstood(held || answer.equals(new Answer.Text(LeaseOffer.FREE)));
    if (lease.isRefused()
        || offer == null
        || offer.sequence() != lease.sequence
        || !(links.users(link).getFirst() instanceof DataNode node)) {
      return;
    }
    long now = world.nowMillis();
    link.availableAt = now;
    lease.answered = lease.sequence;
    lease.answeredAt = now;
    lease.held = held;
    Master master = world.masterOf(node);
    Promise promise = promises.get(master.name());
    boolean gaveUp =
        !lease.given
            && !lease.held
            && promise != null
            && promise.holder().equals(node.address())
            && now < promise.until();
    if (gaveUp) {
      promises.put(master.name(), new Promise(node.address(), now));
      onMasterChange(master);
    } else if (!lease.held && !lease.hurried && mayHold(node)) {
      lease.hurried = true;
      offer(node);
    }
  }

  /** Announces to the nodes of a master that this sentinel stops monitoring them. */
  void leave(Master master) {
    leave((DataNode) master);
    master.replicas().forEach(this::leave);
  }

  private void leave(DataNode node) {
    if (node.link().lease.wanted && node.link().command.isUp()) {
      send(node, LeaseOffer.LEAVING);
    }
  }
}
