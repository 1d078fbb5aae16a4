package io.redoubt.server.cluster.node;

import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.settings.PersistenceDirectives.Appendfsync;
import io.redoubt.server.settings.ServerDirectives;
import java.util.ArrayList;
import java.util.List;

/** Diagnoses settings of a master that risk acknowledged writes, for CLUSTER DOCTOR. */
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
              + ": if partitioned from the other nodes, this master accepts writes for another "
              + settings.cluster.clusterNodeTimeout.value()
              + " ms (cluster-node-timeout), which are lost when a replica is promoted. Set"
              + " min-replicas-to-write 1 and a low min-replicas-max-lag, or write-acks 1.");
    }
    if (!logs && settings.persistence.save.value().isEmpty()) {
      findings.add(
          "persistence-off "
              + me.shownAddress()
              + ": this master has no persistence: if it restarts before a replica takes over, it"
              + " comes back empty and its replicas lose their data, too. Turn on save or"
              + " appendonly.");
    }
    if (logs && settings.persistence.appendfsync.value() == Appendfsync.NO) {
      findings.add(
          "fsync-off "
              + me.shownAddress()
              + ": with appendfsync no, a crash of the machine loses the writes of up to half a"
              + " minute, and the replicas lose them, too, if this master is back before one of"
              + " them takes over. Set appendfsync everysec or always.");
    }
    return findings;
  }
}
