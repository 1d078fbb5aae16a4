package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.ClusterNodes;
import io.redoubt.dist.process.ProcessGroup;
import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.process.Version;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command line of quickstart. */
@Command(
    name = "quickstart",
    description = "Starts a master, two replicas and three sentinels, and shows them until Ctrl-C.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Quickstart implements Callable<Integer> {
  private static final int DOWN_AFTER_MILLIS = 3_000;

  /** While other processes use all processors, a node may stall for more than three seconds. */
  private static final int NODE_TIMEOUT_MILLIS = 5_000;

  @Option(
      names = "--demo",
      description = "Write, kill the master, watch the failover and the return; exit 0 or 1.")
  private boolean demo;

  @Option(
      names = "--cluster",
      description =
          "A cluster instead: three masters and three replicas. A client counts while slots move"
              + " and a master is killed; then the cluster runs until Ctrl-C or, with --demo, ends"
              + " with 0 or 1.")
  private boolean cluster;

  @Option(
      names = "--ports",
      split = ",",
      paramLabel = "PORT",
      description =
          "Six ports, comma separated: three servers, three sentinels; or six nodes of a cluster"
              + " (default: free ones).")
  private @Nullable List<Integer> ports;

  @Option(
      names = "--metrics-ports",
      split = ",",
      paramLabel = "PORT",
      description = "Six ports of pages and metrics, in the same order (default: free ones).")
  private @Nullable List<Integer> metricsPorts;

  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      description =
          "Folder for configuration, logs and data, kept on exit (default: a temporary one).")
  private @Nullable Path folder;

  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description =
          "The unpacked distribution whose launchers to run (default: that of this program).")
  private Path home = ownHome();

  @Option(names = "--server", paramLabel = "FILE", description = "Another redis-server to run.")
  private @Nullable Path server;

  @Option(
      names = "--cli",
      paramLabel = "FILE",
      description = "Another redis-cli, which makes and changes the cluster.")
  private @Nullable Path cli;

  @Option(names = "--sentinel", paramLabel = "FILE", description = "Another redis-sentinel to run.")
  private @Nullable Path sentinel;

  private Quickstart() {}

  /** Runs until the demo is over or Ctrl-C; exits with 0 on success. */
  public static void main(String[] arguments) {
    CommandLine line = new CommandLine(new Quickstart());
    line.getCommandSpec().version(Version.ofThisProcess().describe());
    System.exit(line.execute(arguments));
  }

  /** Returns the parent of the launcher's folder, or the current folder without a launcher. */
  private static Path ownHome() {
    return Path.of(System.getProperty("redoubt.launcher", "bin/redoubt-quickstart"))
        .resolve("../..")
        .normalize();
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Integer> six = ports == null ? FreePorts.several(Topology.NODES) : ports;
    if (six.size() != Topology.NODES) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--ports takes " + Topology.NODES + " ports, not " + six.size());
    }
    if (metricsPorts != null && metricsPorts.size() != Topology.NODES) {
      throw new CommandLine.ParameterException(
          new CommandLine(this), "--metrics-ports takes " + Topology.NODES + " ports");
    }
    Path place = folder == null ? Files.createTempDirectory("redoubt-quickstart-") : folder;
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    return cluster ? runCluster(place, six, out) : runGroup(place, six, out);
  }

  private int runGroup(Path place, List<Integer> six, PrintStream out) throws InterruptedException {
    Topology topology =
        new Topology(
            place,
            server == null ? home.resolve("bin/redis-server") : server,
            sentinel == null ? home.resolve("bin/redis-sentinel") : sentinel,
            six,
            DOWN_AFTER_MILLIS);
    if (server == null && sentinel == null) {
      topology.serveMetrics(metricsPorts());
    }
    AtomicBoolean keep = stopAtExit(topology);
    try {
      out.println("Starting three servers and three sentinels in " + place);
      topology.start();
      if (demo) {
        new Demo(topology, out).run();
      } else {
        new LiveView(topology, out).run();
      }
      return 0;
    } catch (Steps.Failure | IOException e) {
      return failed(place, topology, out, e, keep);
    }
  }

  private int runCluster(Path place, List<Integer> six, PrintStream out)
      throws InterruptedException {
    ClusterNodes nodes =
        new ClusterNodes(
            place,
            server == null ? home.resolve("bin/redis-server") : server,
            cli == null ? home.resolve("bin/redis-cli") : cli,
            six,
            FreePorts.several(ClusterNodes.NODES),
            NODE_TIMEOUT_MILLIS);
    if (server == null) {
      nodes.serveMetrics(metricsPorts());
    }
    AtomicBoolean keep = stopAtExit(nodes);
    try {
      out.println("Starting six nodes of a cluster in " + place);
      nodes.start();
      new ClusterDemo(nodes, out).run();
      if (!demo) {
        out.println("The cluster runs until Ctrl-C.");
        Thread.currentThread().join();
      }
      return 0;
    } catch (Steps.Failure | IOException e) {
      return failed(place, nodes, out, e, keep);
    }
  }

  private List<Integer> metricsPorts() {
    return metricsPorts == null ? FreePorts.several(Topology.NODES) : metricsPorts;
  }

  /**
   * Ends all processes after an ordinary exit and after Ctrl-C, and deletes a temporary folder
   * unless the returned value is set.
   */
  private AtomicBoolean stopAtExit(ProcessGroup group) {
    AtomicBoolean keep = new AtomicBoolean(folder != null);
    Thread stop =
        new Thread(
            () -> {
              group.close();
              if (!keep.get()) {
                group.delete();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(stop);
    return keep;
  }

  /** Prints where the files are, and the error last. */
  private static int failed(
      Path place, ProcessGroup group, PrintStream out, Exception e, AtomicBoolean keep) {
    keep.set(true);
    out.println("Configuration and data: " + place);
    out.println("Logs:                   " + place + "/*/*.log");
    ProcessPauses.describe(group.nodes()).ifPresent(pauses -> out.println("Perhaps " + pauses));
    out.println("FAILED: " + e.getMessage());
    return 1;
  }
}
