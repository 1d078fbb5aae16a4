package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.net.FreePorts;
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

  @Option(
      names = "--demo",
      description = "Write, kill the master, watch the failover and the return; exit 0 or 1.")
  private boolean demo;

  @Option(
      names = "--ports",
      split = ",",
      paramLabel = "PORT",
      description =
          "Six ports, comma separated: three servers, three sentinels (default: free ones).")
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

  @Option(names = "--sentinel", paramLabel = "FILE", description = "Another redis-sentinel to run.")
  private @Nullable Path sentinel;

  private Quickstart() {}

  /** Runs until the demo is over or Ctrl-C; exits with 0 on success. */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Quickstart()).execute(arguments));
  }

  /** Returns the folder above that of the launcher, or the current one without a launcher. */
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
    Topology topology =
        new Topology(
            place,
            server == null ? home.resolve("bin/redis-server") : server,
            sentinel == null ? home.resolve("bin/redis-sentinel") : sentinel,
            six,
            DOWN_AFTER_MILLIS);
    if (server == null && sentinel == null) {
      topology.serveMetrics(
          metricsPorts == null ? FreePorts.several(Topology.NODES) : metricsPorts);
    }
    // Runs after an ordinary exit and after Ctrl-C, so that no process and no temporary file
    // remains.
    AtomicBoolean keep = new AtomicBoolean(folder != null);
    Thread stop =
        new Thread(
            () -> {
              topology.close();
              if (!keep.get()) {
                topology.delete();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(stop);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try {
      topology.start();
      if (demo) {
        new Demo(topology, out).run();
      } else {
        new LiveView(topology, out).run();
      }
      return 0;
    } catch (Demo.Failure | IOException e) {
      keep.set(true);
      out.println("FAILED: " + e.getMessage());
      out.println("Configuration, logs and data: " + place);
      return 1;
    }
  }
}
