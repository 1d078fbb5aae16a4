package io.redoubt.server.assembly;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.server.replication.ReplicationView;
import io.redoubt.server.replication.ReplicationView.ReplicaState;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The timeline of a data server: its role, its link, syncs, saves and readiness, found by comparing
 * each second with the one before. Confined to the event loop.
 */
final class ServerEvents {
  private static final String REPLICA = "replica ";

  /** The maximum number of lost replicas to remember, and for how long. */
  private static final int MAX_GONE = 16;

  private static final long GONE_MILLIS = TimeUnit.MINUTES.toMillis(5);

  private final ServerParts parts;
  private final ReplicationView replication;
  private final Consumer<String> sink;
  private final Map<String, String> last = new HashMap<>();
  private final Map<String, Long> sinceMillis = new HashMap<>();

  /** The monotonic times at which replicas were lost, by address. */
  private final Map<String, Long> goneAt = new LinkedHashMap<>();

  /** Creates a timeline that passes each event, a JSON object, to {@code sink}. */
  ServerEvents(ServerParts parts, ReplicationView replication, Consumer<String> sink) {
    this.parts = parts;
    this.replication = replication;
    this.sink = sink;
  }

  /**
   * Compares with the last call.
   *
   * @param unready the reason for not being ready, empty if there is none
   */
  void look(String unready) {
    boolean replica = replication.isReplica();
    String master =
        replica
            ? " of " + Addresses.describe(replication.masterHost(), replication.masterPort())
            : "";
    if (changed("role", replica ? "replica" + master : "master")) {
      goneAt.clear(); // they follow another master now
    }
    String link = replication.isLinkUp() ? "up" : replication.isSyncing() ? "full sync" : "down";
    changed("link", replica ? link : "none");
    changed("save", parts.snapshots.isRunning() ? "running" : "done");
    changed("append-only rewrite", parts.appendOnlyFile.isRewriting() ? "running" : "done");
    changed("ready", unready.isEmpty() ? "yes" : unready);
    Map<String, String> states = new HashMap<>();
    for (ReplicaState each : replication.replicas()) {
      states.put(REPLICA + Addresses.describe(each.host(), each.port()), each.state());
    }
    for (String known : Map.copyOf(last).keySet()) {
      if (known.startsWith(REPLICA) && !states.containsKey(known)) {
        changed(known, "gone");
        last.remove(known);
        goneAt.put(known.substring(REPLICA.length()), parts.clock.monotonicMillis());
      }
    }
    states.forEach((known, state) -> {
      changed(known, state);
      goneAt.remove(known.substring(REPLICA.length()));
    });
    while (goneAt.size() > MAX_GONE) {
      goneAt.remove(goneAt.keySet().iterator().next());
    }
  }

  /** Returns the time since each replica lost in the last minutes was lost, by address. */
  Map<String, Long> gone() {
    long now = parts.clock.monotonicMillis();
    goneAt.values().removeIf(at -> now - at > GONE_MILLIS);
    Map<String, Long> millis = new LinkedHashMap<>();
    goneAt.forEach((address, at) -> millis.put(address, now - at));
    return millis;
  }

  /** Records a state; returns true if it differs from the last one. */
  private boolean changed(String what, String now) {
    String before = last.put(what, now);
    if (now.equals(before)) {
      return false;
    }
    long nowMillis = parts.clock.wallMillis();
    Long since = sinceMillis.put(what, nowMillis);
    if (before == null && !what.startsWith(REPLICA)) {
      return false; // the initial state is not an event
    }
    Json json =
        new Json()
            .object()
            .member("at", nowMillis)
            .member("type", what)
            .member("text", now)
            .member("before", before == null ? "" : before);
    if (before != null && since != null) {
      json.member("lasted", nowMillis - since);
    }
    sink.accept(json.endObject().toString());
    return true;
  }
}
