package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that may open no more files: it keeps its clients, and goes on when some are closed. */
final class OpenFilesIT {
  private static final int CLIENTS = 6;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private static long openFiles(Node node) throws IOException {
    try (var files = Files.list(Path.of("/proc/" + node.pid() + "/fd"))) {
      return files.count();
    }
  }

  /** Waits until the start has opened all files: it does so for a moment after the first reply. */
  private static void awaitOpenFiles(Node node) {
    await()
        .atMost(Distribution.LIMIT)
        .until(() -> {
          long before = openFiles(node);
          Thread.sleep(1000);
          return openFiles(node) == before;
        });
  }

  @Test
  void survivesTooManyOpenFiles() throws Exception {
    Node node = nodes.server(Kind.REDOUBT);
    node.ask("SET", "key", "value");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/prlimit")), "no prlimit here");
    awaitOpenFiles(node);
    List<RespClient> more = new ArrayList<>();
    try (RespClient client = node.connect()) {
      assertThat(client.call("PING")).isEqualTo(new Reply.Simple("PONG"));
      String limit = "--nofile=" + openFiles(node) + ":"; // the soft one
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
