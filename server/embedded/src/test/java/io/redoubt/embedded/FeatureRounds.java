package io.redoubt.embedded;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Starts and closes servers with listeners of all kinds, append-only files, snapshots, I/O threads,
 * replicas, the cluster bus and metrics. The ports and folders are the same in each round.
 */
final class FeatureRounds implements AutoCloseable {
  private static final long MOST_WAIT_MILLIS = 60_000;

  /** The servers of a round, and what they do when they are closed. */
  enum Kind {
    /** Serve clients of all kinds. */
    SERVING(30),
    /** Save, send and load snapshots, which take longer than the servers exist. */
    COPYING(6),
    /** Wait for others that never answer. */
    WAITING(9),
    /** Fail to start, each for another reason. */
    FAILING(10);

    private final int rounds;

    Kind(int rounds) {
      this.rounds = rounds;
    }

    int rounds() {
      return rounds;
    }
  }

  private final Path folder;
  private final String port;
  private final String tlsPort;
  private final String metricsPort;
  private final String busPort;
  private final int secondPort;
  private final String secondBusPort;

  /** Accepts connections in its backlog and never answers. */
  private final ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

  /** Creates rounds in a folder with {@code server.crt} and {@code server.key}. */
  FeatureRounds(Path folder) throws IOException {
    this.folder = folder;
    List<Integer> ports = FreePorts.several(6);
    port = ports.get(0).toString();
    tlsPort = ports.get(1).toString();
    metricsPort = ports.get(2).toString();
    busPort = ports.get(3).toString();
    secondPort = ports.get(4);
    secondBusPort = ports.get(5).toString();
  }

  @Override
  public void close() throws IOException {
    silent.close();
  }

  void run(Kind kind, int rounds) throws Exception {
    for (int i = 0; i < rounds; i++) {
      switch (kind) {
        case SERVING -> {
          serve(i);
          serveCluster();
        }
        case COPYING -> copy(i);
        case WAITING -> await(i);
        case FAILING -> fail();
      }
    }
  }

  private Path folder(String name) throws IOException {
    return Files.createDirectories(folder.resolve(name));
  }

  private ServerBuilder server(String name, int at) throws IOException {
    return Redoubt.server()
        .dir(folder(name))
        .port(at)
        .with("appendonly", "yes")
        .with("save", "1", "1")
        .with("enable-debug-command", "yes")
        .with("unixsocket", folder.resolve(name + ".sock").toString())
        .with("logfile", folder.resolve(name + ".log").toString())
        .with("io-threads", "3")
        .with("io-threads-always-active", "yes");
  }

  /** Describes a server with listeners of all kinds. */
  private ServerBuilder watched(String name) throws IOException {
    return server(name, Integer.parseInt(port))
        .tls(folder.resolve("server.crt"), folder.resolve("server.key"))
        .with("tls-port", tlsPort)
        .with("tls-auto-reload-interval", "1")
        .with("metrics-port", metricsPort);
  }

