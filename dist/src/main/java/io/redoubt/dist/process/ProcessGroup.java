package io.redoubt.dist.process;

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
 * Processes that belong together, each with its own port, folder and configuration file. All
 * folders lie in one. A process that has ended can be restarted until the group is closed.
 */
public abstract sealed class ProcessGroup implements AutoCloseable permits ClusterNodes, Topology {
  /** A process without an AOT cache may need a minute while other processes use all processors. */
  static final Duration START_LIMIT = Duration.ofSeconds(180);

  private final Path folder;
  private final List<Integer> ports;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private List<Integer> metricsPorts = List.of();
  private boolean closed;

  /**
   * @param ports the port for clients of each process
   */
  ProcessGroup(Path folder, List<Integer> ports) {
    this.folder = folder;
    this.ports = List.copyOf(ports);
  }

  abstract Path launcher(int i);

  /** Returns the configuration file of a process, which is in the folder of that process. */
  public abstract Path configuration(int i);

  /** Returns the file that receives a process's log and all its other output. */
  public final Path log(int i) {
    String name = configuration(i).getFileName().toString();
    return configuration(i).resolveSibling(name.replace(".conf", ".log"));
  }

  /** Returns the lines of a process's configuration, without the metrics port. */
  abstract String settings(int i);

  final Path folder() {
    return folder;
  }

  final int port(int i) {
    return ports.get(i);
  }

  /**
   * Opens {@code metrics-port} of each process; to be called before the start.
   *
   * @param openPorts a port for each process, in the order of the processes
   */
  public void serveMetrics(List<Integer> openPorts) {
    if (openPorts.size() != ports.size()) {
      throw new IllegalArgumentException(openPorts.size() + " ports");
    }
    metricsPorts = List.copyOf(openPorts);
  }

  /**
   * Returns the metrics ports of the processes in their order; empty without {@link #serveMetrics}.
   */
  public List<Integer> metricsPorts() {
    return metricsPorts;
  }

  final void writeConfigurations() throws IOException {
    for (int i = 0; i < ports.size(); i++) {
      String metrics = metricsPorts.isEmpty() ? "" : "metrics-port " + metricsPorts.get(i) + "\n";
      Files.createDirectories(configuration(i).getParent());
      Files.writeString(configuration(i), settings(i) + metrics);
    }
  }

  /**
   * Starts the processes from {@code from} to {@code to}, excluded, and waits for their answers.
   */
  final void start(int from, int to) throws IOException, InterruptedException {
    for (int i = from; i < to; i++) {
      launch(i);
    }
    for (NodeProcess node : nodes().subList(from, to)) {
      node.awaitPong(START_LIMIT);
    }
  }

  /** Restarts a process that has ended, and waits for its answer. */
  public void restart(int i) throws IOException, InterruptedException {
    launch(i);
    nodes().get(i).awaitPong(START_LIMIT);
  }

  private synchronized void launch(int i) throws IOException {
    if (closed) {
      throw new IOException("stopped");
    }
    NodeProcess node =
        NodeProcess.start(
            launcher(i), List.of(configuration(i).toString()), Map.of(), ports.get(i), log(i));
    if (i < nodes.size()) {
      nodes.set(i, node);
    } else {
      nodes.add(node);
    }
  }

  /** Returns the processes, in the order of their ports. */
  public synchronized List<NodeProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** Stops all processes, the last ones first. */
  @Override
  public synchronized void close() {
    closed = true;
    nodes.reversed().forEach(NodeProcess::stop);
    nodes.reversed().forEach(NodeProcess::close);
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
