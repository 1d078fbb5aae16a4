package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Condition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A server at its limit of open files keeps its clients, and accepts new ones when some are closed.
 */
final class OpenFilesIT {
  private static final int CLIENTS = 6;

  @RegisterExtension private final Nodes nodes = new Nodes();

  /** Returns the files, sockets and devices that a process has open. */
  private static List<String> openFiles(NodeProcess node) throws IOException {
    List<String> open = new ArrayList<>();
    try (var files = Files.list(Path.of("/proc/" + node.pid() + "/fd"))) {
      for (Path file : files.toList()) {
        try {
          open.add(Files.readSymbolicLink(file).toString());
        } catch (NoSuchFileException closed) {
          // closed since the list was read
        }
      }
    }
    return open;
  }

  /**
   * Waits until the server has opened all its permanent files, a moment after the first reply:
   * first its jars, and last the two devices of Java's cryptography, one of which the server itself
   * had opened before.
   */
  private static void awaitOpenFiles(NodeProcess node) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() ->
            assertThat(openFiles(node))
                .contains("/dev/random")
                .haveExactly(2, new Condition<>("/dev/urandom"::equals, "/dev/urandom")));
  }

  @Test
  void survivesTooManyOpenFiles() throws Exception {
    NodeProcess node = nodes.server(Kind.REDOUBT);
    node.ask("SET", "key", "value");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "no prlimit here");
    awaitOpenFiles(node);
    node.ask("COMMAND", "DOCS"); // requires a result of a start-up thread
    List<RespClient> more = new ArrayList<>();
    try (RespClient client = node.connect()) {
      assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
      String limit = "--nofile=" + openFiles(node).size() + ":"; // the soft limit
      Distribution.run(Map.of(), "prlimit", "--pid", node.pid() + "", limit);
      for (int i = 0; i < CLIENTS; i++) {
        more.add(RespClient.connect("127.0.0.1", node.port())); // waits to be accepted
      }
      assertThat(client.call("SAVE").isError()).isTrue();
      assertThat(client.call("EVAL", "return 1", "0"))
          .isEqualTo(
              new Reply.Error(
                  "ERR Scripts cannot be run here: Lua's native library cannot be loaded: Too many"
                      + " open files"));
      assertThat(client.call("REPLICAOF", "127.0.0.1", "1")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("REPLICAOF", "NO", "ONE")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("GET", "key").text()).isEqualTo("value");
      assertThat(Files.readString(node.log()))
          .containsPattern("Failed opening the temp RDB file .*: Too many open files")
          .contains("Unable to connect to MASTER: Too many open files\n");
      Distribution.run(Map.of(), "prlimit", "--pid", node.pid() + "", "--nofile=1024:");
      assertThat(client.call("SAVE")).isEqualTo(new Reply.Simple("OK"));
      assertThat(client.call("EVAL", "return 1", "0")).isEqualTo(new Reply.Integer(1));
    } finally {
      for (RespClient each : more) {
        each.close();
      }
    }
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> assertThat(node.ask("PING")).isEqualTo(new Reply.Simple("PONG")));
  }
}
