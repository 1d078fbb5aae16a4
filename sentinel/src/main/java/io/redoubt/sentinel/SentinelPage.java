package io.redoubt.sentinel;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.launch.ShellOptions;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.session.Client;
import io.redoubt.protocol.session.ClientLine;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.sentinel.core.DataNode;
import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Master;
import io.redoubt.sentinel.core.Replica;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelPeer;
import io.redoubt.sentinel.message.NodeInfo;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.util.List;

/**
 * The state of a sentinel for its page, as JSON: each master with its replicas and sentinels. All
 * lists are bounded. Confined to the event loop.
 */
final class SentinelPage {
  private static final int MAX_MASTERS = 20;
  private static final int MAX_NODES = 30;
  private static final int MAX_CLIENTS = 40;

  /** The time without an answer after which a process, pinged each second, is shown as silent. */
  private static final long SILENT_MILLIS = 3_000;

  private final Sentinel sentinel;
  private final ClientRegistry clients;
  private final Clock clock;
  private final int port;
  private final ShellOptions shell;

  SentinelPage(
      Sentinel sentinel, ClientRegistry clients, SentinelDirectives directives, Clock clock) {
    this.sentinel = sentinel;
    this.clients = clients;
    this.clock = clock;
    port = directives.common.port.value();
    shell = new ShellOptions(directives);
  }

  /** Returns an instance's state in this sentinel's view: ok, sdown or odown. */
  static String state(Instance instance) {
    if (instance instanceof Master master && master.isObjectivelyDown()) {
      return "odown";
    }
    return instance.isSubjectivelyDown() ? "sdown" : "ok";
  }

  /**
   * Returns the current state.
   *
   * @param unready the reason for not being ready, empty if there is none
   */
  String state(String unready) {
    Json json = new Json().object();
    json.member("kind", "sentinel")
        .member("version", Version.ofThisProcess().describe())
        .member("at", clock.wallMillis())
        .member("port", port)
        .member("role", "sentinel")
        .member("unready", unready)
        .member("sentence", new SentinelSentence(sentinel).text())
        .member("epoch", sentinel.currentEpoch());
    json.array("groups");
    sentinel.masters().stream().limit(MAX_MASTERS).forEach(master -> group(json, master));
    json.endArray();
    clients(json);
    json.array("doctors").element("SENTINEL DOCTOR").endArray().array("findings");
    for (Master master : sentinel.masters()) {
      for (String finding : sentinel.findings(master)) {
        json.object().member("doctor", "SENTINEL DOCTOR").member("text", finding).endObject();
      }
    }
    json.endArray();
    actions(json);
    return json.endObject().toString();
  }

  /** Writes the commands that the page offers, by the current state of each master. */
  private void actions(Json json) {
    shell.write(json, sentinel.settings().announceIp(), port);
    json.array("actions");
    sentinel.masters().stream()
        .limit(MAX_MASTERS)
        .forEach(master -> {
          offer(json, "sentinel", "ckquorum", master.name());
          offer(json, "sentinel", "doctor", master.name());
          boolean mayPromote =
              master.replicas().stream().anyMatch(replica -> !replica.isSubjectivelyDown());
          if (mayPromote && !master.isFailoverInProgress()) {
            offer(json, "sentinel", "failover", master.name());
          }
        });
    offer(json, "info", "sentinel");
    json.endArray();
  }

  private static void offer(Json json, String... words) {
    json.object().array("words");
    List.of(words).forEach(json::element);
    json.endArray().endObject();
  }

  /**
   * Returns the state for the page, where a process that does not answer is unknown or silent
   * before it counts as down.
   */
  private String pageState(Instance instance) {
    String state = state(instance);
    if (!state.equals("ok") || answers(sentinel, instance)) {
      return state;
    }
    return silentMillis(instance) > SILENT_MILLIS ? "silent" : "unknown";
  }

