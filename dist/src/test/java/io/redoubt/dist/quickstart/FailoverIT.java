package io.redoubt.dist.quickstart;

import io.redoubt.dist.process.Kind;
import io.redoubt.dist.process.Topologies;
import io.redoubt.dist.process.Topology;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs the complete demo with Redoubt alone and together with real Redis: each kind of sentinel
 * over each kind of server.
 */
final class FailoverIT {
  private static final int DOWN_AFTER_MILLIS = 3_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"REDOUBT,REDOUBT", "REDOUBT,REAL", "REAL,REDOUBT"})
  void aReplicaTakesOverAndTheOldMasterReturns(Kind server, Kind sentinel) throws Exception {
    try (Topology topology = Topologies.create(folder, server, sentinel, DOWN_AFTER_MILLIS)) {
      topology.start();
      new Demo(topology, System.out).run();
    }
  }
}
