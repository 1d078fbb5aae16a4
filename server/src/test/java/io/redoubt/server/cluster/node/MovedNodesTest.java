package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.LIMIT;
import static io.redoubt.server.cluster.node.TestNodes.awaitKnown;
import static io.redoubt.server.cluster.node.TestNodes.awaitLinkToMaster;
import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Tests nodes that all restart on new addresses of the loopback network and keep their host names.
 */
@Execution(ExecutionMode.CONCURRENT)
class MovedNodesTest {
  private static final String TIMEOUT_MILLIS = "2000";
  private static final int SLOTS = 16_384;

  @TempDir private Path directory;
  private final Map<String, String> nameServer = new ConcurrentHashMap<>();
  private final List<Member> members = new ArrayList<>();
  private int lastAddress = 10;

  /** A node of Redoubt or of Redis that keeps its host name and its bus port. */
  private abstract class Member {
    final Path folder;
    final String name;
    final int busPort = FreePorts.one();
    String ip = "";
    String id = "";
    @Nullable RespClient client;

    Member(String name) throws Exception {
      this.name = name;
      folder = Files.createDirectory(directory.resolve(name));
      members.add(this);
    }

    /** Starts the node at an address that no node has used. */
    final void start() throws Exception {
      ip = "127.0.0." + lastAddress++;
      nameServer.put(name, ip);
      client = RespClient.connect(ip, run());
      id = text("CLUSTER", "MYID");
    }

    /** Starts the process; returns its port. */
    abstract int run() throws Exception;

    abstract void kill() throws Exception;

    final void stop() throws Exception {
      if (client != null) {
        client.close();
        client = null;
      }
      kill();
    }

    final RespClient client() {
      if (client == null) {
        throw new IllegalStateException(name + " is down");
      }
      return client;
    }

    final String text(String... words) throws Exception {
      return client().call(words).text();
    }
  }

  private final class Ours extends Member {
    private final int port = FreePorts.one();
    private @Nullable RedisServer server;

    Ours(String name) throws Exception {
      super(name);
    }

    @Override
    int run() throws Exception {
      server =
          TestNodes.start(
              MovedNodesTest.this::lookUp,
              port,
              busPort,
              "dir " + folder,
              "bind " + ip,
              "bind-source-addr " + ip,
              "cluster-announce-hostname " + name,
              "cluster-node-timeout " + TIMEOUT_MILLIS);
      return port;
    }

    @Override
    void kill() throws Exception {
      if (server != null) {
        server.close();
      }
    }
  }

  private final class Real extends Member {
    private @Nullable RealRedis redis;

    Real(String name) throws Exception {
      super(name);
    }

    @Override
    int run() throws Exception {
      redis =
          RealRedis.start(
              folder,
              "--bind",
              "127.0.0.1",
              ip,
              "--bind-source-addr",
              ip,
              "--cluster-enabled",
              "yes",
              "--cluster-port",
              Integer.toString(busPort),
              "--cluster-announce-hostname",
              name,
              "--cluster-node-timeout",
              TIMEOUT_MILLIS);
      return redis.port();
    }

    @Override
    void kill() throws Exception {
      if (redis != null) {
        redis.close();
      }
    }
  }

  private InetAddress lookUp(String name) throws UnknownHostException {
    String ip = nameServer.get(name);
    if (ip == null) {
      throw new UnknownHostException(name);
    }
    return InetAddress.ofLiteral(ip);
  }

  @AfterEach
  void close() throws Exception {
    for (Member each : members) {
      each.stop();
    }
  }

  /** Forms a cluster: the first three members become masters, the others their replicas. */
  private void form() throws Exception {
    Member first = members.getFirst();
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      member.start();
      assertThat(member.text("CLUSTER", "SET-CONFIG-EPOCH", "" + (i + 1))).isEqualTo("OK");
      if (i < 3) {
        String from = "" + SLOTS * i / 3;
        String to = "" + (SLOTS * (i + 1) / 3 - 1);
        assertThat(member.text("CLUSTER", "ADDSLOTSRANGE", from, to)).isEqualTo("OK");
      }
    }
    for (Member member : members.subList(1, members.size())) {
      assertThat(member.text("CLUSTER", "MEET", first.ip, port(first), "" + first.busPort))
          .isEqualTo("OK");
    }
    members.forEach(each -> awaitKnown(each.client(), members.size()));
    for (int i = 3; i < members.size(); i++) {
      assertThat(members.get(i).text("CLUSTER", "REPLICATE", members.get(i - 3).id))
          .isEqualTo("OK");
    }
    awaitHealth();
    for (Member member : members) {
      if (member instanceof Real) {
        continue; // a real Redis does not save its file for a new name
      }
      await()
          .atMost(LIMIT)
          .until(() -> {
            String saved = Files.readString(member.folder.resolve("nodes.conf"));
            return members.stream().allMatch(each -> saved.contains("," + each.name));
          });
    }
  }

  private static String port(Member member) throws Exception {
    return member.text("INFO", "server").replaceAll("(?s).*tcp_port:(\\d+).*", "$1");
  }

  private void awaitHealth() {
    members.forEach(each -> awaitServing(each.client()));
    members.subList(3, members.size()).forEach(each -> awaitLinkToMaster(each.client()));
  }

  private void moveAll() throws Exception {
    for (Member member : members) {
      member.stop();
    }
    for (Member member : members) {
      member.start();
    }
  }

  /** Waits until each node knows all others by their new addresses and unchanged roles. */
  private void awaitAcquaintance() {
    for (Member member : members) {
      for (Member known : members) {
        if (known == member && known instanceof Real) {
          continue; // a real Redis keeps its own old address
        }
        await()
            .atMost(LIMIT)
            .untilAsserted(() -> {
              String line =
                  member
                      .text("CLUSTER", "NODES")
                      .lines()
                      .filter(each -> each.startsWith(known.id))
                      .findFirst()
                      .orElseThrow();
              assertThat(line).startsWith(known.id + " " + known.ip + ":").contains(" connected");
              assertThat(line.split(" ")[2].replace("myself,", ""))
                  .isEqualTo(members.indexOf(known) < 3 ? "master" : "slave");
            });
      }
    }
  }

  @Test
  void findEachOtherByName() throws Exception {
    for (int i = 1; i <= 6; i++) {
      Member unused = new Ours("node-" + i + ".example.com");
    }
    form();
    List<String> ids = members.stream().map(each -> each.id).toList();
    moveAll();
    assertThat(members.stream().map(each -> each.id)).containsExactlyElementsOf(ids);
    awaitHealth();
    awaitAcquaintance();
    moveAll();
    awaitHealth();
    awaitAcquaintance();
  }

  @Test
  void findRealNodesWhichThenKnowThem() throws Exception {
    RealRedis.assumeInstalled();
    Member unused = new Ours("one.example.com");
    unused = new Ours("two.example.com");
    unused = new Real("three.example.com");
    form();
    moveAll();
    awaitHealth();
    awaitAcquaintance();
  }
}
