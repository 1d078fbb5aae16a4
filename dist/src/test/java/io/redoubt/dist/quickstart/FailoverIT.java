package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.Topology;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the complete demo with Redoubt alone and beside real Redis: each kind of sentinel over each
 * kind of server.
 */
final class FailoverIT {
  private static final Path HOME = Path.of(System.getProperty("redoubt.home"));

  private static final int DOWN_AFTER_MILLIS = 3_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"redoubt,redoubt", "redoubt,real", "real,redoubt"})
  void aReplicaTakesOverAndTheOldMasterReturns(String server, String sentinel) throws Exception {
    Path serverLauncher = launcher(server, "redis-server");
    Path sentinelLauncher = launcher(sentinel, "redis-sentinel");
    try (Topology topology =
        new Topology(
            folder,
            serverLauncher,
            sentinelLauncher,
            FreePorts.several(Topology.NODES),
            DOWN_AFTER_MILLIS)) {
      topology.start();
      new Demo(topology, System.out).run();
    }
  }

  private static Path launcher(String kind, String program) {
    if (kind.equals("real")) {
      RealRedis.assumeInstalled(program);
      return RealRedis.program(program);
    }
    return HOME.resolve("bin/" + program);
  }
}
