package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RequestEncoder;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Unprivileged clients fill a server and a sentinel with a Java heap of 32 MB with each kind of
 * state that a connection may leave there: some with few connections and much state each, some with
 * many connections and little. The process survives, an old connection is served, and new state is
 * admitted once the clients have left.
 */
@Timeout(900)
final class HeapStatesIT {
  /** The connections that remove masters: a sentinel saves the removals of a moment at once. */
  private static final int REMOVERS = 50;

  private static final String HEAP = Nodes.addOptions("-Xmx32m");
  private static final int FEW = 3;
  private static final int MANY = 300;

  /** The number of items of all connections together; several times the capacity of the heap. */
  private static final int ITEMS = 300_000;

  private static final byte[] ARGUMENT = "$1\r\nk\r\n".getBytes(UTF_8);

  private static final int STALLED_POLLS = 100;
  private static final long POLL_NANOS = 5_000_000;
  private static final int MESSAGE_BYTES = 200 << 20;
  private static final int HUGE_BYTES = 30 << 20;
  private static final short PUBLISH_TYPE = 4;
  private static final int TIMEOUT_MILLIS = 600_000;
  private static final Duration REST_LIMIT = Duration.ofMillis(TIMEOUT_MILLIS);

  /** The limit of processor time until a new connection is served after the clients have left. */
  private static final Duration PROCESSOR_LIMIT = Duration.ofSeconds(30);

  private static final int CHUNK_BYTES = 1 << 20;

  /** Writes the input of one connection. */
  private interface State {
    void write(Sent sent, int connection, int items, Random random);
  }

  /** The input of a connection. */
  private static final class Sent extends ByteArrayOutputStream {
    void request(String... words) {
      writeBytes(RequestEncoder.encode(words));
    }

    /** Adds a request of a command, many items, and further words. */
    void request(String command, List<String> items, String... last) {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.addAll(items);
      words.addAll(List.of(last));
      writeBytes(RequestEncoder.encode(words));
    }
  }

  @RegisterExtension private final Nodes nodes = new Nodes();