  private static void awaitTrue(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < MOST_WAIT_MILLIS / 10 && !condition.getAsBoolean(); i++) {
      HeldResources.pause(10);
    }
    if (!condition.getAsBoolean()) {
      throw new IllegalStateException("not within " + MOST_WAIT_MILLIS + " ms");
    }
  }

  private void serve(int round) throws Exception {
    EmbeddedServer master = watched("master").start();
    EmbeddedServer replica =
        server("replica", secondPort).with("replicaof", "127.0.0.1", port).start();
    try (RespClient client = RespClient.connect("127.0.0.1", master.port());
        RespClient blocked = RespClient.connect("127.0.0.1", master.port());
        RespClient subscribed = RespClient.connect("127.0.0.1", master.port());
        Socket page = new Socket("127.0.0.1", Integer.parseInt(metricsPort));
        Socket handshake = new Socket("127.0.0.1", Integer.parseInt(tlsPort))) {
      page.getOutputStream()
          .write(
              "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
      handshake.getOutputStream().write(0x16);
      blocked.send("BLPOP", "nothing", "0");
      subscribed.send("SUBSCRIBE", "channel");
      client.call("DEBUG", "POPULATE", "2000");
      client.call("EVAL", "return redis.call('INCR', KEYS[1])", "1", "counter");
      client.call(
          "FUNCTION", "LOAD", "REPLACE", "#!lua name=l\nredis.register_function('f', print)");
      awaitTrue(() -> replica.info("replication").contains("master_link_status:up"));
      client.call("SET", "long", "x".repeat(300_000));
      client.call(round % 2 == 0 ? "BGREWRITEAOF" : "BGSAVE");
      client.call("FLUSHALL", "ASYNC");
      client.sendRaw("*2\r\n$3\r\nGET\r\n$1000\r\nunfinished");
      (round % 2 == 0 ? master : replica).close();
      (round % 2 == 0 ? replica : master).close();
    }
  }

  private void serveCluster() throws Exception {
    try (EmbeddedServer one = node("one", Integer.parseInt(port), busPort).start();
        EmbeddedServer two = node("two", secondPort, secondBusPort).start()) {
      one.execute("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      one.execute("CLUSTER", "MEET", "127.0.0.1", Integer.toString(secondPort), secondBusPort);
      awaitTrue(() -> two.execute("CLUSTER", "INFO").text().contains("known_nodes:2"));
    }
  }

  private ServerBuilder node(String name, int at, String bus) throws IOException {
    return server(name, at).with("cluster-enabled", "yes").with("cluster-port", bus);
  }

  private void copy(int round) throws Exception {
    boolean slowLoad = round % 4 < 2;
    EmbeddedServer master =
        server("source", Integer.parseInt(port))
            .with("rdb-key-save-delay", slowLoad ? "0" : "1000")
            .with("repl-diskless-sync", round % 2 == 0 ? "yes" : "no")
            .with("repl-spill-dir", folder("spill").toString())
            .start();
    master.execute("DEBUG", "POPULATE", "3000");
    EmbeddedServer replica =
        server("copy", secondPort)
            .with("replicaof", "127.0.0.1", port)
            .with("repl-diskless-load", round % 3 == 0 ? "swapdb" : "disabled")
            .with("key-load-delay", slowLoad ? "1000" : "0")
            .with("loading-process-events-interval-bytes", "1024")
            .start();
    awaitTrue(() -> master.info("replication").contains("slave0:"));
    HeldResources.pause(20 + 50 * (round % 5));
    for (int i = 0; i < 5; i++) {
      master.execute("SET", "long" + i, "x".repeat(300_000));
    }
    master.execute(round % 3 == 0 ? "BGREWRITEAOF" : "BGSAVE");
    HeldResources.pause(20);
    (round % 3 < 2 ? master : replica).close();
    (round % 3 < 2 ? replica : master).close();
  }

  private void await(int round) throws Exception {
    String silentPort = Integer.toString(silent.getLocalPort());
    EmbeddedServer server = watched("waiting").start();
    EmbeddedServer replica =
        server("orphan", secondPort)
            .with("replicaof", round % 2 == 0 ? "nowhere.invalid" : "127.0.0.1", silentPort)
            .start();
    server.execute("SET", "key", "value");
    server.connect().submit("MIGRATE", "127.0.0.1", silentPort, "key", "0", "10000");
    server.connect().submit("BLPOP", "nothing", "0");
    HeldResources.pause(round % 3 == 0 ? 1500 : 50); // connects, and pushes metrics, each second
    switch (round % 4) {
      case 0 -> server.pause();
      case 1 -> shutDown(server, "NOSAVE");
      case 2 -> shutDown(replica, "SAVE");
      default -> replica.pause();
    }
    server.close();
    replica.close();
  }

  private static void shutDown(EmbeddedServer server, String mode) {
    try {
      server.execute("SHUTDOWN", mode, "NOW");
    } catch (UncheckedIOException | IllegalStateException ended) {
      return; // the command has no reply
    }
  }

  private void fail() throws Exception {
    String taken = Integer.toString(silent.getLocalPort());
    Path corrupt = folder("corrupt");
    Path logs = Files.createDirectories(corrupt.resolve("appendonlydir"));
    Files.writeString(
        logs.resolve("appendonly.aof.manifest"), "file appendonly.aof.1.incr.aof seq 1 type i\n");
    Files.writeString(logs.resolve("appendonly.aof.1.incr.aof"), "*1\r\n$4\r\nPING\r\nwrong");
    Files.writeString(corrupt.resolve("dump.rdb"), "REDIS0011wrong");
    Files.writeString(corrupt.resolve("nodes.conf"), "wrong\n");
    for (ServerBuilder failing :
        List.of(
            watched("failing").with("metrics-port", taken),
            watched("failing").with("tls-port", taken),
            watched("failing").with("tls-cert-file", "/none"),
            watched("failing").with("unixsocket", folder.toString()),
            watched("failing").with("metrics-otlp-url", "http://127.0.0.1:" + port),
            watched("failing").with("cluster-enabled", "yes").with("cluster-port", taken),
            watched("failing").with("aclfile", "/none"),
            watched("failing").line("user someone +wrong"),
            watched("failing").line("rename-command wrong other"),
            watched("failing").dir(corrupt),
            watched("failing").dir(corrupt).with("appendonly", "no"),
            watched("failing").dir(corrupt).with("cluster-enabled", "yes"))) {
      try (EmbeddedServer started = failing.start()) {
        throw new AssertionError("started on port " + started.port());
      } catch (UncheckedIOException | IllegalArgumentException refused) {
        continue;
      }
    }
  }
}