  /** Returns true if a process, pinged each second, has answered recently. */
  static boolean answers(Sentinel sentinel, Instance instance) {
    boolean isHeard = !(instance instanceof DataNode node) || node.info() != null;
    return isHeard
        && !instance.link().isDisconnected()
        && instance.link().sinceAvailableMillis(sentinel.nowMillis()) <= SILENT_MILLIS;
  }

  private long silentMillis(Instance instance) {
    return instance.link().sinceAvailableMillis(sentinel.nowMillis());
  }

  private void group(Json json, Master master) {
    String current = address(master);
    json.object()
        .member("name", master.name())
        .member("quorum", master.options().quorum())
        .member("epoch", master.configEpoch())
        .member("failover", master.failoverState());
    json.array("nodes");
    NodeInfo of = master.info();
    json.object()
        .member("id", current)
        .member("role", "master")
        .member("state", pageState(master))
        .member("silentMillis", silentMillis(master))
        .member("offset", of == null ? 0 : of.offset())
        .endObject();
    master.replicas().stream().limit(MAX_NODES).forEach(replica -> replica(json, replica, master));
    json.endArray().array("sentinels");
    json.object()
        .member("id", "this sentinel, port " + port)
        .member("self", true)
        .member("state", sentinel.isTilted() ? "tilt" : "ok")
        .member("masterDown", master.isSubjectivelyDown())
        .member("vote", name(master, master.votedFor()))
        .endObject();
    master.sentinels().stream().limit(MAX_NODES).forEach(peer -> peer(json, peer, master));
    json.endArray().endObject();
  }

  private void replica(Json json, Replica replica, Master master) {
    NodeInfo info = replica.info();
    String upstream = address(master);
    String state = pageState(replica);
    if (info != null && info.role() == NodeInfo.Role.REPLICA) {
      upstream = sentinel.displayed(info.masterLink().address()).toString();
      if (state.equals("ok") && !info.masterLink().isUp()) {
        state = "link down";
      }
    }
    NodeInfo of = master.info();
    long behind =
        info == null || of == null || !state.equals("ok") ? 0 : of.offset() - info.offset();
    json.object()
        .member("id", address(replica))
        .member("role", master.isPromoting(replica) ? "promoted" : "replica")
        .member("of", upstream)
        .member("state", state)
        .member("silentMillis", silentMillis(replica))
        .member("offset", info == null ? 0 : info.offset())
        .member("lagBytes", Math.max(0, behind))
        .member("reconfiguration", replica.reconfWord())
        .endObject();
  }

  private void peer(Json json, SentinelPeer peer, Master master) {
    json.object()
        .member("id", address(peer))
        .member("state", pageState(peer))
        .member("masterDown", peer.findsMasterDown())
        .member("vote", name(master, peer.votedFor()))
        .member("silentMillis", silentMillis(peer))
        .endObject();
  }

  private String address(Instance instance) {
    return sentinel.displayed(instance.address()).toString();
  }

  /** Returns a sentinel's name on the page by its run id; empty for an unknown one or none. */
  private String name(Master master, String runId) {
    if (runId.equals(sentinel.myId())) {
      return "this sentinel";
    }
    for (SentinelPeer peer : master.sentinels()) {
      if (peer.runId().equals(runId)) {
        return address(peer);
      }
    }
    return "";
  }

  private void clients(Json json) {
    long now = clock.wallMillis();
    json.array("clients");
    for (Client client : clients.view().stream().limit(MAX_CLIENTS).toList()) {
      var command = client.lastCommand();
      json.object()
          .member("id", client.id())
          .member("address", client.address())
          .member("name", client.names().name().toString())
          .member("user", client.user().name().toString())
          .member("flags", ClientLine.flags(client))
          .member("age", Math.max(0, now - client.createdMillis()) / 1000)
          .member("idle", Math.max(0, now - client.lastInteractionMillis()) / 1000)
          .member("output", client.queuedOutputBytes())
          .member("command", command == null ? "" : command.name())
          .endObject();
    }
    json.endArray();
  }
}
