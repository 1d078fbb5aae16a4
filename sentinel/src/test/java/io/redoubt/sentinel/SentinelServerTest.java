package io.redoubt.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a sentinel's commands and events; its master does not exist. */
class SentinelServerTest {
  private static final String ID = "5bec50a85f9e5ff5fbc33158d18d95e2cf6c7188";
  private static final String OTHER_ID = "f13cf218665276fca68656336704e0d90a8571b9";

  @TempDir private Path folder;
  private int nodePort;
  private int port;
  private SentinelServer server;
  private RespClient client;

  @BeforeEach
  void start() throws Exception {
    nodePort = FreePorts.one();
    port = FreePorts.one();
    start(
        """
        port %d
        bind 127.0.0.1
        sentinel myid %s
        sentinel monitor mymaster 127.0.0.1 %d 2
        sentinel down-after-milliseconds mymaster 60000
        sentinel known-replica mymaster 127.0.0.1 %d
        sentinel known-sentinel mymaster 127.0.0.1 %d %s
        """
            .formatted(port, ID, nodePort, nodePort + 1, FreePorts.one(), OTHER_ID));
  }

  private void start(String text) throws Exception {
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(file, text);
    SentinelDirectives directives = TestSentinels.load(file);
    server = TestSentinels.start(directives);
    client = RespClient.connect("127.0.0.1", directives.common.port.value());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  private Reply call(String line) throws IOException {
    return client.call(line.split(" ", -1));
  }

  private String file() throws IOException {
    return Files.readString(folder.resolve("sentinel.conf"));
  }

  private static List<String> texts(Reply reply) {
    return reply.elements().stream().map(Reply::text).toList();
  }

  private static Map<String, String> fields(Reply reply) {
    List<String> words = texts(reply);
    Map<String, String> fields = new HashMap<>();
    for (int i = 0; i < words.size(); i += 2) {
      fields.put(words.get(i), words.get(i + 1));
    }
    return fields;
  }

  private static Reply.Error error(String text) {
    return new Reply.Error(text);
  }

  @Test
  void listsItsMasters() throws IOException {
    assertThat(texts(call("SENTINEL get-master-addr-by-name mymaster")))
        .containsExactly("127.0.0.1", Integer.toString(nodePort));
    assertThat(call("SENTINEL GET-MASTER-ADDR-BY-NAME nobody").isNull()).isTrue();
    assertThat(fields(call("SENTINEL MASTER mymaster")))
        .containsEntry("name", "mymaster")
        .containsEntry("port", Integer.toString(nodePort))
        .containsEntry("quorum", "2")
        .containsEntry("num-slaves", "1")
        .containsEntry("num-other-sentinels", "1")
        .containsEntry("down-after-milliseconds", "60000")
        .containsEntry("role-reported", "master")
        .containsEntry("info-refresh", "0");
    assertThat(call("SENTINEL MASTERS").elements()).hasSize(1);
    assertThat(fields(call("SENTINEL SLAVES mymaster").elements().getFirst()))
        .isEqualTo(fields(call("SENTINEL REPLICAS mymaster").elements().getFirst()))
        .containsEntry("name", "127.0.0.1:" + (nodePort + 1))
        .containsEntry("slave-priority", "100")
        .containsEntry("master-host", "?");
    assertThat(fields(call("SENTINEL SENTINELS mymaster").elements().getFirst()))
        .containsEntry("runid", OTHER_ID)
        .containsEntry("voted-leader", "?");
    assertThat(call("SENTINEL MASTER nobody"))
        .isEqualTo(error("ERR No such master with that name"));
    assertThat(call("SENTINEL MYID").text()).isEqualTo(ID);
    assertThat(call("SENTINEL PENDING-SCRIPTS").elements()).isEmpty();
    assertThat(call("SENTINEL INFO-CACHE mymaster").elements()).hasSize(2);
    assertThat(call("ROLE").elements().get(1).elements())
        .containsExactly(new Reply.Bulk("mymaster".getBytes(UTF_8)));
  }

  @Test
  void showsTheSectionsOfInfo() throws IOException {
    String info = call("INFO").text();
    assertThat(info)
        .contains("# Server\r\nredis_version:7.2", "redis_mode:sentinel\r\n", "tcp_port:" + port)
        .contains("# Sentinel\r\nsentinel_masters:1\r\nsentinel_tilt:0\r\n")
        .contains("sentinel_tilt_since_seconds:-1\r\n")
        .contains(
            "master0:name=mymaster,status=ok,address=127.0.0.1:"
                + nodePort
                + ",slaves=1,sentinels=2\r\n");
    assertThat(info.lines().filter(line -> line.startsWith("# ")))
        .containsExactly("# Server", "# Clients", "# Stats", "# CPU", "# Sentinel");
    assertThat(call("INFO sentinel").text()).startsWith("# Sentinel").doesNotContain("# Server");
  }

  @Test
  void votesOnceInAnEpochAndSavesTheVote() throws IOException {
    String ask = "SENTINEL is-master-down-by-addr 127.0.0.1 " + nodePort + " ";
    assertThat(call(ask + "0 *").elements()).extracting(Reply::text).containsExactly("0", "*", "0");
    assertThat(texts(call(ask + "5 " + OTHER_ID))).containsExactly("0", OTHER_ID, "5");
    assertThat(file()).contains("sentinel leader-epoch mymaster 5\n", "sentinel current-epoch 5\n");
    assertThat(texts(call(ask + "5 " + ID))).containsExactly("0", OTHER_ID, "5");
    assertThat(texts(call(ask + "4 " + ID))).containsExactly("0", OTHER_ID, "5");
    assertThat(texts(call("SENTINEL is-master-down-by-addr 127.0.0.1 1 9 " + ID)))
        .containsExactly("0", "*", "0");
  }

  @Test
  void votesOnceInAnEpochAlsoAfterARestart() throws Exception {
    String ask = "SENTINEL is-master-down-by-addr 127.0.0.1 " + nodePort + " ";
    call(ask + "5 " + OTHER_ID);
    client.close();
    server.close();
    start(file());
    assertThat(texts(call(ask + "5 " + ID))).containsExactly("0", "*", "5");
    assertThat(texts(call(ask + "6 " + ID))).containsExactly("0", ID, "6");
  }

  @Test
  void givesNewUsersTheConfiguredChannels() throws Exception {
    call("ACL SETUSER before");
    assertThat(userLine("before")).contains(" resetchannels ");
    client.close();
    server.close();
    start(file() + "acl-pubsub-default allchannels\nuser configured on nopass\n");
    call("ACL SETUSER after");
    for (String user : new String[] {"configured", "after"}) {
      assertThat(userLine(user)).contains(" &* ");
    }
  }

  /** A file of users may be shared with servers, which have databases. */
  @Test
  void keepsRulesOfDatabasesThatRefuseNothing() throws Exception {
    client.close();
    server.close();
    start(
        file()
            + "user tenant on nopass ~* &* +@all db=2,1\nuser none on nopass resetdbs +@all &*\n");
    assertThat(userLine("tenant")).endsWith(" ~* &* db=1,2 +@all");
    assertThat(userLine("none")).endsWith(" &* resetdbs +@all");
    for (String user : new String[] {"tenant", "none"}) {
      assertThat(call("AUTH " + user + " x").text()).isEqualTo("OK");
      for (String request :
          new String[] {
            "PING",
            "SENTINEL MASTERS",
            "SENTINEL RESET x",
            "SUBSCRIBE c",
            "UNSUBSCRIBE c",
            "INFO",
            "ACL GETUSER tenant"
          }) {
        assertThat(call(request).isError()).as(request).isFalse();
      }
    }
  }

  private String userLine(String user) throws IOException {
    return texts(call("ACL LIST")).stream()
        .filter(line -> line.startsWith("user " + user + " "))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void doesNotVoteWithoutSaving() throws IOException {
    Path file = folder.resolve("sentinel.conf");
    Files.delete(file);
    Files.createDirectory(file);
    String ask = "SENTINEL is-master-down-by-addr 127.0.0.1 " + nodePort + " ";
    assertThat(texts(call(ask + "5 " + OTHER_ID))).containsExactly("0", "*", "0");
    assertThat(call("SENTINEL SET mymaster quorum 1").text())
        .startsWith("ERR Failed to save config file");
    Files.delete(file);
    await().until(() -> texts(call(ask + "5 " + OTHER_ID)).get(1).equals(OTHER_ID));
    assertThat(file()).contains("sentinel leader-epoch mymaster 5\n");
  }

  @Test
  void takesOrders() throws IOException {
    assertThat(call("SENTINEL MONITOR other 127.0.0.1 6390 1")).isEqualTo(new Reply.Simple("OK"));
    assertThat(call("SENTINEL MONITOR other 127.0.0.1 6390 1"))
        .isEqualTo(error("ERR Duplicate master name."));
    assertThat(call("SENTINEL MONITOR m nowhere 6390 1"))
        .isEqualTo(error("ERR Invalid IP address or hostname specified"));
    assertThat(call("SENTINEL MONITOR m 127.0.0.1 70000 1"))
        .isEqualTo(error("ERR Invalid port number."));
    assertThat(call("SENTINEL MONITOR m 127.0.0.1 6390 0"))
        .isEqualTo(error("ERR Quorum must be 1 or greater."));
    assertThat(call("SENTINEL SET other down-after-milliseconds 5000 quorum 3 auth-pass secret"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(file())
        .contains("sentinel monitor other 127.0.0.1 6390 3\n")
        .contains("sentinel down-after-milliseconds other 5000\n")
        .contains("sentinel auth-pass other secret\n");
    assertThat(call("SENTINEL SET other foo bar"))
        .isEqualTo(error("ERR Unknown option or number of arguments for SENTINEL SET 'foo'"));
    assertThat(call("SENTINEL SET other quorum -1"))
        .isEqualTo(error("ERR Invalid argument '-1' for SENTINEL SET 'quorum'"));
    assertThat(call("SENTINEL SET other notification-script /x").text())
        .startsWith("ERR Reconfiguration of scripts path is denied for security reasons.");
    assertThat(call("SENTINEL CKQUORUM other").text())
        .isEqualTo(
            "NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the specified"
                + " quorum for this master");
    assertThat(call("SENTINEL RESET *").number()).isEqualTo(2);
    assertThat(call("SENTINEL SENTINELS mymaster").elements()).isEmpty();
    assertThat(call("SENTINEL FAILOVER other"))
        .isEqualTo(error("NOGOODSLAVE No suitable replica to promote"));
    assertThat(call("SENTINEL FAILOVER other COORDINATED"))
        .isEqualTo(error("NOGOODSLAVE No suitable replica to promote"));
    assertThat(call("SENTINEL FAILOVER other soon")).isEqualTo(error("ERR syntax error"));
    assertThat(call("SENTINEL SET other rename-command CONFIG guess"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).contains("sentinel rename-command other CONFIG guess\n");
    assertThat(call("SENTINEL SET other rename-command config config"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).doesNotContain("rename-command");
    assertThat(call("SENTINEL REMOVE other")).isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).doesNotContain("other");
    assertThat(call("SENTINEL REMOVE other")).isEqualTo(error("ERR No such master with that name"));
    assertThat(call("SENTINEL FLUSHCONFIG")).isEqualTo(new Reply.Simple("OK"));
  }

  @Test
  void configuresItself() throws IOException {
    assertThat(call("SENTINEL CONFIG SET announce-ip 10.1.2.3 announce-port 1234"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(fields(call("SENTINEL CONFIG GET announce-*")))
        .containsEntry("announce-ip", "10.1.2.3")
        .containsEntry("announce-port", "1234")
        .containsEntry("announce-hostnames", "no");
    assertThat(file()).contains("sentinel announce-ip 10.1.2.3\n", "announce-port 1234\n");
    assertThat(call("SENTINEL CONFIG SET resolve-hostnames maybe"))
        .isEqualTo(error("ERR Invalid value 'maybe' to SENTINEL CONFIG SET 'resolve-hostnames'"));
    assertThat(call("SENTINEL CONFIG SET foo bar"))
        .isEqualTo(error("ERR Invalid argument 'foo' to SENTINEL CONFIG SET"));
    assertThat(call("SENTINEL CONFIG SET announce-ip 1.1.1.1 Announce-IP 2.2.2.2"))
        .isEqualTo(error("ERR Duplicate argument 'Announce-IP' to SENTINEL CONFIG SET"));
    assertThat(call("SENTINEL CONFIG SET announce-ip 1.1.1.1 announce-port"))
        .isEqualTo(error("ERR Missing argument 'announce-port' value"));
    assertThat(call("SENTINEL CONFIG SET loglevel debug announce-port x").isError()).isTrue();
    assertThat(texts(call("SENTINEL CONFIG GET loglevel"))).containsExactly("loglevel", "notice");
    assertThat(call("SENTINEL CONFIG SET announce-ip").text())
        .startsWith("ERR Only SENTINEL CONFIG GET <param> ");
    assertThat(texts(call("SENTINEL CONFIG GET announce-ip")))
        .containsExactly("announce-ip", "10.1.2.3");
    assertThat(call("SENTINEL DEBUG ping-period 500")).isEqualTo(new Reply.Simple("OK"));
    assertThat(fields(call("SENTINEL DEBUG"))).containsEntry("PING-PERIOD", "500");
    assertThat(call("SENTINEL DEBUG ping-period 0").isError()).isTrue();
    assertThat(call("SENTINEL SIMULATE-FAILURE crash-after-election"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(call("INFO sentinel").text()).contains("sentinel_simulate_failure_flags:1\r\n");
  }

  @Test
  void publishesEventsAndTakesHellos() throws IOException {
    try (RespClient listener = RespClient.connect("127.0.0.1", port)) {
      listener.send("PSUBSCRIBE", "*");
      assertThat(listener.receive().elements().getFirst().text()).isEqualTo("psubscribe");
      String newId = "8b48896b71fdbf9417aa39f7a9d1ccdb8a6f14b9";
      String hello = "127.0.0.1,1," + newId + ",7,mymaster,127.0.0.1," + nodePort + ",0";
      assertThat(call("PUBLISH __sentinel__:hello " + hello).number()).isEqualTo(1);
      assertThat(texts(listener.receive()))
          .containsExactly(
              "pmessage",
              "*",
              "+sentinel",
              "sentinel " + newId + " 127.0.0.1 1 @ mymaster 127.0.0.1 " + nodePort);
      assertThat(texts(listener.receive())).containsExactly("pmessage", "*", "+new-epoch", "7");
    }
    assertThat(call("PUBLISH news x"))
        .isEqualTo(error("ERR Only HELLO messages are accepted by Sentinel instances."));
  }

  @Test
  void followsANewerConfiguration() throws IOException {
    String hello = "127.0.0.1,1," + OTHER_ID + ",3,mymaster,127.0.0.1," + (nodePort + 1) + ",3";
    call("PUBLISH __sentinel__:hello " + hello);
    assertThat(texts(call("SENTINEL GET-MASTER-ADDR-BY-NAME mymaster")))
        .containsExactly("127.0.0.1", Integer.toString(nodePort + 1));
    await().until(() -> file().contains("sentinel config-epoch mymaster 3\n"));
    assertThat(file())
        .contains("sentinel monitor mymaster 127.0.0.1 " + (nodePort + 1) + " 2\n")
        .contains("sentinel known-replica mymaster 127.0.0.1 " + nodePort + "\n")
        .contains("sentinel config-epoch mymaster 3\n");
  }

  @Test
  void identifiesNodesByName() throws Exception {
    client.close();
    server.close();
    start(
        "port %d\nbind 127.0.0.1\nsentinel resolve-hostnames yes\n".formatted(port)
            + "sentinel monitor mymaster localhost %d 2\n".formatted(nodePort)
            + "sentinel monitor other no-such-host.invalid %d 2\n".formatted(nodePort));
    String ask = "SENTINEL GET-MASTER-ADDR-BY-NAME ";
    await().until(() -> !texts(call(ask + "mymaster")).getFirst().equals("localhost"));
    String found = texts(call(ask + "mymaster")).getFirst();
    assertThat(found).isIn("127.0.0.1", "::1");
    assertThat(fields(call("SENTINEL MASTER mymaster"))).containsEntry("ip", found);
    assertThat(call("INFO sentinel").text())
        .contains("master0:name=mymaster,status=ok,address=" + found + ":" + nodePort + ",");
    assertThat(texts(call(ask + "other")).getFirst()).isEqualTo("no-such-host.invalid");
    assertThat(call("SENTINEL CONFIG SET announce-hostnames yes"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(texts(call(ask + "mymaster")).getFirst()).isEqualTo("localhost");
    assertThat(file()).contains("sentinel monitor mymaster localhost " + nodePort + " 2\n");
  }

  @Test
  void acceptsTheTermPrimary() throws IOException {
    assertThat(call("SENTINEL PRIMARIES").elements()).hasSize(1);
    assertThat(fields(call("SENTINEL PRIMARY mymaster"))).containsEntry("name", "mymaster");
    assertThat(texts(call("SENTINEL GET-PRIMARY-ADDR-BY-NAME mymaster")))
        .isEqualTo(texts(call("SENTINEL GET-MASTER-ADDR-BY-NAME mymaster")));
    assertThat(texts(call("SENTINEL IS-PRIMARY-DOWN-BY-ADDR 127.0.0.1 " + nodePort + " 0 *")))
        .containsExactly("0", "*", "0");
    assertThat(call("SENTINEL SET mymaster primary-reboot-down-after-period 5000"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).contains("sentinel master-reboot-down-after-period mymaster 5000\n");
    assertThat(call("SENTINEL SET mymaster forget-after 60000")).isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).contains("sentinel forget-after mymaster 60000\n");
    assertThat(texts(call("SENTINEL DOCTOR mymaster")))
        .anyMatch(finding -> finding.startsWith("two-voters mymaster: "));
  }

  @Test
  void hasOnlyASentinelsCommands() throws IOException {
    assertThat(call("GET x"))
        .isEqualTo(error("ERR unknown command 'GET', with args beginning with: 'x' "));
    assertThat(call("CONFIG GET *").isError()).isTrue();
    assertThat(call("SENTINEL foo"))
        .isEqualTo(error("ERR unknown subcommand 'foo'. Try SENTINEL HELP."));
    assertThat(call("SENTINEL"))
        .isEqualTo(error("ERR wrong number of arguments for 'sentinel' command"));
    assertThat(call("SENTINEL MASTERS x"))
        .isEqualTo(error("ERR wrong number of arguments for 'sentinel|masters' command"));
    assertThat(call("COMMAND COUNT").number()).isEqualTo(15);
    assertThat(call("PING")).isEqualTo(new Reply.Simple("PONG"));
    assertThat(call("CLIENT SETNAME me")).isEqualTo(new Reply.Simple("OK"));
    assertThat(call("HELLO 3")).isInstanceOf(Reply.Map.class);
    assertThat(call("SENTINEL MASTER mymaster")).isInstanceOf(Reply.Map.class);
    assertThat(call("QUIT")).isEqualTo(new Reply.Simple("OK"));
    assertThat(client.isAtEnd()).isTrue();
  }

  @Test
  void refusesLargeArguments() throws IOException {
    assertThat(call("PING " + "x".repeat(64 << 10)).text()).hasSize(64 << 10);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("*2\r\n$4\r\nPING\r\n$65537\r\n".getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
    }
  }

  @Test
  void requiresItsPassword() throws Exception {
    client.close();
    server.close();
    start(file().replaceAll("user .*\n", "") + "requirepass secret\n");
    assertThat(call("SENTINEL MASTERS")).isEqualTo(error("NOAUTH Authentication required."));
    assertThat(call("AUTH secret")).isEqualTo(new Reply.Simple("OK"));
    assertThat(call("SENTINEL MASTERS").elements()).hasSize(1);
  }

  @Test
  void refusesValuesThatTheNextStartWouldRefuse() throws Exception {
    assertThat(call("SENTINEL SET mymaster quorum 4294967296"))
        .isEqualTo(error("ERR Invalid argument '4294967296' for SENTINEL SET 'quorum'"));
    assertThat(call("SENTINEL SET mymaster parallel-syncs 2147483648").isError()).isTrue();
    assertThat(call("SENTINEL SET mymaster down-after-milliseconds +7").isError()).isTrue();
    assertThat(call("SENTINEL CONFIG SET resolve-hostnames yes")).isEqualTo(new Reply.Simple("OK"));
    assertThat(call("SENTINEL MONITOR named redis-0.example 6379 2"))
        .isEqualTo(new Reply.Simple("OK"));
    assertThat(client.call("SENTINEL", "MONITOR", "bad", "a b", "6379", "2"))
        .isEqualTo(error("ERR Invalid IP address or hostname specified"));
    TestSentinels.load(folder.resolve("sentinel.conf")).finish();
  }

  @Test
  void keepsKnownNamesReadableAfterDisablingNames() throws Exception {
    call("SENTINEL CONFIG SET resolve-hostnames yes");
    call("SENTINEL MONITOR named redis-0.example 6379 2");
    assertThat(call("SENTINEL CONFIG SET resolve-hostnames no")).isEqualTo(new Reply.Simple("OK"));
    assertThat(texts(call("SENTINEL CONFIG GET resolve-hostnames"))).contains("no");
    assertThat(call("SENTINEL MONITOR other redis-1.example 6379 2"))
        .isEqualTo(error("ERR Invalid IP address or hostname specified"));
    assertThat(file()).contains("sentinel resolve-hostnames yes\n");
    SentinelDirectives read = TestSentinels.load(folder.resolve("sentinel.conf"));
    read.finish();
    assertThat(read.words().state("").masters())
        .anyMatch(master -> master.address().host().equals("redis-0.example"));
    call("SENTINEL REMOVE named");
    assertThat(file()).doesNotContain("resolve-hostnames");
  }

  @Test
  void keepsAPasswordOfAnyBytes() throws Exception {
    byte[] password = {'a', (byte) 0xff, 0, '"', (byte) 0xc3};
    Reply reply =
        client.call(
            "SENTINEL".getBytes(UTF_8),
            "SET".getBytes(UTF_8),
            "mymaster".getBytes(UTF_8),
            "auth-pass".getBytes(UTF_8),
            password);
    assertThat(reply).isEqualTo(new Reply.Simple("OK"));
    assertThat(file()).contains("sentinel auth-pass mymaster \"a\\xff\\x00\\\"\\xc3\"\n");
    SentinelDirectives read = TestSentinels.load(folder.resolve("sentinel.conf"));
    String known = read.words().state(ID).masters().getFirst().options().access().password();
    assertThat(Utf8.encode(known)).isEqualTo(password);
  }
}
