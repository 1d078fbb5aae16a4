package io.redoubt.server.cluster.node;

import static io.redoubt.server.cluster.node.TestNodes.awaitServing;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.config.FatalConfigError;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.settings.HostPort;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests nodes that start with the files of an earlier run, or with corrupt ones. */
class ClusterRestartTest {
  private static final String USED = "is already used by a different Redis Cluster node";

  @TempDir private Path directory;
  private final List<Integer> ports = FreePorts.several(3);

  private RedisServer start(String... lines) throws Exception {
    List<String> all = new ArrayList<>(List.of(lines));
    all.add("dir " + directory);
    all.add("appendonly yes");
    return TestNodes.start(ports.get(0), ports.get(1), all.toArray(String[]::new));
  }

  private RespClient client() throws Exception {
    return RespClient.connect("127.0.0.1", ports.get(0));
  }

  @Test
  void keepsIdSlotsAndKeys() throws Exception {
    String id;
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      id = client.call("CLUSTER", "MYID").text();
      client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      client.call("CLUSTER", "SET-CONFIG-EPOCH", "7");
      awaitServing(client);
      client.call("SET", "a", "1");
    }
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      assertThat(client.call("CLUSTER", "MYID").text()).isEqualTo(id);
      assertThat(client.call("CLUSTER", "INFO").text()).contains("cluster_my_epoch:7");
      awaitServing(client);
      assertThat(client.call("GET", "a").text()).isEqualTo("1");
    }
  }

  /** The names come between separators and line ends of a file that the next start reads. */
  @Test
  void startsAgainWhateverNamesItWasGiven() throws Exception {
    String forged = "0".repeat(40) + " 127.0.0.1:1@2 master - 0 0 9 connected 0-16383";
    for (String text :
        List.of(
            "x y", "x\n" + forged + "\n", "x,shard-id=y", "x\"y", "x'y", "x@1", "x".repeat(300))) {
      for (String directive :
          List.of(
              "cluster-announce-hostname",
              "cluster-announce-human-nodename",
              "cluster-announce-ip")) {
        try (RedisServer server = start();
            RespClient client = client()) {
          assertThat(server.port()).isEqualTo(ports.get(0));
          client.call("CONFIG", "SET", directive, text);
          client.call("CLUSTER", "BUMPEPOCH"); // writes the file
          assertThat(client.call("CLUSTER", "NODES").text())
              .as("%s %s", directive, text)
              .matches("\\S+ [^ \n@]+@[^ \n@]+ myself,master - 0 0 \\d+ connected\n");
        }
      }
    }
    try (RedisServer server = start()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
    }
  }

  @Test
  void ownsTheSlotsOfLoadedKeys() throws Exception {
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      awaitServing(client);
      client.call("SET", "a", "1");
    }
    Files.delete(directory.resolve("nodes.conf"));
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      assertThat(client.call("CLUSTER", "NODES").text()).endsWith(" connected 15495\n");
    }
  }

  @Test
  void refusesAFileInUse() throws Exception {
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      client.call("CLUSTER", "ADDSLOTS", "1"); // replaces the file, whose lock must remain
      assertThatThrownBy(() ->
              TestServers.start(
                  "dir " + directory, "cluster-port " + ports.get(2), "cluster-enabled yes"))
          .hasMessageContaining(USED);
      RealRedis.assumeInstalled();
      Process real =
          new ProcessBuilder(
                  RealRedis.program("redis-server").toString(),
                  "--port",
                  "" + ports.get(2),
                  "--cluster-enabled",
                  "yes",
                  "--dir",
                  directory.toString())
              .redirectErrorStream(true)
              .start();
      assertThat(new String(real.getInputStream().readAllBytes(), ISO_8859_1)).contains(USED);
      assertThat(real.waitFor()).isEqualTo(1);
    }
  }

  @Test
  void saysWhyTheFileIsNotSaved() throws Exception {
    try (RedisServer server = start();
        RespClient client = client()) {
      assertThat(server.port()).isEqualTo(ports.get(0));
      assertThat(client.call("CLUSTER", "SAVECONFIG").text()).isEqualTo("OK");
      Path inTheWay = Files.createDirectory(directory.resolve("nodes.conf.tmp"));
      Files.writeString(inTheWay.resolve("file"), "");
      assertThat(client.call("CLUSTER", "SAVECONFIG").text())
          .startsWith("ERR error saving the cluster node config: ");
      Files.delete(inTheWay.resolve("file"));
      Files.delete(inTheWay);
      String before = Files.readString(directory.resolve("nodes.conf"));
      client.call("CLUSTER", "ADDSLOTS", "1");
      assertThat(client.call("CLUSTER", "SAVECONFIG").text()).isEqualTo("OK");
      assertThat(Files.readString(directory.resolve("nodes.conf"))).isNotEqualTo(before);
    }
  }

  /** Returns a free port too high for a bus port 10 000 above it. */
  private static int freePortWithoutBusPort() throws IOException {
    int port = 55_536;
    while (true) {
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
        return socket.getLocalPort();
      } catch (BindException taken) {
        port++;
      }
    }
  }

  @Test
  void refusesBadFilesAndPorts() throws Exception {
    Files.writeString(directory.resolve("nodes.conf"), "nonsense\n");
    assertThatThrownBy(this::start)
        .hasMessageContaining("corrupted cluster config file \"nodes.conf\"");
    assertThatThrownBy(() ->
            TestServers.startAtItsPort(
                Log.silent(Clock.system()),
                "port " + freePortWithoutBusPort(),
                "cluster-enabled yes"))
        .hasMessageContaining("must be 55535 or less");
    assertThatThrownBy(() -> start("replicaof 127.0.0.1 1"))
        .isInstanceOf(FatalConfigError.class)
        .satisfies(error ->
            assertThat(((FatalConfigError) error).text())
                .contains("replicaof directive not allowed in cluster mode"));
  }

  /** A node would not start with a configuration line that names its master. */
  @ParameterizedTest
  @ValueSource(strings = {"redis.conf", "redis.yaml"})
  void keepsTheMasterOutOfTheConfiguration(String name) throws Exception {
    Path file = Files.writeString(directory.resolve(name), "");
    var settings = new ServerDirectives();
    settings.load(file, new byte[0], "");
    settings.replication.replicaof.omitFromFile();
    settings.replication.replicaof.set(new HostPort("127.0.0.1", 1));
    settings.set(List.of("replica-priority", "7"), true);
    settings.rewrite();
    assertThat(file).content().contains("replica-priority").doesNotContain("replicaof");
  }
}
