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
    NodeProcess master = server();
    NodeProcess replica = server("--replicaof", "127.0.0.1", master.port() + "");
    writes.write(master, CHANGES);
    ServerContent.agree(master, replica);
    await().atMost(Distribution.LIMIT).until(() -> isAppending(replica));

    assertThat(Nodes.end(replica, "TERM")).isZero();
    writes.write(master, CHANGES);
    NodeProcess second = nodes.restart(replica);
    ServerContent.agree(master, second);
    second.kill();
    writes.write(master, CHANGES);
    NodeProcess third = nodes.restart(second);
    ServerContent.agree(master, third);
    assertThat(master.info("stats"))
        .containsEntry("sync_full", "1")
        .containsEntry("sync_partial_ok", "2");

    assertThat(Nodes.end(master, "TERM")).isZero();
    NodeProcess restarted = nodes.restart(master);
    writes.write(restarted, CHANGES);
    ServerContent.agree(restarted, third);
    assertThat(restarted.info("stats"))
        .containsEntry("sync_full", "0")
        .containsEntry("sync_partial_ok", "1");

    // A key removed as a returning master would make its history differ from third's.
    ServerContent.awaitShortLivedRemoved(restarted);
    ServerContent.agree(restarted, third);
    restarted.kill();
    third.ask("REPLICAOF", "NO", "ONE");
    writes.write(third, CHANGES);
    NodeProcess returned = nodes.restart(restarted);
    returned.ask("REPLICAOF", "127.0.0.1", third.port() + "");
    ServerContent.agree(third, returned);
    assertThat(third.info("stats"))
        .containsEntry("sync_full", "0")
        .containsEntry("sync_partial_ok", "1");
  }

  private NodeProcess server(String... arguments) throws IOException, InterruptedException {
    List<String> all =
        new ArrayList<>(List.of("--appendonly", "yes", "--repl-backlog-size", "256mb"));
    all.addAll(List.of(arguments));
    return nodes.server(Kind.REDOUBT, all.toArray(String[]::new));
  }

  private static boolean isAppending(NodeProcess node) throws IOException {
    Map<String, String> persistence = node.info("persistence");
    return persistence.get("aof_enabled").equals("1")
        && persistence.get("aof_rewrite_in_progress").equals("0")
        && persistence.get("aof_rewrite_scheduled").equals("0");
  }
}