  private static List<String> names(int connection, int items) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < items; i++) {
      names.add(connection + ":" + i);
    }
    return names;
  }

  /** Returns a state of one command with all items in one request. */
  private static State oneRequest(String command, String... last) {
    return (sent, connection, items, random) ->
        sent.request(command, names(connection, items), last);
  }

  /** Returns a state of one command per item. */
  private static State requests(String command, String... last) {
    return (sent, connection, items, random) -> {
      for (int i = 0; i < items; i++) {
        sent.request(command, List.of(connection + "x" + i), last);
      }
    };
  }

  private static Map<String, State> states() {
    Map<String, State> states = new TreeMap<>();
    states.put("a request that never ends", HeapStatesIT::endless);
    states.put("a long request", oneRequest("ECHO"));
    states.put("SUBSCRIBE", oneRequest("SUBSCRIBE"));
    states.put("PSUBSCRIBE one by one", requests("PSUBSCRIBE"));
    states.put("names", HeapStatesIT::clientNames);
    states.put("wrong passwords", HeapStatesIT::wrongPasswords);
    states.put("ACL SETUSER", requests("ACL SETUSER", "on", ">password", "~key", "+get"));
    return states;
  }

  private static Map<String, State> statesOfServer() {
    Map<String, State> states = states();
    states.put("SSUBSCRIBE", oneRequest("SSUBSCRIBE"));
    states.put("WATCH", oneRequest("WATCH"));
    states.put("WATCH one by one", requests("WATCH"));
    states.put("BLPOP", oneRequest("BLPOP", "0"));
    states.put("EVAL", oneRequest("EVAL return(1) 0"));
    states.put("DEL", oneRequest("DEL"));
    states.put("MGET", oneRequest("MGET"));
    states.put("SCRIPT LOAD", HeapStatesIT::loadedScripts);
    states.put("tracked prefixes", HeapStatesIT::prefixes);
    states.put("scripts", HeapStatesIT::scripts);
    states.put("MULTI", HeapStatesIT::transaction);
    states.put("SUBSCRIBE in MULTI", HeapStatesIT::subscriptionsAtOnce);
    states.put("sources", HeapStatesIT::sources);
    states.put("errors", HeapStatesIT::errors);
    return states;
  }

  private static Map<String, State> statesOfSentinel() {
    Map<String, State> states = states();
    states.put("PUBLISH", requests("PUBLISH __sentinel__:hello"));
    states.put("SENTINEL MONITOR", requests("SENTINEL MONITOR", "127.0.0.1", "1", "1"));
    states.put("SENTINEL of a long list", oneRequest("SENTINEL DEBUG"));
    return states;
  }

  private static void endless(Sent sent, int connection, int items, Random random) {
    sent.writeBytes(("*" + Integer.MAX_VALUE + "\r\n").getBytes(UTF_8));
    for (int i = 0; i < 10 * items; i++) {
      sent.writeBytes(ARGUMENT);
    }
  }

  private static void clientNames(Sent sent, int connection, int items, Random random) {
    String name = "n".repeat(1 + random.nextInt(60_000));
    sent.request("CLIENT", "SETNAME", name);
    sent.request("CLIENT", "SETINFO", "LIB-NAME", name);
    sent.request("CLIENT", "SETINFO", "LIB-VER", name);
    sent.request("HELLO", "3", "SETNAME", name);
    sent.request("CLIENT", "SETNAME", "n".repeat(512));
    sent.request("CLIENT", "LIST");
    sent.request("CLIENT", "LIST", "NAME", "n".repeat(512));
  }

  private static void wrongPasswords(Sent sent, int connection, int items, Random random) {
    for (int i = 0; i < 30; i++) {
      sent.request("AUTH", "u" + i + "x".repeat(random.nextInt(60_000)), "p");
    }
  }

  private static void prefixes(Sent sent, int connection, int items, Random random) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < items; i++) {
      words.add("PREFIX");
      words.add(connection + ":" + i + ":");
    }
    for (int from = 0; from < words.size(); from += 2000) {
      int to = Math.min(from + 2000, words.size());
      sent.request("CLIENT TRACKING ON BCAST", words.subList(from, to));
    }
  }

  private static void scripts(Sent sent, int connection, int items, Random random) {
    for (int i = 0; i < items / 20; i++) {
      sent.request("EVAL", "return " + connection + i + " --" + "x".repeat(500), "0");
    }
  }

  private static void loadedScripts(Sent sent, int connection, int items, Random random) {
    for (int i = 0; i < items / 20; i++) {
      sent.request("SCRIPT", "LOAD", "return " + connection + i + " --" + "x".repeat(500));
    }
  }

  private static void transaction(Sent sent, int connection, int items, Random random) {
    sent.request("MULTI");
    for (int i = 0; i < items / 4; i++) {
      sent.request("PING");
    }
  }

  /** Queues subscriptions in a transaction: each fits alone, but all together exceed the heap. */
  private static void subscriptionsAtOnce(Sent sent, int connection, int items, Random random) {
    sent.request("MULTI");
    for (String name : names(connection, items)) {
      sent.request("SUBSCRIBE", name);
    }
    sent.request("EXEC");
  }

  private static void sources(Sent sent, int connection, int items, Random random) {
    sent.writeBytes(("*" + (10 * items + 1) + "\r\n$6\r\nSINTER\r\n").getBytes(UTF_8));
    for (int i = 0; i < 10 * items; i++) {
      sent.writeBytes(ARGUMENT);
    }
  }

  private static void errors(Sent sent, int connection, int items, Random random) {
    for (int i = 0; i < items / 20; i++) {
      String code = "E" + connection + "X" + i + "x".repeat(random.nextInt(300));
      sent.request("EVAL", "return {err=ARGV[1]}", "0", code + " text");
    }
  }

  @Test
  void endNoServer() throws Exception {
    NodeProcess server = nodes.serverAfter(HEAP, "--save", "");
    attack(server, statesOfServer(), FEW, MANY);
  }

  /** The threads read ahead of the loop, from each of many connections. */
  @Test
  void endNoServerWithThreads() throws Exception {
    NodeProcess server =
        nodes.serverAfter(
            HEAP, "--save", "", "--io-threads", "4", "--io-threads-always-active", "yes");
    Map<String, State> states = statesOfServer();
    states.keySet().retainAll(Set.of("ACL SETUSER", "sources"));
    attack(server, states, MANY);
  }

  @Test
  void endNoSentinel() throws Exception {
    Path file = nodes.folder("configuration").resolve("sentinel.conf");
    Files.createFile(file);
    NodeProcess sentinel = nodes.after(HEAP, Kind.REDOUBT.sentinel(), List.of(file.toString()));
    attack(sentinel, statesOfSentinel(), FEW, MANY);
  }

  /** A bus message remains on the heap until it is complete. */
  @Test
  void endNoNodeOfACluster() throws Exception {
    int bus = FreePorts.one();
    NodeProcess node =
        nodes.serverAfter(
            HEAP, "--save", "", "--cluster-enabled", "yes", "--cluster-port", bus + "");
    ByteBuffer announced = ByteBuffer.allocate(MESSAGE_BYTES);
    announced.put("RCmb".getBytes(UTF_8)).putInt((1 << 30) - 1).putShort((short) 1);
    announced.putShort((short) 6379).putShort(PUBLISH_TYPE).rewind();
    for (int connections : new int[] {FEW, MANY}) {
      List<SocketChannel> open = new ArrayList<>();
      for (int i = 0; i < connections; i++) {
        SocketChannel channel =
            SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), bus));
        open.add(channel);
        channel.configureBlocking(false);
        send(channel, announced.duplicate().limit(MESSAGE_BYTES / connections));
      }
      assertThat(node.ask("PING").text()).isEqualTo("PONG");
      for (SocketChannel channel : open) {
        channel.close();
      }
    }
    assertThat(node.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383").text()).isEqualTo("OK");
    assertThat(node.ask("PUBLISH", "channel", "x".repeat(HUGE_BYTES)).toString()).contains("OOM");
    assertThat(node.ask("PUBLISH", "channel", "x".repeat(CHUNK_BYTES)).number()).isZero();
  }

  /** Rejects endless files, with the file and the reason in the message. */
  @Test
  void refusesFilesWithoutEnd() throws Exception {
    Path folder = nodes.folder("configuration");
    Path large = folder.resolve("large.yaml");
    Files.write(large, new byte[HUGE_BYTES]);
    Path including = folder.resolve("including.conf");
    Files.writeString(including, "port " + FreePorts.one() + "\ninclude /dev/zero\n");
    String port = FreePorts.one() + "";
    Map<String, String> small = Map.of("REDOUBT_JAVA_OPTS", "-Xmx64m");
    for (List<String> arguments :
        List.of(
            List.of(Kind.REDOUBT.server().toString(), including.toString()),
            List.of(Kind.REDOUBT.server().toString(), large.toString()),
            List.of(Kind.REDOUBT.server().toString(), "--port", port, "--aclfile", "/dev/zero"),
            List.of(Kind.REDOUBT.sentinel().toString(), including.toString()))) {
      Distribution.Result result = Distribution.run(small, arguments.toArray(String[]::new));
      assertThat(result.status()).as(arguments.toString()).isEqualTo(1);
      assertThat(result.output()).contains("larger than 4 MB").containsAnyOf("zero", "large.yaml");
    }
  }

  private static void attack(NodeProcess node, Map<String, State> states, int... numbers)
      throws Exception {
    Random random = Seed.random("HeapStatesIT");
    for (Map.Entry<String, State> state : states.entrySet()) {
      for (int connections : numbers) {
        String name = state.getKey() + " of " + connections + " connections";
        try (RespClient old = RespClient.connect(node.host(), node.port(), TIMEOUT_MILLIS)) {
          attack(node, state.getValue(), connections, random);
          assertThat(old.call("PING").text()).as(name).isEqualTo("PONG");
        } catch (IOException e) {
          throw new AssertionError("the process ended by: " + name, e);
        }
        awaitWithin(PROCESSOR_LIMIT, node, name + ": a reply", () -> node.ask("PING") != null);
        cleanUp(node);
        awaitWithin(PROCESSOR_LIMIT, node, name + ": room", () -> hasRoom(node));
      }
    }
    assertThat(node.isAlive()).isTrue();
  }

  /**
   * Waits for a condition. The limit is processor time of the process, which gets little of it on a
   * busy machine.
   */
  private static void awaitWithin(
      Duration limit, NodeProcess node, String what, Callable<Boolean> condition) {
    Duration end = processorTime(node).plus(limit);
    await(what)
        .atMost(REST_LIMIT)
        .ignoreExceptions()
        .until(() -> {
          assertThat(processorTime(node)).as(what).isLessThan(end);
          return condition.call();
        });
  }

  private static Duration processorTime(NodeProcess node) {
    return ProcessHandle.of(node.pid())
        .flatMap(each -> each.info().totalCpuDuration())
        .orElseThrow(() -> new AssertionError("the process has ended"));
  }

  /** Opens connections, sends the state, and closes them after the last one was served. */
  private static void attack(NodeProcess node, State state, int connections, Random random)
      throws IOException {
    List<SocketChannel> open = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        Sent sent = new Sent();
        state.write(sent, i, ITEMS / connections, random);
        SocketChannel channel =
            SocketChannel.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), node.port()));
        open.add(channel);
        channel.configureBlocking(false);
        send(channel, ByteBuffer.wrap(sent.toByteArray()));
      }
      for (SocketChannel channel : open) {
        send(channel, ByteBuffer.allocate(0));
      }
    } finally {
      for (SocketChannel channel : open) {
        channel.close();
      }
    }
  }

  /** Sends bytes and discards replies, until all are sent or neither direction makes progress. */
  private static void send(SocketChannel channel, ByteBuffer bytes) {
    ByteBuffer replies = ByteBuffer.allocate(CHUNK_BYTES);
    int stalled = 0;
    try {
      while (bytes.hasRemaining() && stalled < STALLED_POLLS) {
        int moved = channel.write(bytes);
        int read = channel.read(replies.clear());
        if (read < 0) {
          return;
        }
        if (moved + read == 0) {
          stalled++;
          LockSupport.parkNanos(POLL_NANOS);
        } else {
          stalled = 0;
        }
      }
      boolean more = channel.read(replies.clear()) > 0;
      while (more) {
        more = channel.read(replies.clear()) > 0;
      }
    } catch (IOException closed) {
      return; // the caller checks that the process is still running
    }
  }

  /** Removes state that outlives connections. */
  private static void cleanUp(NodeProcess node) throws Exception {
    List<String> masters = new ArrayList<>();
    try (RespClient client = RespClient.connect(node.host(), node.port(), TIMEOUT_MILLIS)) {
      for (String[] words :
          new String[][] {{"FLUSHALL"}, {"SCRIPT", "FLUSH"}, {"ACL", "LOG", "RESET"}}) {
        client.call(words);
      }
      for (Reply user : List.copyOf(client.call("ACL", "USERS").elements())) {
        client.call("ACL", "DELUSER", user.text());
      }
      Reply reply = client.call("SENTINEL", "MASTERS");
      if (reply instanceof Reply.Array) {
        for (Reply master : reply.elements()) {
          masters.add(List.copyOf(master.elements()).get(1).text());
        }
      }
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(REMOVERS)) {
      List<Future<?>> removers = new ArrayList<>();
      for (int i = 0; i < Math.min(REMOVERS, masters.size()); i++) {
        int first = i;
        removers.add(
            threads.submit(() -> {
              remove(node, masters, first);
              return null;
            }));
      }
      for (Future<?> remover : removers) {
        remover.get();
      }
    }
  }

  /** Removes each {@link #REMOVERS}-th master. */
  private static void remove(NodeProcess node, List<String> masters, int first) throws IOException {
    try (RespClient client = RespClient.connect(node.host(), node.port(), TIMEOUT_MILLIS)) {
      for (int i = first; i < masters.size(); i += REMOVERS) {
        client.call("SENTINEL", "REMOVE", masters.get(i));
      }
    }
  }

  /** Returns true if other clients have left and new state is admitted. */
  private static boolean hasRoom(NodeProcess node) throws IOException {
    try (RespClient client = RespClient.connect(node.host(), node.port(), TIMEOUT_MILLIS)) {
      boolean alone = client.call("CLIENT", "LIST").text().lines().count() == 1;
      return alone && !client.call("SUBSCRIBE", "x").toString().contains("OOM");
    }
  }
}
