package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Servers with an append-only file shut down or are killed, and restart. Each resumes the stream at
 * its offset: as a replica, as a master, and as a replica of its successor.
 */
final class RestartIT {
  private static final int CHANGES = 200;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Random random = Seed.random("RestartIT");
  private final Writes writes = new Writes(random);

  @Test
  void noNodeNeedsAFullSync() throws Exception {
    Node master = server();
    Node replica = server("--replicaof", "127.0.0.1", master.port() + "");
    writes.write(master, CHANGES);
    Content.agree(master, replica);
    await().atMost(Distribution.LIMIT).until(() -> isAppending(replica));

    assertThat(Nodes.end(replica, "TERM")).isZero();
    writes.write(master, CHANGES);
    Node second = nodes.restart(replica);
    Content.agree(master, second);
    second.kill();
    writes.write(master, CHANGES);
    Node third = nodes.restart(second);
    Content.agree(master, third);
    assertThat(master.info("stats"))
        .containsEntry("sync_full", "1")
        .containsEntry("sync_partial_ok", "2");

    assertThat(Nodes.end(master, "TERM")).isZero();
    Node restarted = nodes.restart(master);
    writes.write(restarted, CHANGES);
    Content.agree(restarted, third);
    assertThat(restarted.info("stats"))
        .containsEntry("sync_full", "0")
        .containsEntry("sync_partial_ok", "1");

    // A key removed as a returning master would make its history differ from third's.
    Content.awaitShortLivedRemoved(restarted);
    Content.agree(restarted, third);
    restarted.kill();
    third.ask("REPLICAOF", "NO", "ONE");
    writes.write(third, CHANGES);
    Node returned = nodes.restart(restarted);
    returned.ask("REPLICAOF", "127.0.0.1", third.port() + "");
    Content.agree(third, returned);
    assertThat(third.info("stats"))
        .containsEntry("sync_full", "0")
        .containsEntry("sync_partial_ok", "1");
  }

  private Node server(String... arguments) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(List.of("--appendonly", "yes", "--repl-backlog-size", "256mb"));
    all.addAll(List.of(arguments));
    return nodes.server(Kind.REDOUBT, all.toArray(String[]::new));
  }

  private static boolean isAppending(Node node) throws IOException {
    Map<String, String> persistence = node.info("persistence");
    return persistence.get("aof_enabled").equals("1")
        && persistence.get("aof_rewrite_in_progress").equals("0")
        && persistence.get("aof_rewrite_scheduled").equals("0");
  }
}
