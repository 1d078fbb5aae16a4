package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Backup and restore by the scripts of the folder moving. */
final class BackupIT {
  private static final Path MOVING = Distribution.HOME.resolve("moving");

  @RegisterExtension private final Nodes nodes = new Nodes();

  @Test
  void aBackupIsRestoredInEitherForm() throws Exception {
    Node server = nodes.server(Kind.REDOUBT);
    server.ask("EVAL", "for i = 1, 500 do redis.call('HSET', 'h' .. i % 50, i, i) end", "0");
    String digest = server.ask("DEBUG", "DIGEST").text();
    Path backup = nodes.folder("backup").resolve("dump.rdb");
    String address = "127.0.0.1:" + server.port();
    assertThat(moving("backup", address, backup.toString()).status()).isZero();
    assertThat(moving("backup", address, backup.toString()).status()).isZero();
    try (var files = Files.list(backup.getParent())) {
      assertThat(files).containsExactly(backup);
    }

    Path plain = nodes.folder("plain");
    assertThat(moving("restore", backup.toString(), plain.toString()).status()).isZero();
    assertThat(started(plain, "no").ask("DEBUG", "DIGEST").text()).isEqualTo(digest);
    Path append = nodes.folder("append");
    String form = "--appendonly";
    assertThat(moving("restore", form, backup.toString(), append.toString()).status()).isZero();
    assertThat(started(append, "yes").ask("DEBUG", "DIGEST").text()).isEqualTo(digest);

    Result again = moving("restore", backup.toString(), plain.toString());
    assertThat(again.status()).isEqualTo(1);
    assertThat(again.output()).contains("has a dump.rdb");
  }

  @Test
  void aDamagedBackupDoesNotReplaceTheLastOne() throws Exception {
    Path backup = nodes.folder("backup").resolve("dump.rdb");
    Files.writeString(backup, "the last one");
    Result result = moving("backup", "127.0.0.1:" + FreePorts.one(), backup.toString());
    assertThat(result.status()).isEqualTo(1);
    assertThat(Files.readString(backup)).isEqualTo("the last one");
    Path empty = nodes.folder("empty");
    assertThat(moving("restore", backup.toString(), empty.toString()).output())
        .contains("is damaged");
    assertThat(empty).isEmptyDirectory();
  }

  private static Result moving(String script, String... arguments) throws Exception {
    String[] command = new String[arguments.length + 1];
    command[0] = MOVING.resolve(script).toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return Distribution.run(Map.of(), command);
  }

  private Node started(Path place, String appendonly) throws Exception {
    int port = FreePorts.one();
    Node node =
        nodes.launch(
            Kind.REDOUBT.server(),
            place,
            port,
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--dir",
            place.toString(),
            "--appendonly",
            appendonly,
            "--enable-debug-command",
            "yes");
    node.awaitPong(Distribution.LIMIT);
    return node;
  }
}
