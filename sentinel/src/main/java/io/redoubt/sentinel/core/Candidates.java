package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.Comparator;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the replica that a failover promotes.
 *
 * <p>A candidate may already be a master, because an aborted failover had ordered its promotion or
 * an operator made it one. While the old master is down it remains a candidate: no sentinel demotes
 * it then, and a group of two has no other.
 */
final class Candidates {
  /** The reason to trust a node's data, the strongest first. */
  private enum Trust {
    /** The master follows it: an operator has swapped the roles. */
    LEADS_THE_MASTER,
    /** A replica, or a master that was seen as a replica since it started. */
    FOLLOWED,
    /** A master that was a replica before it, or this sentinel, started. */
    ONCE_FOLLOWED,
    /** Another master, which may have returned with old data or none. */
    NONE
  }

  private Candidates() {}

  /**
   * Returns the replica to promote: by trust, then lowest priority number, greatest offset,
   * smallest run id; null if there is none.
   */
  static @Nullable Replica choose(SentinelWorld world, Master master) {
    return master.replicas().stream()
        .filter(each -> objection(world, each) == null)
        .min(
            Comparator.comparing((Replica each) -> trust(world, each))
                .thenComparing(Replica::priority)
                .thenComparing(Candidates::offset, Comparator.reverseOrder())
                .thenComparing(Instance::runId))
        .orElse(null);
  }

  /** Returns the objection to a replica as a candidate, null if it is fit. */
  static @Nullable Objection objection(SentinelWorld world, Replica replica) {
    Objection ofItself = objection(replica);
    if (ofItself != null) {
      return ofItself;
    }
    long now = world.nowMillis();
    Timings timings = world.timings();
    if (replica.link().sinceAvailableMillis(now) > timings.millis(Timing.PING_PERIOD) * 5) {
      return Objection.SILENT;
    }
    Master master = world.masterOf(replica);
    long infoLimit =
        master.isSubjectivelyDown()
            ? timings.millis(Timing.PING_PERIOD) * 5
            : timings.millis(Timing.INFO_PERIOD) * 3;
    NodeInfo info = replica.info();
    if (info == null || now - replica.infoAt() > infoLimit) {
      return Objection.STALE_INFO;
    }
    Trust trust = trust(world, replica);
    if (trust == Trust.NONE) {
      return Objection.UNTRUSTED;
    }
    long downMillis =
        info.role() == NodeInfo.Role.REPLICA
            ? info.masterLink().downMillis()
            : replica.reportedRoleMillis(now);
    if (trust == Trust.FOLLOWED && downMillis > linkDownLimit(master, now)) {
      return Objection.STALE_DATA;
    }
    return world.isOfOtherMaster(replica) ? Objection.OTHER_GROUP : null;
  }

  /**
   * Returns the objection to a replica whatever its data are, null if there is none. The members of
   * a group that acknowledges writes answer for their data themselves; see {@link Fencing}.
   */
  static @Nullable Objection objection(Replica replica) {
    if (replica.isSubjectivelyDown()) {
      return Objection.DOWN;
    }
    if (!replica.link().command.isUp()) {
      return Objection.DISCONNECTED;
    }
    if (replica.info() == null) {
      return Objection.STALE_INFO;
    }
    return replica.priority() == 0 ? Objection.PRIORITY_ZERO : null;
  }

  /** Returns each replica with the objection to it, for the log. */
  static String objections(SentinelWorld world, Master master) {
    StringJoiner each = new StringJoiner(", ");
    each.setEmptyValue("it has none");
    for (Replica replica : master.replicas()) {
      Objection objection = objection(world, replica);
      if (objection != null) {
        each.add(replica.name() + ": " + objection.text());
      }
    }
    return each.toString();
  }

  private static long linkDownLimit(Master master, long now) {
    // A master that became a replica disconnected its replicas long before it counts as down.
    long goneMillis =
        master.reportedRole() == NodeInfo.Role.REPLICA
            ? Math.max(master.reportedRoleMillis(now), master.subjectivelyDownMillis(now))
            : master.subjectivelyDownMillis(now);
    return goneMillis + master.options().downAfterMillis() * 10;
  }

  /** Returns true if a live replica has not reported its offset since the master went down. */
  static boolean awaitInfo(Master master) {
    for (Replica replica : master.replicas()) {
      if (!replica.isSubjectivelyDown()
          && replica.link().command.isUp()
          && replica.infoAt() < master.subjectivelyDownSince()) {
        return true;
      }
    }
    return false;
  }

  private static Trust trust(SentinelWorld world, Replica replica) {
    Master master = world.masterOf(replica);
    NodeInfo info = replica.knownInfo();
    NodeInfo ofMaster = master.info();
    if (info.role() == NodeInfo.Role.REPLICA) {
      return Trust.FOLLOWED;
    }
    if (ofMaster != null
        && ofMaster.role() == NodeInfo.Role.REPLICA
        && world.names.follows(ofMaster, replica.address())) {
      return Trust.LEADS_THE_MASTER;
    }
    if (!master.isSubjectivelyDown()) {
      return Trust.NONE;
    }
    if (replica.lastAsReplica() != null) {
      return Trust.FOLLOWED;
    }
    return info.history().isPromoted() ? Trust.ONCE_FOLLOWED : Trust.NONE;
  }

  /**
   * Returns the offset in the group's history; for a promoted replica, the offset of its promotion.
   */
  private static long offset(Replica replica) {
    NodeInfo info = replica.knownInfo();
    return info.role() == NodeInfo.Role.MASTER && info.history().isPromoted()
        ? info.history().earlierEnd()
        : info.offset();
  }
}
