package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.ConfToYaml;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Starts with the configuration files of old and new versions of Redis, and with their YAML forms.
 * Tests of the modules read the files of the versions between.
 */
final class StockFilesIT {
  private static final Path SERVER_FILES =
      Path.of("../server/src/test/resources/io/redoubt/server/settings");
  private static final Path SENTINEL_FILES =
      Path.of("../sentinel/src/test/resources/io/redoubt/sentinel/runtime");

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @ValueSource(strings = {"2.8", "7.2"})
  void startAServerAndASentinel(String version) throws Exception {
    String conf = Files.readString(SERVER_FILES.resolve("active-lines-" + version + ".conf"));
    String sentinel = Files.readString(SENTINEL_FILES.resolve("sentinel-" + version + ".conf"));
    List<NodeProcess> started =
        List.of(
            launch(Kind.REDOUBT.server(), "redis.conf", conf),
            launch(Kind.REDOUBT.server(), "redis.yaml", ConfToYaml.convert(conf)),
            launch(Kind.REDOUBT.sentinel(), "sentinel.conf", sentinel),
            launch(Kind.REDOUBT.sentinel(), "sentinel.yaml", ConfToYaml.convert(sentinel)));
    assertThat(started.get(1).ask("CONFIG", "GET", "save").elements().getLast().text())
        .isEqualTo(started.get(0).ask("CONFIG", "GET", "save").elements().getLast().text());
    for (NodeProcess node : started.subList(2, 4)) {
      assertThat(node.ask("SENTINEL", "MASTERS").elements()).hasSize(1);
      assertThat(Files.readString(nodes.folder(node).resolve("output"))).doesNotContain("Failed");
    }
  }

  private NodeProcess launch(Path launcher, String name, String text)
      throws IOException, InterruptedException {
    int port = FreePorts.one();
    Path folder = nodes.folder(name + "-" + port);
    Path file = Files.writeString(folder.resolve(name), text);
    NodeProcess node =
        nodes.launch(
            launcher,
            folder,
            port,
            file.toString(),
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--dir",
            folder.toString(),
            "--pidfile",
            folder.resolve("pid").toString());
    node.awaitPong(Distribution.LIMIT);
    return node;
  }

  @Test
  void aWrongFileIsShownWithItsPlace() throws Exception {
    Path file =
        Files.writeString(
            nodes.folder("wrong").resolve("redis.yaml"),
            "# mine\nmaxmemory-policy: allkeys\nsave:\n  - 900 1\n  - 60 x\nmaxclient: 5\n");
    Distribution.Result started = run(Kind.REDOUBT.server(), file.toString());
    assertThat(started.status()).isEqualTo(1);
    assertThat(started.output())
        .contains("at line 2, column 19\n>>> 'maxmemory-policy allkeys'\n")
        .contains("argument(s) must be one of the following: volatile-lru");

    Distribution.Result checked = run(Kind.REDOUBT.server(), "--check-config", file.toString());
    assertThat(checked.status()).isEqualTo(1);
    assertThat(checked.output())
        .contains(file + ":2:19: 'maxmemory-policy allkeys': argument(s) must be one of")
        .contains(file + ":4:3: 'save 900 1 60 x': Invalid save parameters\n  Hint: save: Save")
        .contains(file + ":6:12: 'maxclient 5': ")
        .contains("did you mean 'maxclients'");
  }

  @Test
  void aWrongSentinelFileIsShownWithItsPlace() throws Exception {
    Path file =
        Files.writeString(
            nodes.folder("wrong").resolve("sentinel.yaml"),
            """
            sentinel:
              - monitor mymaster 127.0.0.1 6379 2
              - down-after-milliseconds mymaster soon
            """);
    Distribution.Result checked = run(Kind.REDOUBT.sentinel(), "--check-config", file.toString());
    assertThat(checked.status()).isEqualTo(1);
    assertThat(checked.output())
        .contains(file + ":3:5: 'sentinel down-after-milliseconds mymaster soon': ");
  }

  private static Distribution.Result run(Path launcher, String... arguments)
      throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 1];
    command[0] = launcher.toString();
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    return Distribution.run(Map.of(), command);
  }
}
