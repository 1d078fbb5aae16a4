package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Figures;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Node;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The state of a server in a sentence, with which its page starts. Confined to the event loop. */
final class PageSentence {
  /** The time after which a replica, which acknowledges every second, is silent. */
  static final long SILENT_MILLIS = 5_000;

  private PageSentence() {}

  /**
   * Returns the sentence.
   *
   * @param cluster this server's cluster, null without cluster mode
   * @param gone the number of replicas that were connected in the last minutes
   */
  static String of(ReplicationView replication, @Nullable Cluster cluster, int gone) {
    StringBuilder text = new StringBuilder();
    if (cluster != null) {
      text.append(ofCluster(cluster)).append(' ');
    }
    if (replication.isReplica()) {
      text.append(ofReplica(replication));
    } else {
      text.append("Master");
      if (cluster != null) {
        text.append(" of ").append(Figures.count(cluster.me().slotCount(), "slot"));
      }
    }
    String replicas = ofReplicas(replication.replicas(), gone);
    if (!replicas.isEmpty()) {
      text.append("; ").append(replicas);
    } else if (!replication.isReplica()) {
      text.append(" without a replica");
    }
    return text.append('.').toString();
  }

  static boolean isInStep(ReplicaState replica) {
    return replica.state().equals("online") && replica.lagMillis() <= SILENT_MILLIS;
  }

  private static String ofReplica(ReplicationView replication) {
    String text =
        "Replica of " + Addresses.describe(replication.masterHost(), replication.masterPort());
    if (replication.isLinkUp()) {
      long silent = replication.silentSeconds();
      return text + ", in step; its master was last heard " + silent + " s ago";
    }
    if (replication.isSyncing()) {
      return text + ", which sends it the data set";
    }
    long age = replication.dataAgeMillis();
    boolean wasUp = age < ReplicationView.CENTURY_MILLIS;
    return text + ", which it can't reach" + (wasUp ? " for " + Figures.duration(age) : "");
  }

  private static String ofReplicas(List<ReplicaState> replicas, int gone) {
    long inStep = 0;
    long silent = 0;
    long worst = 0;
    for (ReplicaState replica : replicas) {
      if (isInStep(replica)) {
        inStep++;
        worst = Math.max(worst, replica.lagBytes());
      } else if (replica.state().equals("online")) {
        silent++;
      }
    }
    long syncing = replicas.size() - inStep - silent;
    StringBuilder text = new StringBuilder();
    if (!replicas.isEmpty()) {
      text.append(inStep == replicas.size() ? "" : inStep + " of ")
          .append(Figures.count(replicas.size(), "replica"))
          .append(" in step");
      if (worst > 0) {
        text.append(inStep > 1 ? ", worst " : ", ").append(Figures.bytes(worst)).append(" behind");
      }
    }
    append(text, syncing, " being synchronized");
    append(text, silent, " silent");
    append(text, gone, " gone");
    return text.toString();
  }

  private static void append(StringBuilder text, long number, String state) {
    if (number > 0) {
      text.append(text.isEmpty() ? "" : ", ").append(number).append(state);
    }
  }

  private static String ofCluster(Cluster cluster) {
    int unserved = SlotSet.SLOTS - cluster.assignedSlots();
    int unanswered = 0;
    for (Node node : cluster.allNodes()) {
      if (node.has(NodeFlag.FAIL)) {
        unserved += node.slotCount();
      } else if (node != cluster.me() && (node.has(NodeFlag.PFAIL) || !node.isConnected())) {
        unanswered += node.slotCount();
      }
    }
    StringBuilder text = new StringBuilder("Cluster ");
    text.append(cluster.isServing() ? "ok: " : "down: ");
    if (unserved == 0 && unanswered == 0) {
      text.append("all slots are served by ").append(Figures.count(cluster.voters(), "master"));
    }
    if (unserved > 0) {
      text.append(Figures.count(unserved, "slot"))
          .append(unserved == 1 ? " is" : " are")
          .append(" not served");
    }
    if (unanswered > 0) {
      text.append(unserved > 0 ? ", " : "")
          .append(Figures.count(unanswered, "slot"))
          .append(unanswered == 1 ? " belongs" : " belong")
          .append(" to masters that do not answer");
    }
    return text.append(", ")
        .append(Figures.count(cluster.allNodes().size(), "node"))
        .append(" known.")
        .toString();
  }
}
