package io.redoubt.server.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Cluster nodes in the tests' own process, and connections to them. Nodes are numbered in the order
 * of their start, and closing ends them in the reverse order.
 */
public final class TestNodes implements AutoCloseable {
  /** The time limit for a busy machine. */
  public static final Duration LIMIT = Duration.ofSeconds(60);

  private final List<String> settings;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<RedisServer> servers = new ArrayList<>();

  /**
   * @param settings lines of configuration of each node, in addition to its ports
   */
  public TestNodes(String... settings) {
    this.settings = List.of(settings);
  }

  /** Starts a separate node, with more lines of configuration. */
  public RespClient start(String... lines) throws Exception {
    List<Integer> ports = FreePorts.several(2);
    List<String> all = new ArrayList<>(settings);
    all.addAll(List.of(lines));
    RedisServer server = start(ports.get(0), ports.get(1), all.toArray(String[]::new));
    servers.add(server);
    open.add(server);
    return connect(servers.size() - 1);
  }

  /** Starts a server in cluster mode, for the caller to close. */
  static RedisServer start(int port, int busPort, String... lines) throws Exception {
    return start(NameLookup.ofSystem(), port, busPort, lines);
  }

  /** Like {@link #start(int, int, String...)}, with another resolver of host names. */
  static RedisServer start(NameLookup names, int port, int busPort, String... lines)
      throws Exception {
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("port " + port);
    all.add("cluster-port " + busPort);
    all.add("cluster-enabled yes");
    all.add("repl-ping-replica-period 1");
    return TestServers.startAtItsPort(
        Log.silent(Clock.system()), names, all.toArray(String[]::new));
  }

  /** Starts a node that meets the first one, if there is one. */
  RespClient join(String... lines) throws Exception {
    RespClient client = start(lines);
    if (servers.size() > 1) {
      RespClient first = connect(0);
      String busPort = first.call("CONFIG", "GET", "cluster-port").elements().get(1).text();
      ok(client.call("CLUSTER", "MEET", "127.0.0.1", "" + port(0), busPort));
    }
    return client;
  }

  /** Opens a connection to a node. */
  RespClient connect(int node) throws Exception {
    return closeAtEnd(RespClient.connect("127.0.0.1", port(node)));
  }

  /** Registers a resource that is closed before the earlier ones. */
  <T extends AutoCloseable> T closeAtEnd(T opened) {
    open.add(opened);
    return opened;
  }

  /** Returns the number of nodes that were started. */
  public int count() {
    return servers.size();
  }

  RedisServer server(int node) {
    return servers.get(node);
  }

  /** Returns a node's port for clients. */
  public int port(int node) {
    return servers.get(node).port();
  }

  /** Ends a node; its number remains reserved. */
  void end(int node) {
    open.remove(servers.get(node));
    servers.get(node).close();
  }

  /** Establishes the migration of a slot on a connection to the target, in the source's role. */
  static void establish(RespClient link, RespClient source, String slot) throws Exception {
    ok(
        link.call(
            "CLUSTER",
            "SYNCSLOTS",
            "ESTABLISH",
            "SOURCE",
            id(source),
            "NAME",
            "n".repeat(40),
            "SLOTSRANGE",
            slot,
            slot));
  }

  /** Asserts that a command was accepted. */
  static void ok(Reply reply) {
    assertThat(reply).isEqualTo(new Reply.Simple("OK"));
  }

  /** Returns the message of an error, or the text of another reply. */
  static String error(Reply reply) {
    return reply instanceof Reply.Error error ? error.message() : reply.toString();
  }

  static long number(RespClient client, String... words) throws Exception {
    return client.call(words).number();
  }

  static String info(RespClient client) throws Exception {
    return client.call("CLUSTER", "INFO").text();
  }

  static String id(RespClient client) throws Exception {
    return client.call("CLUSTER", "MYID").text();
  }

  static void awaitServing(RespClient client) {
    await().atMost(LIMIT).until(() -> info(client).contains("cluster_state:ok"));
  }

  /** Waits until a node knows the given number of nodes, itself included. */
  static void awaitKnown(RespClient client, int nodes) {
    await().atMost(LIMIT).until(() -> info(client).contains("known_nodes:" + nodes + "\r"));
  }

  static void awaitLinkToMaster(RespClient replica) {
    await()
        .atMost(LIMIT)
        .until(() -> replica.call("INFO", "replication").text().contains("master_link_status:up"));
  }

  /** Makes a node a replica; waits until the link is up and the master knows the replica. */
  static void replicate(RespClient replica, RespClient master) throws Exception {
    String masterId = id(master);
    await()
        .atMost(LIMIT)
        .until(() -> replica.call("CLUSTER", "REPLICATE", masterId).text().equals("OK"));
    awaitLinkToMaster(replica);
    await()
        .atMost(LIMIT)
        .until(() -> master.call("CLUSTER", "NODES").text().contains(" slave " + masterId));
  }

  @Override
  public void close() {
    for (AutoCloseable each : open.reversed()) {
      try {
        each.close();
      } catch (Exception failure) {
        throw new IllegalStateException("can't close " + each, failure);
      }
    }
  }
}
