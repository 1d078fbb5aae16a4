package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Snapshots saved by one kind of server are loaded by the other kind. */
final class RdbExchangeIT {
  private static final int CHANGES = 3_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @CsvSource({
    "REDOUBT,REAL,yes,yes",
    "REDOUBT,REAL,no,no",
    "REAL,REDOUBT,yes,yes",
    "REAL,REDOUBT,no,no"
  })
  void eachKindLoadsTheOthersSnapshot(Kind from, Kind to, String compression, String checksum)
      throws Exception {
    NodeProcess source =
        nodes.server(from, "--rdbcompression", compression, "--rdbchecksum", checksum);
    new Writes(Seed.random("RdbExchangeIT")).write(source, CHANGES);
    assertThat(source.ask("SAVE")).isEqualTo(new Reply.Simple("OK"));
    Map<String, String> saved = ServerContent.lasting(source);
    assertThat(saved).hasSizeGreaterThan(1_000);

    NodeProcess target = nodes.server(to);
    assertThat(Nodes.end(target, "TERM")).isZero();
    Files.copy(
        nodes.folder(source).resolve("dump.rdb"),
        nodes.folder(target).resolve("dump.rdb"),
        StandardCopyOption.REPLACE_EXISTING);
    target = nodes.restart(target);
    assertThat(ServerContent.differences(ServerContent.lasting(target), saved)).isEmpty();

    assertThat(target.ask("BGSAVE").text()).isEqualTo("Background saving started");
    target.awaitInfo("rdb_bgsave_in_progress", "0", Distribution.LIMIT);
    target.awaitInfo("rdb_last_bgsave_status", "ok", Distribution.LIMIT);
    source.kill();
    Files.copy(
        nodes.folder(target).resolve("dump.rdb"),
        nodes.folder(source).resolve("dump.rdb"),
        StandardCopyOption.REPLACE_EXISTING);
    source = nodes.restart(source);
    assertThat(ServerContent.differences(ServerContent.lasting(source), saved)).isEmpty();
  }
}
