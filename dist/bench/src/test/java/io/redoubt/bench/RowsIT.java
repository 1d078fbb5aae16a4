package io.redoubt.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.bench.load.ClosedLoop;
import io.redoubt.bench.load.Subject;
import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.rows.Row;
import io.redoubt.bench.rows.RowGroup;
import io.redoubt.bench.rows.RowTable;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** All rows of {@code cpu --all}, each requested a few times. */
final class RowsIT {
  @TempDir private Path folder;

  @Test
  @Timeout(300)
  void everyRowSucceedsOnTheDistribution() throws Exception {
    assertThat(failures(distribution().resolve("bin/redis-server"))).isEmpty();
  }

  @Test
  @Timeout(300)
  void everyRowSucceedsOnRedis() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    assertThat(failures(Path.of("/usr/bin/redis-server"))).isEmpty();
  }

  @Test
  @Timeout(60)
  void everyCommandOfRedisHasARow() throws Exception {
    RealRedis.assumeInstalled("redis-server");
    try (MeasuredServer redis = start(Path.of("/usr/bin/redis-server"))) {
      List<String> commands =
          redis.ask("COMMAND", "LIST").elements().stream().map(Reply::text).toList();
      assertThat(commands).hasSizeGreaterThan(300);
      assertThat(RowTable.read().missing(commands)).isEmpty();
    }
  }

  private static Path distribution() throws IOException {
    try (Stream<Path> folders = Files.list(Path.of("../target"))) {
      return folders
          .filter(path -> Files.isDirectory(path.resolve("bin")))
          .filter(path -> path.getFileName().toString().startsWith("redoubt-"))
          .findFirst()
          .orElseThrow()
          .toAbsolutePath();
    }
  }

  private MeasuredServer start(Path launcher) throws IOException, InterruptedException {
    MeasuredServer server =
        MeasuredServer.start("server", launcher, Map.of(), FreePorts.one(), folder);
    server.awaitReady();
    return server;
  }

  private List<String> failures(Path launcher) throws IOException, InterruptedException {
    List<String> failures = new ArrayList<>();
    RowTable table = RowTable.read();
    try (MeasuredServer server = start(launcher);
        Subject subject = new Subject(server, table)) {
      for (RowGroup group : table.groups()) {
        subject.prepare(group);
        for (Row row : group.rows()) {
          ClosedLoop.Batch batch = subject.batch(row, 2);
          try {
            subject.loop().run(batch, 2, 8);
            assertThat(subject.loop().receivedBytes()).as(row.title()).isPositive();
          } catch (IOException e) {
            failures.add(row.title() + ": " + e.getMessage());
          }
        }
      }
    }
    return failures;
  }
}
