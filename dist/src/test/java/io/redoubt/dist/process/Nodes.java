package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.IoThreadCount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The processes of one test, each with its own folder. They are ended after the test; the logs of a
 * failed test are printed.
 */
final class Nodes implements BeforeEachCallback, AfterEachCallback {
  private static final int LOG_TAIL_LINES = 60;

  private record Start(Path launcher, Path folder, List<String> arguments) {}

  private final List<NodeProcess> nodes = new ArrayList<>();
  private final Map<NodeProcess, Start> starts = new HashMap<>();
  private Path root = Path.of("");

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    root = Files.createTempDirectory("redoubt-test");
  }

  /** Returns a folder of this test, created if needed. */
  Path folder(String name) throws IOException {
    return Files.createDirectories(root.resolve(name));
  }

  /** Starts a data server without automatic saves and waits until it answers. */
  NodeProcess server(Kind kind, String... arguments) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--save", "", "--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"));
    if (kind == Kind.REDOUBT) {
      all.addAll(IoThreadCount.arguments());
    }
    all.addAll(List.of(arguments));
    return start(kind.server(), all);
  }

  /** Starts a launcher on a free port, in a new folder, and waits until it answers. */
  NodeProcess start(Path launcher, List<String> arguments)
      throws IOException, InterruptedException {
    int port = FreePorts.one();
    return start(new Start(launcher, folder("node-" + port), arguments), port);
  }

  private NodeProcess start(Start start, int port) throws IOException, InterruptedException {
    NodeProcess node = launch(start, port);
    node.awaitPong(Distribution.LIMIT);
    return node;
  }

  /** Starts a launcher with its own configuration, which names the port, without waiting. */
  NodeProcess launch(Path launcher, Path folder, int port, String... arguments) throws IOException {
    NodeProcess node =
        Distribution.launch(launcher, List.of(arguments), Map.of(), port, folder.resolve("output"));
    nodes.add(node);
    return node;
  }

  /** Returns a command of {@link #after} that adds options for the JVM to those of all tests. */
  static String addOptions(String options) {
    return "export REDOUBT_JAVA_OPTS=\"$REDOUBT_JAVA_OPTS " + options + "\"";
  }

  /**
   * Starts this project's server on a free port in a new folder, from a shell that executed a
   * command before, and waits until it answers.
   */
  NodeProcess serverAfter(String command, String... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(IoThreadCount.arguments());
    all.addAll(List.of(arguments));
    return after(command, Kind.REDOUBT.server(), all);
  }

  /** Starts a launcher as {@link #serverAfter} does a server. */
  NodeProcess after(String command, Path launcher, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(List.of("-c", command + " && exec \"$0\" \"$@\"", launcher.toString()));
    all.addAll(arguments);
    return start(Path.of("sh"), all);
  }

  private NodeProcess launch(Start start, int port) throws IOException {
    List<String> all = new ArrayList<>(start.arguments);
    all.addAll(
        List.of("--port", port + "", "--bind", "127.0.0.1", "--dir", start.folder.toString()));
    NodeProcess node = launch(start.launcher, start.folder, port, all.toArray(String[]::new));
    starts.put(node, start);
    return node;
  }

  /** Restarts a process that has ended, with the same launcher, folder, port and arguments. */
  NodeProcess restart(NodeProcess ended) throws IOException, InterruptedException {
    Start start = starts.get(ended);
    if (start == null || !ended.awaitEnd(Distribution.LIMIT)) {
      throw new IllegalStateException("not one that was started here and has ended");
    }
    return start(start, ended.port());
  }

  /** Returns the folder of a node's files. */
  Path folder(NodeProcess node) {
    return node.log().getParent();
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException, InterruptedException {
    if (context.getExecutionException().isPresent()) {
      for (NodeProcess node : nodes) {
        printTail(node);
      }
    }
    killAll();
    nodes.clear();
    starts.clear();
    Distribution.run(Map.of(), "rm", "-rf", root.toString());
  }

  /** Kills all processes of this test. */
  void killAll() throws InterruptedException {
    for (NodeProcess node : nodes) {
      node.kill();
    }
  }

  private static void printTail(NodeProcess node) throws IOException {
    List<String> lines = new String(Files.readAllBytes(node.log()), UTF_8).lines().toList();
    System.out.println("== " + node.log());
    lines
        .subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size())
        .forEach(System.out::println);
  }

  /** Sends a process {@code TERM} or {@code INT} and returns its exit status. */
  static int end(NodeProcess node, String signal) throws IOException, InterruptedException {
    signal(node, signal);
    return awaitStatus(node);
  }

  /** Sends a process a signal and returns at once. */
  static void signal(NodeProcess node, String signal) throws IOException, InterruptedException {
    node.signal(signal);
  }

  /** Returns the exit status of a process that is about to end. */
  static int awaitStatus(NodeProcess node) throws InterruptedException {
    Duration limit = Distribution.LIMIT;
    if (!node.awaitEnd(limit)) {
      throw new AssertionError("process " + node.pid() + " does not end within " + limit);
    }
    return node.exitStatus();
  }
}
