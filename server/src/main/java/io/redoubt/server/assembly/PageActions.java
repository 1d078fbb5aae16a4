package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.launch.ShellOptions;
import io.redoubt.server.lifecycle.HeardSentinels;
import io.redoubt.server.replication.ReplicationView;
import java.util.List;

/**
 * The commands that users can copy from the page: the ones that can succeed in the current state,
 * with redis-cli's options to reach the server. Confined to the event loop.
 */
final class PageActions {
  private final ServerParts parts;
  private final ReplicationView replication;
  private final ShellOptions shell;

  PageActions(ServerParts parts, ReplicationView replication) {
    this.parts = parts;
    this.replication = replication;
    shell = new ShellOptions(parts.settings);
  }

  void write(Json json) {
    boolean inCluster = parts.replication.clusterNode != null;
    String announced =
        inCluster
            ? parts.settings.cluster.clusterAnnounceIp.value()
            : parts.settings.replication.replicaAnnounceIp.value();
    shell.write(json, announced, parts.clients.listeners.port());
    json.array("actions");
    offer(json, "info", "info");
    offer(json, "slowlog|get", "slowlog", "get", "10");
    offer(json, "memory|doctor", "memory", "doctor");
    offer(json, "latency|doctor", "latency", "doctor");
    if (!parts.persistence.snapshots.isRunning()
        && !parts.persistence.dataSet.progress().isLoading()) {
      offer(json, "bgsave", "bgsave");
    }
    if (inCluster) {
      cluster(json);
    } else {
      failover(json);
    }
    json.endArray();
  }

  private void cluster(Json json) {
    offer(json, "cluster|doctor", "cluster", "doctor");
    offer(json, "cluster|nodes", "cluster", "nodes");
    if (replication.isReplica()) {
      if (replication.isLinkUp()) {
        offer(json, "cluster|failover", "cluster", "failover");
      } else {
        offer(json, "cluster|failover", "cluster", "failover", "force");
      }
    }
  }

  /** Sentinels undo a failover that is not their own: where there are some, they are asked. */
  private void failover(Json json) {
    for (HeardSentinels.Heard sentinel : parts.replication.heardSentinels.list()) {
      if (sentinel.silentMillis() <= PageTopology.SENTINEL_SILENT_MILLIS) {
        json.object()
            .member("host", sentinel.host())
            .member("port", sentinel.port())
            .array("words");
        List.of("sentinel", "failover", sentinel.group()).forEach(json::element);
        json.endArray().endObject();
        return;
      }
    }
    if (replication.isReplica()) {
      offer(json, "replicaof", "replicaof", "no", "one");
    } else if (replication.replicas().stream().anyMatch(PageSentence::isInStep)) {
      offer(json, "failover", "failover");
    }
  }

  /** Adds a command, unless it was renamed: the name may be meant as a secret. */
  private void offer(Json json, String command, String... words) {
    if (parts.clients.table.byName(command) != null) {
      json.object().array("words");
      for (String word : words) {
        json.element(word);
      }
      json.endArray().endObject();
    }
  }
}
