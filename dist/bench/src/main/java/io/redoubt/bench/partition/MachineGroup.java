package io.redoubt.bench.partition;

import io.redoubt.dist.process.NodeProcess;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A master and two replicas, each on its own machine with a sentinel; further machines have only a
 * sentinel. The first machine has the initial master.
 */
public final class MachineGroup implements AutoCloseable {
  /** The number of servers. */
  public static final int SERVERS = 3;

  /** The port of each server. */
  public static final int SERVER_PORT = 6379;

  /** The port of each sentinel. */
  public static final int SENTINEL_PORT = 26379;

  private static final String MASTER_NAME = "mymaster";
  private static final Duration START_LIMIT = Duration.ofSeconds(180);
  private static final int POLL_MILLIS = 50;
  private static final int CALL_TIMEOUT_MILLIS = 1_000;

  private final MachineNetwork network;
  private final Path folder;
  private final Programs programs;
  private final int machines;
  private final int downAfterMillis;
  private final List<NodeProcess> servers = new ArrayList<>();
  private final List<NodeProcess> sentinels = new ArrayList<>();

  /**
   * The programs and their configuration.
   *
   * @param server the launcher of servers
   * @param sentinel the launcher of sentinels
   * @param serverLines more lines of redis.conf
   * @param sentinelLines more lines of sentinel.conf
   * @param environment environment variables of the first server
   */
  public record Programs(
      Path server,
      Path sentinel,
      List<String> serverLines,
      List<String> sentinelLines,
      Map<String, String> environment) {}

  /**
   * Creates a group without starting it.
   *
   * @param folder receives the files of its processes
   * @param machines the number of machines of the network
   */
  public MachineGroup(
      MachineNetwork network, Path folder, Programs programs, int machines, int downAfterMillis) {
    this.network = network;
    this.folder = folder;
    this.programs = programs;
    this.machines = machines;
    this.downAfterMillis = downAfterMillis;
  }

  /** Starts the servers and then the sentinels, and waits until they have discovered each other. */
  public void start() throws IOException, InterruptedException {
    for (int i = 0; i < SERVERS; i++) {
      Files.createDirectories(serverFolder(i));
      Files.writeString(serverFolder(i).resolve("redis.conf"), serverConfiguration(i));
      servers.add(startServer(i));
    }
    for (NodeProcess server : servers) {
      server.awaitPong(START_LIMIT);
    }
    for (NodeProcess replica : servers.subList(1, SERVERS)) {
      replica.awaitInfo("master_link_status", "up", START_LIMIT);
    }
    for (int i = 0; i < machines; i++) {
      Path place = Files.createDirectories(folder.resolve("sentinel-" + i));
      Files.writeString(place.resolve("sentinel.conf"), sentinelConfiguration(place));
      List<String> command = new ArrayList<>(network.on(i));
      command.add(programs.sentinel().toString());
      command.add(place.resolve("sentinel.conf").toString());
      sentinels.add(
          NodeProcess.start(
              command,
              Map.of(),
              MachineNetwork.host(i),
              SENTINEL_PORT,
              place.resolve("sentinel.log")));
    }
    for (NodeProcess sentinel : sentinels) {
      sentinel.awaitPong(START_LIMIT);
    }
  }

  private Path serverFolder(int machine) {
    return folder.resolve("server-" + machine);
  }

  private NodeProcess startServer(int machine) throws IOException {
    List<String> command = new ArrayList<>(network.on(machine));
    command.add(programs.server().toString());
    command.add(serverFolder(machine).resolve("redis.conf").toString());
    return NodeProcess.start(
        command,
        machine == 0 ? programs.environment() : Map.of(),
        MachineNetwork.host(machine),
        SERVER_PORT,
        serverFolder(machine).resolve("redis.log"));
  }

