package io.redoubt.server.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.check.RdbCheck;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the report of a corrupt RDB file in the log. */
final class CorruptFileReportTest {
  @TempDir private Path directory;

  /** Returns the log after a check of a file whose fields and last key contain a secret. */
  private String report(boolean hidden) throws IOException {
    String file =
        "REDIS0009\u00fa\tredis-ver\0057.2.6\u00fa\frepl-backlog\007secret1\u0000\007secret2\u00c5";
    Path path = directory.resolve("dump.rdb");
    Files.write(path, file.getBytes(StandardCharsets.ISO_8859_1));
    var text = new ByteArrayOutputStream();
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, text);
    log.setHidesUserData(hidden);
    new RdbCheck(new OsDisk(), new CorruptFileReport(log, Clock.system())).run(path, "dump.rdb");
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void hidesKeysAndTheDataOfFields() throws IOException {
    assertThat(report(true))
        .contains("AUX FIELD redis-ver = '7.2.6'", "AUX FIELD repl-backlog = '*redacted*'")
        .contains("Reading key '*redacted*'")
        .doesNotContain("secret");
    assertThat(report(false))
        .contains("AUX FIELD repl-backlog = 'secret1'", "Reading key 'secret2'");
  }
}
