package io.redoubt.dist.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Six servers in cluster mode as processes, each with its own folder and configuration file. {@link
 * #create()} makes them three masters with a replica each; later the nodes decide.
 */
public final class ClusterNodes extends ProcessGroup {
  /** The number of masters, and of replicas. */
  public static final int MASTERS = 3;

  /** The number of processes. */
  public static final int NODES = 2 * MASTERS;

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

  /** Makes one cluster of the nodes with {@code redis-cli --cluster create}; returns its output. */
  public String create() throws IOException, InterruptedException {
    return create(cliLauncher, nodes(), 1);
  }

  /**
   * Makes one cluster of any nodes with {@code redis-cli --cluster create}; returns its output.
   *
   * @param replicas the number of replicas of each master
   * @throws IOException if it fails; the message has its output
   */
  public static String create(Path cliLauncher, List<Node> nodes, int replicas)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of("create"));
    nodes.forEach(node -> words.add(address(node)));
    words.addAll(List.of("--cluster-replicas", Integer.toString(replicas), "--cluster-yes"));
    return cli(cliLauncher, words);
  }

  /**
   * Runs {@code redis-cli --cluster} and returns its output.
   *
   * @throws IOException if it fails; the message has its output
   */
  public String cli(List<String> words) throws IOException, InterruptedException {
    return cli(cliLauncher, words);
  }

  /** Like {@link #cli(List)}, for any nodes. */
  public static String cli(Path cliLauncher, List<String> words)
      throws IOException, InterruptedException {
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
        logfile "redis.log"
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
