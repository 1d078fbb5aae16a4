package io.redoubt.dist.process;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A master, two replicas and three sentinels as processes, each with its own folder and
 * configuration file. The first server is the initial master; later the sentinels decide.
 */
public final class Topology extends ProcessGroup {
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

  private final Path serverLauncher;
  private final Path sentinelLauncher;
  private final int downAfterMillis;
  private List<String> serverLines = List.of();

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
    super(folder, ports);
    this.serverLauncher = serverLauncher;
    this.sentinelLauncher = sentinelLauncher;
    this.downAfterMillis = downAfterMillis;
  }

  /** Adds lines to the servers' configuration files; to be called before {@link #start}. */
  public void configureServers(List<String> lines) {
    serverLines = List.copyOf(lines);
  }

  /**
   * Writes the configuration files, starts the servers and, once the replicas are online, the
   * sentinels.
   */
  public void start() throws IOException, InterruptedException {
    writeConfigurations();
    start(0, SERVERS);
    for (NodeProcess replica : servers().subList(1, SERVERS)) {
      replica.awaitInfo("master_link_status", "up", START_LIMIT);
    }
    start(SERVERS, NODES);
  }

  /** Returns the servers, in the order of their ports. */
  public List<NodeProcess> servers() {
    return nodes().subList(0, SERVERS);
  }

  /** Returns the sentinels, in the order of their ports. */
  public List<NodeProcess> sentinels() {
    return nodes().subList(SERVERS, NODES);
  }

  public NodeProcess server(int port) {
    return servers().stream().filter(node -> node.port() == port).findFirst().orElseThrow();
  }

  /** Returns the ports of the masters that the sentinels name: one if they agree. */
  public Set<Integer> namedMasters() throws IOException {
    Set<Integer> named = new TreeSet<>();
    for (NodeProcess sentinel : sentinels()) {
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
        throw new IOException("not stable within " + limit + " in " + folder());
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private boolean isStable(int master) throws IOException {
    for (NodeProcess server : servers()) {
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
    for (NodeProcess sentinel : sentinels()) {
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

  @Override
  Path launcher(int i) {
    return i < SERVERS ? serverLauncher : sentinelLauncher;
  }

  /** Returns the configuration file of a node: 0 to 2 are servers, 3 to 5 sentinels. */
  @Override
  public Path configuration(int i) {
    return i < SERVERS
        ? folder().resolve("server-" + port(i)).resolve("redis.conf")
        : folder().resolve("sentinel-" + port(i)).resolve("sentinel.conf");
  }

  @Override
  String settings(int i) {
    return i < SERVERS ? serverSettings(i) : sentinelSettings(i);
  }

  private String serverSettings(int i) {
    String text =
        String.format(
                Locale.ROOT,
                """
                port %d
                bind 127.0.0.1
                dir "%s"
                repl-diskless-sync-delay 0
                """,
                port(i),
                configuration(i).getParent())
            + serverLines.stream().map(line -> line + "\n").collect(Collectors.joining());
    return i == 0 ? text : text + "replicaof 127.0.0.1 " + port(0) + "\n";
  }

  private String sentinelSettings(int i) {
    return String.format(
        Locale.ROOT,
        """
        port %d
        bind 127.0.0.1
        dir "%s"
        sentinel monitor %s 127.0.0.1 %d %d
        sentinel down-after-milliseconds %s %d
        sentinel failover-timeout %s %d
        sentinel parallel-syncs %s 1
        """,
        port(i),
        configuration(i).getParent(),
        MASTER_NAME,
        port(0),
        QUORUM,
        MASTER_NAME,
        downAfterMillis,
        MASTER_NAME,
        FAILOVER_TIMEOUT_MILLIS,
        MASTER_NAME);
  }
}