  private String serverConfiguration(int machine) {
    StringBuilder text = new StringBuilder();
    text.append("port ").append(SERVER_PORT).append("\nbind 0.0.0.0\nprotected-mode no\n");
    text.append("dir \"").append(serverFolder(machine)).append("\"\n");
    text.append("save \"\"\nrepl-diskless-sync-delay 0\n");
    programs.serverLines().forEach(line -> text.append(line).append('\n'));
    if (machine > 0) {
      text.append("replicaof ").append(MachineNetwork.host(0)).append(' ');
      text.append(SERVER_PORT).append('\n');
    }
    return text.toString();
  }

  private String sentinelConfiguration(Path place) {
    StringBuilder text = new StringBuilder();
    text.append("port ").append(SENTINEL_PORT).append("\nbind 0.0.0.0\nprotected-mode no\n");
    text.append("dir \"").append(place).append("\"\n");
    text.append(
        String.format(
            Locale.ROOT,
            "sentinel monitor %s %s %d %d\n",
            MASTER_NAME,
            MachineNetwork.host(0),
            SERVER_PORT,
            machines / 2 + 1));
    text.append(
        String.format(
            Locale.ROOT, "sentinel down-after-milliseconds %s %d\n", MASTER_NAME, downAfterMillis));
    text.append(String.format(Locale.ROOT, "sentinel failover-timeout %s 10000\n", MASTER_NAME));
    programs.sentinelLines().forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  /** Restarts the server of a machine, whose process has ended. */
  public void restart(int machine) throws IOException {
    servers.set(machine, startServer(machine));
  }

  public NodeProcess server(int machine) {
    return servers.get(machine);
  }

  /**
   * Opens a connection to the master according to one of the sentinels.
   *
   * @param from the first machine whose sentinel may be asked
   * @param firstReachable the first machine that can be reached
   */
  public RespClient connectToMaster(int from, int firstReachable) throws IOException {
    IOException failure = new IOException("no sentinel");
    for (int i = from; i < machines; i++) {
      try {
        int master = namedMaster(i);
        if (master >= firstReachable) {
          return connect(master);
        }
      } catch (IOException e) {
        failure = e;
      }
    }
    throw failure;
  }

  /** Opens a connection to the server of a machine. */
  public RespClient connect(int machine) throws IOException {
    return RespClient.connect(MachineNetwork.host(machine), SERVER_PORT, CALL_TIMEOUT_MILLIS);
  }

  private int namedMaster(int sentinel) throws IOException {
    Reply address = sentinels.get(sentinel).ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
    for (int i = 0; i < SERVERS; i++) {
      if (address.elements().getFirst().text().equals(MachineNetwork.host(i))) {
        return i;
      }
    }
    throw new IOException("a sentinel names " + address);
  }

  /**
   * Waits until the sentinels name one master and the other servers are its replicas.
   *
   * @return the machine of the master
   */
  public int awaitStable(Duration limit) throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        int master = namedMaster(0);
        if (isStable(master)) {
          return master;
        }
      } catch (IOException e) {
        // A process is starting, or a sentinel has closed the connections of a replica.
      }
      if (System.nanoTime() > end) {
        throw new IOException("not stable within " + limit + " in " + folder);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private boolean isStable(int master) throws IOException {
    for (int i = 0; i < machines; i++) {
      Reply others = sentinels.get(i).ask("SENTINEL", "SENTINELS", MASTER_NAME);
      Reply replicas = sentinels.get(i).ask("SENTINEL", "REPLICAS", MASTER_NAME);
      if (namedMaster(i) != master
          || others.elements().size() != machines - 1
          || replicas.elements().size() != SERVERS - 1) {
        return false;
      }
    }
    for (int i = 0; i < SERVERS; i++) {
      Map<String, String> info = servers.get(i).info("replication");
      boolean right =
          i == master
              ? "master".equals(info.get("role"))
              : MachineNetwork.host(master).equals(info.get("master_host"))
                  && "up".equals(info.get("master_link_status"));
      if (!right) {
        return false;
      }
    }
    return true;
  }

  /** Kills all processes without a shutdown. */
  @Override
  public void close() {
    List<NodeProcess> all = new ArrayList<>(sentinels);
    all.addAll(servers);
    for (NodeProcess node : all) {
      try {
        node.kill();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
