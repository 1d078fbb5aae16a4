package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.Node;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A master, two replicas and three sentinels as processes, each with its own folder and
 * configuration file. The first server is the master to begin with; later the sentinels decide.
 */
final class Topology implements AutoCloseable {
  static final String MASTER_NAME = "mymaster";
  static final int SERVERS = 3;
  static final int SENTINELS = 3;
  static final int NODES = SERVERS + SENTINELS;
  private static final int QUORUM = 2;
  private static final int DOWN_AFTER_MILLIS = 3_000;
  private static final int FAILOVER_TIMEOUT_MILLIS = 10_000;
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Path folder;
  private final Path serverLauncher;
  private final Path sentinelLauncher;
  private final List<Integer> ports;
  private final List<Node> nodes = new ArrayList<>();
  private boolean closed;

  /**
   * Starts nothing yet.
   *
   * @param ports three of servers, then three of sentinels
   */
  Topology(Path folder, Path serverLauncher, Path sentinelLauncher, List<Integer> ports) {
    this.folder = folder;
    this.serverLauncher = serverLauncher;
    this.sentinelLauncher = sentinelLauncher;
    this.ports = List.copyOf(ports);
  }

  /**
   * Writes the configuration files, starts the servers and then, when the replicas are online, the
   * sentinels.
   */
  void start() throws IOException, InterruptedException {
    for (int i = 0; i < NODES; i++) {
      Files.createDirectories(folder(i));
      Files.writeString(
          configuration(i), i < SERVERS ? serverConfiguration(i) : sentinelConfiguration(i));
    }
    for (int i = 0; i < SERVERS; i++) {
      startNode(i);
    }
    for (Node node : nodes()) {
      node.awaitPong(START_LIMIT);
    }
    for (Node replica : nodes().subList(1, SERVERS)) {
      replica.awaitInfo("master_link_status", "up", START_LIMIT);
    }
    for (int i = SERVERS; i < NODES; i++) {
      startNode(i);
    }
    for (Node node : nodes()) {
      node.awaitPong(START_LIMIT);
    }
  }

  /** Starts a server again whose process has ended. */
  void restart(int server) throws IOException, InterruptedException {
    startNode(server);
    servers().get(server).awaitPong(START_LIMIT);
  }

  private synchronized void startNode(int i) throws IOException {
    if (closed) {
      throw new IOException("stopped");
    }
    Node node =
        Node.start(
            i < SERVERS ? serverLauncher : sentinelLauncher,
            List.of(configuration(i).toString()),
            Map.of(),
            ports.get(i),
            folder(i).resolve("output"));
    if (i < nodes.size()) {
      nodes.set(i, node);
    } else {
      nodes.add(node);
    }
  }

  /** The servers, in the order of their ports. */
  synchronized List<Node> servers() {
    return List.copyOf(nodes.subList(0, SERVERS));
  }

  /** The sentinels, in the order of their ports. */
  synchronized List<Node> sentinels() {
    return List.copyOf(nodes.subList(SERVERS, NODES));
  }

  private synchronized List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** The configuration file of a node: 0 to 2 servers, 3 to 5 sentinels. */
  Path configuration(int i) {
    return folder(i).resolve(i < SERVERS ? "redis.conf" : "sentinel.conf");
  }

  private Path folder(int i) {
    return folder.resolve((i < SERVERS ? "server-" : "sentinel-") + ports.get(i));
  }

  private String serverConfiguration(int i) {
    String text =
        """
        port %d
        bind 127.0.0.1
        dir "%s"
        logfile "redis.log"
        repl-diskless-sync-delay 0
        """
            .formatted(ports.get(i), folder(i));
    return i == 0 ? text : text + "replicaof 127.0.0.1 " + ports.get(0) + "\n";
  }

  private String sentinelConfiguration(int i) {
    return """
    port %d
    bind 127.0.0.1
    dir "%s"
    logfile "sentinel.log"
    sentinel monitor %s 127.0.0.1 %d %d
    sentinel down-after-milliseconds %s %d
    sentinel failover-timeout %s %d
    sentinel parallel-syncs %s 1
    """
        .formatted(
            ports.get(i),
            folder(i),
            MASTER_NAME,
            ports.get(0),
            QUORUM,
            MASTER_NAME,
            DOWN_AFTER_MILLIS,
            MASTER_NAME,
            FAILOVER_TIMEOUT_MILLIS,
            MASTER_NAME);
  }

  /** Stops all processes, the sentinels first so that they see no failure. */
  @Override
  public synchronized void close() {
    closed = true;
    nodes.reversed().forEach(Node::stop);
    nodes.reversed().forEach(Node::close);
  }

  /** Removes the folder with all in it. */
  void delete() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
