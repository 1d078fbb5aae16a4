package io.redoubt.sentinel.command;

import io.redoubt.sentinel.core.DataNode;
import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Replica;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelPeer;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.settings.MasterOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The fields of an instance in SENTINEL MASTER, REPLICAS and SENTINELS, in Redis' order. */
final class InstanceFields {
  private final Map<String, String> fields = new LinkedHashMap<>();
  private final long now;

  private InstanceFields(long now) {
    this.now = now;
  }

  static Map<String, String> of(Instance instance, Sentinel sentinel) {
    InstanceFields fields = new InstanceFields(sentinel.nowMillis());
    fields.common(instance, sentinel);
    switch (instance) {
      case Master master -> {
        fields.putReported(master);
        fields.master(master);
      }
      case Replica replica -> {
        fields.putReported(replica);
        fields.replica(replica);
      }
      case SentinelPeer peer -> fields.sentinel(peer);
      default -> throw new IllegalArgumentException(instance.kind());
    }
    return fields.fields;
  }

  private void put(String name, String value) {
    fields.put(name, value);
  }

  private void put(String name, long value) {
    put(name, Long.toString(value));
  }

  private void common(Instance instance, Sentinel sentinel) {
    Link link = instance.link();
    Address shown = sentinel.displayed(instance.address());
    put("name", sentinel.nameOf(instance));
    put("ip", shown.host());
    put("port", shown.port());
    put("runid", instance.runId());
    put("flags", String.join(",", flags(instance, sentinel.masterOf(instance))));
    put("link-pending-commands", link.pending());
    put("link-refcount", link.owners());
    if (instance instanceof Master master && master.isFailoverInProgress()) {
      put("failover-state", master.failoverState());
    }
    put("last-ping-sent", link.waitingMillis(now));
    put("last-ok-ping-reply", link.sinceAvailableMillis(now));
    put("last-ping-reply", link.sincePongMillis(now));
    if (instance.isSubjectivelyDown()) {
      put("s-down-time", instance.subjectivelyDownMillis(now));
    }
    if (instance instanceof Master master && master.isObjectivelyDown()) {
      put("o-down-time", master.objectivelyDownMillis(now));
    }
    put("down-after-milliseconds", sentinel.masterOf(instance).options().downAfterMillis());
  }

  /** Returns the flags in Redis' order. */
  static List<String> flags(Instance instance, Master of) {
    List<String> flags = new ArrayList<>();
    add(flags, instance.isSubjectivelyDown(), "s_down");
    add(flags, instance instanceof Master master && master.isObjectivelyDown(), "o_down");
    flags.add(instance.kind());
    add(flags, instance.link().isDisconnected(), "disconnected");
    add(flags, instance instanceof SentinelPeer peer && peer.findsMasterDown(), "master_down");
    if (instance instanceof Master master) {
      add(flags, master.isFailoverInProgress(), "failover_in_progress");
      add(flags, master.isFailoverForced(), "force_failover");
      add(flags, master.isRebooting(), "master_reboot");
    }
    if (instance instanceof Replica replica) {
      add(flags, of.isPromoting(replica), "promoted");
      add(flags, !replica.reconfWord().isEmpty(), replica.reconfWord());
    }
    return flags;
  }

  private static void add(List<String> flags, boolean holds, String flag) {
    if (holds) {
      flags.add(flag);
    }
  }

  private void putReported(DataNode node) {
    put("info-refresh", node.sinceInfoMillis(now));
    put("role-reported", node.reportedRole().word());
    put("role-reported-time", node.reportedRoleMillis(now));
  }

  private void master(Master master) {
    MasterOptions options = master.options();
    put("config-epoch", master.configEpoch());
    put("num-slaves", master.replicas().size());
    put("num-other-sentinels", master.sentinels().size());
    put("quorum", options.quorum());
    put("failover-timeout", options.failoverTimeoutMillis());
    put("parallel-syncs", options.parallelSyncs());
    if (!options.scripts().notification().isEmpty()) {
      put("notification-script", options.scripts().notification());
    }
    if (!options.scripts().clientReconfig().isEmpty()) {
      put("client-reconfig-script", options.scripts().clientReconfig());
    }
  }

  private void replica(Replica replica) {
    NodeInfo info = replica.info();
    put("master-link-down-time", info == null ? 0 : info.masterLink().downMillis());
    put("master-link-status", info != null && info.masterLink().isUp() ? "ok" : "err");
    put(
        "master-host",
        info == null || info.masterLink().host().isEmpty() ? "?" : info.masterLink().host());
    put("master-port", info == null ? 0 : info.masterLink().port());
    put("slave-priority", info == null ? 100 : info.priority());
    put("slave-repl-offset", info == null ? 0 : info.offset());
    put("replica-announced", info == null || info.announced() ? 1 : 0);
  }

  private void sentinel(SentinelPeer peer) {
    put("last-hello-message", peer.sinceHelloMillis(now));
    put("voted-leader", peer.votedFor());
    put("voted-leader-epoch", peer.votedInEpoch());
  }
}
