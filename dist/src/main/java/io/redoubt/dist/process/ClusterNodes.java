package io.redoubt.dist.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Six servers in cluster mode as processes, each with its own folder and configuration file. {@link
 * #create} makes them three masters with a replica each; later the nodes decide.
 */
public final class ClusterNodes implements AutoCloseable {
  /** The number of masters, and of replicas. */
  public static final int MASTERS = 3;

  /** The number of processes. */
  public static final int NODES = 2 * MASTERS;

  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final Path folder;
  private final Path serverLauncher;
  private final Path cliLauncher;
  private final List<Integer> ports;
  private final List<Integer> busPorts;
  private final int nodeTimeoutMillis;
  private final List<Node> nodes = new ArrayList<>();
  private List<Integer> metricsPorts = List.of();
  private boolean closed;

  /**
   * Creates the group without starting it.
   *
   * @param ports six ports for clients
   * @param busPorts six ports of the bus
   * @param nodeTimeoutMillis {@code cluster-node-timeout}
   */
  public ClusterNodes(
      Path folder,
      Path serverLauncher,
      Path cliLauncher,
      List<Integer> ports,
      List<Integer> busPorts,
      int nodeTimeoutMillis) {
    this.folder = folder;
    this.serverLauncher = serverLauncher;
    this.cliLauncher = cliLauncher;
    this.ports = List.copyOf(ports);
    this.busPorts = List.copyOf(busPorts);
    this.nodeTimeoutMillis = nodeTimeoutMillis;
  }

  /** Opens {@code metrics-port} of each process; to be called before {@link #start}. */
  public void serveMetrics(List<Integer> openPorts) {
    if (openPorts.size() != NODES) {
      throw new IllegalArgumentException(openPorts.size() + " ports");
    }
    metricsPorts = List.copyOf(openPorts);
  }

  /** Returns the metrics ports of the processes in their order; empty if there are none. */
  public List<Integer> metricsPorts() {
    return metricsPorts;
  }

  /** Writes the configuration files and starts the nodes, which do not know each other yet. */
  public void start() throws IOException, InterruptedException {
    for (int i = 0; i < NODES; i++) {
      Files.createDirectories(folder(i));
      Files.writeString(folder(i).resolve("redis.conf"), configuration(i));
      startNode(i);
    }
    for (Node node : nodes()) {
      node.awaitPong(START_LIMIT);
    }
  }

  /** Makes one cluster of the nodes with {@code redis-cli --cluster create}; returns its output. */
  public String create() throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("create"));
    nodes().forEach(node -> words.add(address(node)));
    words.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
    return cli(words);
  }

  /**
   * Runs {@code redis-cli --cluster} and returns its output.
   *
   * @throws IOException if it fails; the message has its output
   */
  public String cli(List<String> words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(cliLauncher.toString(), "--cluster"));
    command.addAll(words);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    if (process.waitFor() != 0) {
      throw new IOException("redis-cli --cluster " + words.getFirst() + " fails: " + output);
    }
    return output;
  }

  /** Returns the address of a node, as {@code redis-cli --cluster} takes it. */
  public static String address(Node node) {
    return node.host() + ":" + node.port();
  }

  /** Restarts a node whose process has ended. */
  public void restart(int i) throws IOException, InterruptedException {
    startNode(i);
    nodes().get(i).awaitPong(START_LIMIT);
  }

  private synchronized void startNode(int i) throws IOException {
    if (closed) {
      throw new IOException("stopped");
    }
    Node node =
        Node.start(
            serverLauncher,
            List.of(folder(i).resolve("redis.conf").toString()),
            Map.of(),
            ports.get(i),
            folder(i).resolve("output"));
    if (i < nodes.size()) {
      nodes.set(i, node);
    } else {
      nodes.add(node);
    }
  }

  /** Returns the nodes, in the order of their ports. */
  public synchronized List<Node> nodes() {
    return List.copyOf(nodes);
  }

  private Path folder(int i) {
    return folder.resolve("node-" + ports.get(i));
  }

  private String configuration(int i) {
    return """
    port %d
    bind 127.0.0.1
    dir "%s"
    logfile "redis.log"
    cluster-enabled yes
    cluster-port %d
    cluster-node-timeout %d
    repl-diskless-sync-delay 0
    """
            .formatted(ports.get(i), folder(i), busPorts.get(i), nodeTimeoutMillis)
        + (metricsPorts.isEmpty() ? "" : "metrics-port " + metricsPorts.get(i) + "\n");
  }

  /** Stops all processes. */
  @Override
  public synchronized void close() {
    closed = true;
    nodes.forEach(Node::stop);
    nodes.forEach(Node::close);
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
