package io.redoubt.sentinel.core;

import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.Timing;
import io.redoubt.sentinel.settings.Timings;
import java.util.Comparator;
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
    long now = world.nowMillis();
    Timings timings = world.timings();
    long infoLimit =
        master.isSubjectivelyDown()
            ? timings.millis(Timing.PING_PERIOD) * 5
            : timings.millis(Timing.INFO_PERIOD) * 3;
    // A master that became a replica disconnected its replicas long before it counts as down.
    long goneMillis =
        master.reportedRole() == NodeInfo.Role.REPLICA
            ? Math.max(master.reportedRoleMillis(now), master.subjectivelyDownMillis(now))
            : master.subjectivelyDownMillis(now);
    long linkDownLimit = goneMillis + master.options().downAfterMillis() * 10;
    return master.replicas().stream()
        .filter(replica ->
            !replica.isSubjectivelyDown()
                && replica.link().command.isUp()
                && replica.link().sinceAvailableMillis(now)
                    <= timings.millis(Timing.PING_PERIOD) * 5
                && now - replica.infoAt() <= infoLimit
                && isPromotable(world, replica, linkDownLimit)
                && !world.isOfOtherMaster(replica))
        .min(
            Comparator.comparing((Replica each) -> trust(world, each))
                .thenComparing(Candidates::priority)
                .thenComparing(Candidates::offset, Comparator.reverseOrder())
                .thenComparing(Instance::runId))
        .orElse(null);
  }

  private static boolean isPromotable(SentinelWorld world, Replica replica, long linkDownLimit) {
    NodeInfo info = replica.info();
    if (info == null || priority(replica) == 0) {
      return false;
    }
    long downMillis =
        info.role() == NodeInfo.Role.REPLICA
            ? info.masterLink().downMillis()
            : replica.reportedRoleMillis(world.nowMillis());
    Trust trust = trust(world, replica);
    return trust != Trust.NONE && (trust != Trust.FOLLOWED || downMillis <= linkDownLimit);
  }

  private static Trust trust(SentinelWorld world, Replica replica) {
    Master master = world.masterOf(replica);
    NodeInfo info = told(replica);
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

  /** Returns the priority last reported as a replica, since masters report none. */
  static int priority(Replica replica) {
    NodeInfo last = replica.lastAsReplica();
    return last == null ? told(replica).priority() : last.priority();
  }

  /**
   * Returns the offset in the group's history; for a promoted replica, the offset of its promotion.
   */
  private static long offset(Replica replica) {
    NodeInfo info = told(replica);
    return info.role() == NodeInfo.Role.MASTER && info.history().isPromoted()
        ? info.history().earlierEnd()
        : info.offset();
  }

  private static NodeInfo told(Replica replica) {
    NodeInfo info = replica.info();
    if (info == null) {
      throw new IllegalStateException("a replica without INFO can't be chosen");
    }
    return info;
  }
}
