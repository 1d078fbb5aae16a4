package io.redoubt.dist.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Six servers in cluster mode as processes, each with its own folder and configuration file. {@link
 * #create()} makes them three masters with a replica each; later failovers may change the roles.
 */
public final class ClusterNodes extends ProcessGroup {
  /** The number of masters, and of replicas. */
  public static final int MASTERS = 3;

  /** The number of processes. */
  public static final int NODES = 2 * MASTERS;

  private static final Duration SILENCE_LIMIT = Duration.ofMinutes(2);
  private static final Pattern ERROR = Pattern.compile("^\\[ERR]|^Error|^ERR |^Could not");

  private final Path serverLauncher;
  private final Path cliLauncher;
  private final List<Integer> busPorts;
  private final int nodeTimeoutMillis;

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
    super(folder, ports);
    this.serverLauncher = serverLauncher;
    this.cliLauncher = cliLauncher;
    this.busPorts = List.copyOf(busPorts);
    this.nodeTimeoutMillis = nodeTimeoutMillis;
  }

  /** Writes the configuration files and starts the nodes, which do not know each other yet. */
  public void start() throws IOException, InterruptedException {
    writeConfigurations();
    start(0, NODES);
  }

  /**
   * Makes one cluster of the nodes with {@code redis-cli --cluster create}.
   *
   * @throws IOException if it fails, with its error and the file of its output
   */
  public void create() throws IOException, InterruptedException {
    cli(creation(nodes(), 1));
  }

  /**
   * Makes one cluster of any nodes with {@code redis-cli --cluster create}; returns its output.
   *
   * @param replicas the number of replicas of each master
   * @throws IOException if it fails; the message has its output
   */
  public static String create(Path cliLauncher, List<NodeProcess> nodes, int replicas)
      throws IOException, InterruptedException {
    return cli(cliLauncher, creation(nodes, replicas));
  }

  private static List<String> creation(List<NodeProcess> nodes, int replicas) {
    List<String> words = new ArrayList<>(List.of("create"));
    nodes.forEach(node -> words.add(address(node)));
    words.addAll(List.of("--cluster-replicas", Integer.toString(replicas), "--cluster-yes"));
    return words;
  }

  /**
   * Runs {@code redis-cli --cluster}. Its output goes to a file in the folder of the group.
   *
   * @throws IOException if it fails, with its error and the file of its output
   */
  public void cli(List<String> words) throws IOException, InterruptedException {
    Path file = folder().resolve("redis-cli-" + words.getFirst() + ".log");
    if (!run(cliLauncher, words, file)) {
      throw new IOException(
          "redis-cli --cluster " + words.getFirst() + ": " + error(read(file)) + "; see " + file);
    }
  }

  /**
   * Runs {@code redis-cli --cluster} for any nodes and returns its output.
   *
   * @throws IOException if it fails; the message has its output
   */
  public static String cli(Path cliLauncher, List<String> words)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile("redis-cli", ".log");
    try {
      if (!run(cliLauncher, words, file)) {
        throw new IOException("redis-cli --cluster " + words.getFirst() + " fails: " + read(file));
      }
      return read(file);
    } finally {
      Files.delete(file);
    }
  }

  /** Runs the program; returns false if it fails, or prints nothing for a long time. */
  private static boolean run(Path cliLauncher, List<String> words, Path output)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(cliLauncher.toString(), "--cluster"));
    command.addAll(words);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    try {
      long printed = -1;
      while (!process.waitFor(SILENCE_LIMIT)) {
        if (Files.size(output) == printed) {
          return false;
        }
        printed = Files.size(output);
      }
      return process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the first line that is marked as an error, with the next line if it ends in a colon;
   * without an error the last line.
   */
  static String error(String output) {
    List<String> lines =
        output
            .replaceAll("\u001b\\[[0-9;]*m", "")
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (ERROR.matcher(line).find()) {
        return line.endsWith(":") && i + 1 < lines.size() ? line + " " + lines.get(i + 1) : line;
      }
    }
    return lines.isEmpty() ? "no output" : lines.getLast();
  }

  /** Returns the address of a node, as {@code redis-cli --cluster} takes it. */
  public static String address(NodeProcess node) {
    return node.host() + ":" + node.port();
  }

  @Override
  Path launcher(int i) {
    return serverLauncher;
  }

  @Override
  public Path configuration(int i) {
    return folder().resolve("node-" + port(i)).resolve("redis.conf");
  }

  @Override
  String settings(int i) {
    return String.format(
        Locale.ROOT,
        """
        port %d
        bind 127.0.0.1
        dir "%s"
        cluster-enabled yes
        cluster-port %d
        cluster-node-timeout %d
        repl-diskless-sync-delay 0
        """,
        port(i),
        configuration(i).getParent(),
        busPorts.get(i),
        nodeTimeoutMillis);
  }
}
