package io.redoubt.server.cluster.node;

import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import java.util.ArrayList;
import java.util.List;

/** Finds the settings of a master by which acknowledged writes may be lost, for CLUSTER DOCTOR. */
final class WriteLoss {
  private WriteLoss() {}

  /** Returns the findings; none for a node without slots. */
  static List<String> findings(Node me, ServerDirectives settings) {
    List<String> findings = new ArrayList<>();
    if (!me.isVoter()) {
      return findings;
    }
    boolean logs = settings.persistence.appendonly.value();
    if (!me.replicas().isEmpty()
        && settings.replication.minReplicasToWrite.value() == 0
        && settings.replication.writeAcks.value() == 0) {
      findings.add(
          "min-replicas-unset "
              + me.shownAddress()
              + ": cut off from the others this master takes writes for another "
              + settings.cluster.clusterNodeTimeout.value()
              + " ms (cluster-node-timeout), which are lost when a replica is promoted. Set"
              + " min-replicas-to-write 1 and a low min-replicas-max-lag, or write-acks 1.");
    }
    if (!logs && settings.persistence.save.value().isEmpty()) {
      findings.add(
          "persistence-off "
              + me.shownAddress()
              + ": this master keeps nothing on disk: restarted before a replica takes over, it is"
              + " empty, and its replicas become so too. Turn save or appendonly on.");
    }
    if (logs && settings.persistence.appendfsync.value() == Appendfsync.NO) {
      findings.add(
          "fsync-off "
              + me.shownAddress()
              + ": with appendfsync no a crash of the machine loses the writes of half a minute,"
              + " and so do the replicas if this master is back before one of them takes over. Set"
              + " appendfsync everysec or always.");
    }
    return findings;
  }
}
