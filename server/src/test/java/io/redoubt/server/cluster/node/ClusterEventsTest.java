package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static io.redoubt.server.cluster.node.TestNodes.id;
import static io.redoubt.server.cluster.node.TestNodes.ok;
import static io.redoubt.server.cluster.node.TestNodes.replicate;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The page of a node while others of its cluster fail. */
class ClusterEventsTest {
  @AutoClose private final TestNodes nodes = new TestNodes("cluster-node-timeout 3000");

  @Test
  void tellAFailoverOfOtherNodes() throws Exception {
    int page = FreePorts.one();
    RespClient watched = nodes.join("metrics-port " + page);
    RespClient other = nodes.join();
    RespClient failing = nodes.join();
    ok(watched.call("CLUSTER", "ADDSLOTSRANGE", "0", "5000"));
    ok(other.call("CLUSTER", "ADDSLOTSRANGE", "5001", "10000"));
    ok(failing.call("CLUSTER", "ADDSLOTSRANGE", "10001", "16383"));
    awaitServing(watched);
    awaitServing(failing);
    RespClient replica = nodes.join();
    awaitKnown(replica, 4);
    replicate(replica, failing);
    awaitReplica(watched, nodes.port(3));
    String failingId = id(failing);
    String master = "node 127.0.0.1:" + nodes.port(2);
    String successor = "node 127.0.0.1:" + nodes.port(3);
    String replicaState = "replica of 127.0.0.1:" + nodes.port(2);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), page)) {
      BufferedReader events = open(socket);
      awaitStates(events); // the last of them is of after the replica's start
      nodes.end(2);
      List<String> seen =
          await(events, event(successor, "master"), event(master, "master without slots, failed"));
      assertThat(seen)
          .anySatisfy(line ->
              assertThat(line)
                  .contains(event(successor, "master") + ",\"before\":\"" + replicaState + "\""));
      ok(watched.call("CLUSTER", "FORGET", failingId));
      await(events, event(master, "forgotten"));
    }
  }

  private static BufferedReader open(Socket socket) throws IOException {
    socket.setSoTimeout((int) LIMIT.toMillis());
    socket
        .getOutputStream()
        .write(
            "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Without a majority no node is marked as failed. */
  @Test
  void doesNotCallSlotsOfASilentMasterServed() throws Exception {
    int page = FreePorts.one();
    RespClient watched = nodes.join("metrics-port " + page);
    RespClient silent = nodes.join();
    ok(watched.call("CLUSTER", "ADDSLOTSRANGE", "0", "5000"));
    ok(silent.call("CLUSTER", "ADDSLOTSRANGE", "5001", "16383"));
    awaitServing(watched);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), page)) {
      BufferedReader states = open(socket);
      awaitText(states, "all slots are served by 2 masters, 2 nodes known.");
      nodes.end(1);
      awaitText(states, ": 11,383 slots belong to masters that do not answer, 2 nodes known.");
    }
  }

  private static void awaitText(BufferedReader states, String text) throws IOException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    String line = "";
    while (!line.contains(text)) {
      assertThat(System.nanoTime()).as(line).isLessThan(deadline);
      line = states.readLine();
      assertThat(line).isNotNull();
    }
  }

  private static void awaitReplica(RespClient client, int port) {
    Awaitility.await()
        .atMost(LIMIT)
        .until(() ->
            client
                .call("CLUSTER", "NODES")
                .text()
                .lines()
                .anyMatch(line -> line.contains(":" + port + "@") && line.contains(" slave ")));
  }

  /** Reads three states, of which there is one a second. */
  private static void awaitStates(BufferedReader events) throws IOException {
    for (int seen = 0; seen < 3; ) {
      String line = events.readLine();
      assertThat(line).isNotNull();
      seen += line.startsWith("data: {\"kind\"") ? 1 : 0;
    }
  }

  private static String event(String type, String text) {
    return "\"type\":\"" + type + "\",\"text\":\"" + text + "\"";
  }

  /** Reads until all of some events have come; returns the events that were read. */
  private static List<String> await(BufferedReader events, String... wanted) throws IOException {
    List<String> missing = new ArrayList<>(List.of(wanted));
    List<String> seen = new ArrayList<>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!missing.isEmpty()) {
      assertThat(System.nanoTime()).as("%s in %s", missing, seen).isLessThan(deadline);
      String line = events.readLine();
      assertThat(line).isNotNull();
      if (line.startsWith("data: {\"at\"")) {
        seen.add(line);
        missing.removeIf(line::contains);
      }
    }
    return seen;
  }
}
