package io.redoubt.embedded.simulation;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.simulation.SimulatedNetwork;
import io.redoubt.server.simulation.SimulatedNode;
import io.redoubt.server.simulation.SimulatedSocket;
import io.redoubt.server.simulation.Simulation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Servers, the sentinels that monitor them, and their clients. */
final class SimulatedGroup {
  static final String MASTER = "mymaster";

  /** The host of the simulation's own requests; no fault affects its links. */
  private static final String OWN_HOST = "10.0.1.2";

  private static final int TIMEOUT_MILLIS = 2_000;
  private static final int LOOK_MILLIS = 250;
  private static final int MOST_QUESTIONS = 20;
  private static final int FORMING_MILLIS = 60_000;

  private final Simulation simulation;
  private final SimulatedNetwork network;
  private final Random random;
  private final Shape shape;
  private final History history;
  private final HistoryClients clients;
  private final List<GroupServer> servers = new ArrayList<>();
  private final List<SentinelProcess> sentinels = new ArrayList<>();

  SimulatedGroup(Simulation simulation, Shape shape, History history) {
    this.simulation = simulation;
    this.network = new SimulatedNetwork(simulation);
    this.random = simulation.random();
    this.shape = shape;
    this.history = history;
    for (int i = 0; i < shape.servers(); i++) {
      addServer();
    }
    for (int i = 1; i <= shape.sentinels(); i++) {
      sentinels.add(new SentinelProcess(network, "10.0.5." + i, monitored()));
    }
    clients = new HistoryClients(this, history);
  }

  private List<String> monitored() {
    String first = servers.getFirst().host();
    return List.of(
        "sentinel monitor %s %s %d %d".formatted(MASTER, first, SimulatedNode.PORT, shape.quorum()),
        "sentinel down-after-milliseconds " + MASTER + " " + shape.downAfterMillis(),
        "sentinel failover-timeout " + MASTER + " 6000");
  }

  /** Adds a server that is not started; the first one is the master. */
  GroupServer addServer() {
    List<String> options = shape.options(random);
    String role = servers.isEmpty() ? "" : GroupServer.follows(servers.getFirst().host());
    String host = "10.0.0." + (servers.size() + 1);
    GroupServer server =
        new GroupServer(new SimulatedNode(network, host, options), options, role, history::tick);
    servers.add(server);
    return server;
  }

  Simulation simulation() {
    return simulation;
  }

  SimulatedNetwork network() {
    return network;
  }

  Shape shape() {
    return shape;
  }

  HistoryClients clients() {
    return clients;
  }

  List<GroupServer> servers() {
    return servers;
  }

  GroupServer anyServer() {
    return servers.get(random.nextInt(servers.size()));
  }

  List<SentinelProcess> sentinels() {
    return sentinels;
  }

  SentinelProcess anySentinel() {
    return sentinels.get(random.nextInt(sentinels.size()));
  }

  /** Returns all hosts, including those of the clients. */
  List<String> hosts() {
    List<String> hosts = new ArrayList<>();
    servers.forEach(each -> hosts.add(each.host()));
    sentinels.forEach(each -> hosts.add(each.machine().host()));
    hosts.addAll(HistoryClients.hosts());
    return hosts;
  }

  /** Returns the server that was appointed master last. */
  GroupServer newest() {
    GroupServer newest = servers.getFirst();
    for (GroupServer each : servers) {
      List<Long> times = each.appointments();
      if (!times.isEmpty()
          && (newest.appointments().isEmpty()
              || times.getLast() > newest.appointments().getLast())) {
        newest = each;
      }
    }
    return newest;
  }

  // Requests.

  /** Sends a command to a sentinel; returns null if it does not answer in time. */
  @Nullable Reply askFrom(String from, SentinelProcess sentinel, String... words) {
    if (!sentinel.isUp()) {
      return null;
    }
    try (RespClient client =
        RespClient.connect(
            sentinel.machine().host(),
            SentinelProcess.PORT,
            TIMEOUT_MILLIS,
            SimulatedSocket.factory(network, from))) {
      return client.call(words);
    } catch (IOException e) {
      return null;
    }
  }

  @Nullable Reply ask(SentinelProcess sentinel, String... words) {
    return askFrom(OWN_HOST, sentinel, words);
  }

  /** Returns the master's host according to a sentinel, empty without an answer. */
  String masterBySentinel(SentinelProcess sentinel, String from) {
    Reply reply = askFrom(from, sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER);
    return reply instanceof Reply.Array(List<Reply> parts) ? parts.getFirst().text() : "";
  }

