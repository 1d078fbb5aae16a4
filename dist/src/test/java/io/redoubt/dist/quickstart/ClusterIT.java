package io.redoubt.dist.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.ClusterNodes;
import io.redoubt.dist.process.Kind;
import io.redoubt.protocol.net.FreePorts;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the complete demo of a cluster with Redoubt alone and with either program of real Redis. */
final class ClusterIT {
  private static final int NODE_TIMEOUT_MILLIS = 3_000;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({"REDOUBT,REDOUBT", "REAL,REDOUBT", "REDOUBT,REAL"})
  void slotsMoveAndAReplicaTakesOver(Kind server, Kind cli) throws Exception {
    List<Integer> ports = FreePorts.several(2 * ClusterNodes.NODES);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (ClusterNodes cluster =
        new ClusterNodes(
            folder,
            server.server(),
            cli.cli(),
            ports.subList(0, ClusterNodes.NODES),
            ports.subList(ClusterNodes.NODES, 2 * ClusterNodes.NODES),
            NODE_TIMEOUT_MILLIS)) {
      cluster.start();
      new ClusterDemo(cluster, new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
    } finally {
      System.out.print(printed.toString(StandardCharsets.UTF_8));
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("moved 200 slots", "killed the master", "none is lost", "slots covered; done");
  }
}
