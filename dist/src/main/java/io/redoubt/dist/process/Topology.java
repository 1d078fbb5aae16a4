package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A master, two replicas and three sentinels as processes, each with its own folder and
 * configuration file. The first server is the initial master; later the sentinels decide.
 */
public final class Topology implements AutoCloseable {
  /** The name under which the sentinels monitor the master. */
  public static final String MASTER_NAME = "mymaster";

  /** The number of servers. */
  public static final int SERVERS = 3;

  /** The number of sentinels. */
  public static final int SENTINELS = 3;

  /** The number of processes. */
  public static final int NODES = SERVERS + SENTINELS;

  private static final int QUORUM = 2;
  private static final int FAILOVER_TIMEOUT_MILLIS = 10_000;
  private static final int POLL_MILLIS = 20;
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Path folder;
  private final Path serverLauncher;
  private final Path sentinelLauncher;
  private final List<Integer> ports;
  private final List<Node> nodes = new ArrayList<>();
  private final int downAfterMillis;
  private List<Integer> metricsPorts = List.of();
  private List<String> serverLines = List.of();
  private boolean closed;

  /**
   * Creates a topology without starting it.
   *
   * @param ports three ports of servers, then three of sentinels
   * @param downAfterMillis the {@code down-after-milliseconds} of the sentinels
   */
  public Topology(
      Path folder,
      Path serverLauncher,
      Path sentinelLauncher,
      List<Integer> ports,
      int downAfterMillis) {
    this.folder = folder;
    this.serverLauncher = serverLauncher;
    this.sentinelLauncher = sentinelLauncher;
    this.ports = List.copyOf(ports);
    this.downAfterMillis = downAfterMillis;
  }

  /**
   * Opens {@code metrics-port} of each process; to be called before {@link #start}.
   *
   * @param openPorts a port for each process, in the order of the processes
   */
  public void serveMetrics(List<Integer> openPorts) {
    if (openPorts.size() != NODES) {
      throw new IllegalArgumentException(openPorts.size() + " ports");
    }
    metricsPorts = List.copyOf(openPorts);
  }

  /** Adds lines to the servers' configuration files; to be called before {@link #start}. */
  public void configureServers(List<String> lines) {
    serverLines = List.copyOf(lines);
  }

  /** Returns the metrics ports of the processes in their order; empty if there are none. */
  public List<Integer> metricsPorts() {
    return metricsPorts;
  }

  private String metrics(int i) {
    return metricsPorts.isEmpty() ? "" : "metrics-port " + metricsPorts.get(i) + "\n";
  }

  /**
   * Writes the configuration files, starts the servers and, once the replicas are online, the
   * sentinels.
   */
  public void start() throws IOException, InterruptedException {
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

  /** Restarts a server whose process has ended. */
  public void restart(int server) throws IOException, InterruptedException {
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

  /** Returns the servers, in the order of their ports. */
  public synchronized List<Node> servers() {
    return List.copyOf(nodes.subList(0, SERVERS));
  }

  /** Returns the sentinels, in the order of their ports. */
  public synchronized List<Node> sentinels() {
    return List.copyOf(nodes.subList(SERVERS, NODES));
  }

  /** Returns the server that listens on a port. */
  public Node server(int port) {
    return servers().stream().filter(node -> node.port() == port).findFirst().orElseThrow();
  }

  /** Returns the ports of the masters that the sentinels name: one if they agree. */
  public Set<Integer> namedMasters() throws IOException {
    Set<Integer> named = new TreeSet<>();
    for (Node sentinel : sentinels()) {
      Reply address = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
      named.add((int) address.elements().get(1).number());
    }
    return named;
  }

  /**
   * Waits until the topology is stable: the sentinels know each other and name one master, and the
   * other servers are its replicas.
   *
   * @return the port of the master
   * @throws IOException if it is not stable in time
   */
  public int awaitStable(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        Set<Integer> named = namedMasters();
        int master = named.iterator().next();
        if (named.size() == 1 && isStable(master)) {
          return master;
        }
      } catch (IOException e) {
        // A node is still starting.
      }
      if (System.nanoTime() > end) {
        throw new IOException("not stable within " + limit + " in " + folder);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private boolean isStable(int master) throws IOException {
    for (Node server : servers()) {
      Map<String, String> info = server.info("replication");
      boolean right =
          server.port() == master
              ? "master".equals(info.get("role"))
              : Integer.toString(master).equals(info.get("master_port"))
                  && "up".equals(info.get("master_link_status"));
      if (!right) {
        return false;
      }
    }
    for (Node sentinel : sentinels()) {
      Reply replicas = sentinel.ask("SENTINEL", "REPLICAS", MASTER_NAME);
      Reply others = sentinel.ask("SENTINEL", "SENTINELS", MASTER_NAME);
      if (!areUp(replicas, SERVERS - 1, "slave") || !areUp(others, SENTINELS - 1, "sentinel")) {
        return false;
      }
      Reply self = sentinel.ask("SENTINEL", "MASTER", MASTER_NAME);
      if (!flags(self).equals("master")) {
        return false;
      }
    }
    return true;
  }

  private static boolean areUp(Reply instances, int count, String flags) {
    return instances.elements().size() == count
        && instances.elements().stream().allMatch(each -> flags(each).equals(flags));
  }

  private static String flags(Reply instance) {
    List<Reply> words = List.copyOf(instance.elements());
    for (int i = 0; i + 1 < words.size(); i += 2) {
      if (words.get(i).text().equals("flags")) {
        return words.get(i + 1).text();
      }
    }
    return "";
  }

  private synchronized List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** Returns the configuration file of a node: 0 to 2 are servers, 3 to 5 sentinels. */
  public Path configuration(int i) {
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
                .formatted(ports.get(i), folder(i))
            + metrics(i)
            + serverLines.stream().map(line -> line + "\n").collect(Collectors.joining());
    return i == 0 ? text : text + "replicaof 127.0.0.1 " + ports.get(0) + "\n";
  }

  private String sentinelConfiguration(int i) {
    String text =
        """
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
                downAfterMillis,
                MASTER_NAME,
                FAILOVER_TIMEOUT_MILLIS,
                MASTER_NAME);
    return text + metrics(i);
  }

  /** Stops all processes, the sentinels first so that they see no failure. */
  @Override
  public synchronized void close() {
    closed = true;
    nodes.reversed().forEach(Node::stop);
    nodes.reversed().forEach(Node::close);
  }

  /** Deletes the folder and its content. */
  public void delete() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