  /**
   * Sends a command to a server over a new connection; returns null if it does not answer in time.
   */
  @Nullable Reply ask(GroupServer server, String... words) {
    if (!server.isUp()) {
      return null;
    }
    try (RespClient client = server.node().connect(OWN_HOST, TIMEOUT_MILLIS)) {
      return client.call(words);
    } catch (IOException e) {
      return null;
    }
  }

  /** Orders a server to follow another one. */
  @Nullable Reply follow(GroupServer replica, GroupServer master) {
    return ask(replica, "REPLICAOF", master.host(), Integer.toString(SimulatedNode.PORT));
  }

  /** Returns the reply of a server that must answer, at the end of the simulation. */
  Reply value(GroupServer server, String... words) {
    for (int i = 0; i < MOST_QUESTIONS; i++) {
      Reply reply = ask(server, words);
      if (reply != null && !(reply instanceof Reply.Error)) {
        return reply;
      }
      simulation.note(server + " answers " + reply);
      // A read waits for disks; replicas with appendfsync everysec sync theirs once a second.
      ask(server, "CONFIG", "SET", "write-acks-timeout", Integer.toString(TIMEOUT_MILLIS));
      simulation.sleep(LOOK_MILLIS);
    }
    throw new AssertionError(server + " does not answer " + String.join(" ", words));
  }

  /** Returns the fields of INFO replication, none without an answer. */
  Map<String, String> replication(GroupServer server) {
    Map<String, String> fields = new TreeMap<>();
    if (ask(server, "INFO", "replication") instanceof Reply.Bulk text) {
      for (String line : text.text().split("\r\n", -1)) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          fields.put(line.substring(0, colon), line.substring(colon + 1));
        }
      }
    }
    return fields;
  }

  // Start and end.

  /** Starts all processes, and waits until the group has formed. */
  void start() throws Exception {
    for (GroupServer server : servers) {
      server.start();
    }
    for (SentinelProcess sentinel : sentinels) {
      sentinel.start();
    }
    long limit = simulation.nowNanos() + FORMING_MILLIS * 1_000_000L;
    String missing = missing();
    while (!missing.isEmpty()) {
      if (simulation.nowNanos() > limit) {
        throw new AssertionError("the group does not form: " + missing);
      }
      simulation.sleep(LOOK_MILLIS);
      missing = missing();
    }
  }

  private String missing() {
    Map<String, String> master = replication(servers.getFirst());
    String formed = master.getOrDefault("write_acks_group", "");
    if (shape.hasAcks()
        && (formed.split("/", -1).length < servers.size()
            || !"ok".equals(master.get("write_acks_group_state")))) {
      return "group " + formed + " " + master.get("write_acks_group_state");
    }
    if (shape.lease() && !"held".equals(master.get("sentinel_lease"))) {
      return "lease " + master.get("sentinel_lease");
    }
    for (SentinelProcess sentinel : sentinels) {
      if (shape.hasAcks() && !sentinel.knowsGroup(formed)) {
        return sentinel + " does not know the group"; // nor promises to keep writes
      }
      Reply known = ask(sentinel, "SENTINEL", "MASTER", MASTER);
      Map<String, String> fields = new TreeMap<>();
      if (known instanceof Reply.Array(List<Reply> parts)) {
        for (int i = 0; i + 1 < parts.size(); i += 2) {
          fields.put(parts.get(i).text(), parts.get(i + 1).text());
        }
      }
      if (!Integer.toString(servers.size() - 1).equals(fields.get("num-slaves"))
          || !Integer.toString(sentinels.size() - 1).equals(fields.get("num-other-sentinels"))) {
        return sentinel + " knows " + fields;
      }
    }
    return "";
  }

  /**
   * Returns the master that all sentinels name and that confirms a write; null if there is none
   * yet.
   */
  @Nullable GroupServer settled() {
    Set<String> named = new HashSet<>();
    sentinels.forEach(each -> named.add(masterBySentinel(each, OWN_HOST)));
    for (GroupServer server : servers) {
      if (named.equals(Set.of(server.host()))
          && ask(server, "SET", "probe", "1") instanceof Reply.Simple) {
        return server;
      }
    }
    return null;
  }

  /** Reads all registers, as the last operations of the history. */
  void readRegisters(GroupServer master) {
    for (String key : history.registers(true).keySet()) {
      History.Event event = history.invoke(History.Kind.LAST_READ, master.host(), key, "");
      Reply reply = value(master, "GET", key);
      history.onDone(event, reply instanceof Reply.Null ? null : reply.text());
    }
  }

  /** Closes all processes, at the end of the simulation. */
  void close() {
    servers.forEach(each -> each.node().machine().resume());
    sentinels.forEach(SentinelProcess::close);
    for (GroupServer each : servers) {
      while (!each.retire()) {
        simulation.sleep(1);
      }
      each.node().close();
    }
  }
}
