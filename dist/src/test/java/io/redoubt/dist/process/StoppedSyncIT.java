package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Stops a replica while it receives a data set; no partly received file remains. */
final class StoppedSyncIT {
  private static final int LARGE = 2_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private NodeProcess master;
  private NodeProcess replica;
  private Path folder;

  @BeforeEach
  void receive() throws Exception {
    master = nodes.server(Kind.REAL, "--repl-diskless-sync", "yes", "--rdb-key-save-delay", "5000");
    master.ask("DEBUG", "POPULATE", Integer.toString(LARGE), "key", "1000");
    replica = nodes.server(Kind.REDOUBT, "--repl-diskless-load", "disabled");
    folder = nodes.folder(replica);
    replica.ask("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
    await().atMost(Distribution.LIMIT).until(() -> !received().isEmpty());
  }

  private List<String> received() throws IOException {
    try (var files = Files.list(folder)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("temp-"))
          .toList();
    }
  }

  @Test
  void deletesTheTemporaryFileOnASignal() throws Exception {
    assertThat(Nodes.end(replica, "TERM")).isZero();
    assertThat(received()).isEmpty();
    assertThat(Files.readString(replica.log())).doesNotContain("Exception");
  }

  @Test
  void deletesTheTemporaryFileOnReplicaof() throws Exception {
    assertThat(replica.ask("REPLICAOF", "NO", "ONE")).isEqualTo(new Reply.Simple("OK"));
    assertThat(received()).isEmpty();
    assertThat(replica.ask("PING")).isEqualTo(new Reply.Simple("PONG"));
  }

  /** Redis keeps the file of a killed process, too, because another process may be writing it. */
  @Test
  void aKilledReplicaKeepsTheFileAndRestarts() throws Exception {
    replica.kill();
    assertThat(received()).hasSize(1);
    replica = nodes.restart(replica);
    assertThat(replica.ask("DBSIZE").number()).isZero();
  }
}
