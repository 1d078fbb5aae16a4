package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A chain of a master, its replica and a sub-replica, Redoubt and real Redis in turn. All three
 * agree key by key and share one replication id and offset, whatever happens to the middle node and
 * to the links during writes, and also after the promotion of the middle node.
 */
final class ReplicationChainIT {
  private static final int MASTER = 0;
  private static final int MIDDLE = 1;
  private static final int LAST = 2;
  private static final int FIRST_CHANGES = 2_000;

  @RegisterExtension private final Nodes nodes = new Nodes();

  private final Random random = Seed.random("ReplicationChainIT");
  private final Writes writes = new Writes(random);
  private final List<NodeProcess> chain = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({"REDOUBT,REDOUBT,REDOUBT", "REDOUBT,REAL,REDOUBT", "REAL,REDOUBT,REAL"})
  void agreesOnEveryKey(Kind first, Kind middle, Kind last) throws Exception {
    startMember(first);
    writes.write(chain.get(MASTER), FIRST_CHANGES);
    whileWriting(() -> {
      startMember(middle);
      return startMember(last);
    });
    agree();
    everyKeyAgrees();

    aCutLinkIsContinued(MASTER, MIDDLE);
    aCutLinkIsContinued(MIDDLE, LAST);
    everyKeyAgrees();

    whileWriting(() -> {
      chain.get(MIDDLE).kill();
      return chain.set(MIDDLE, nodes.restart(chain.get(MIDDLE)));
    });
    agree();
    everyKeyAgrees();

    aRestartIsContinued();
    everyKeyAgrees();

    theOneThatIsPromotedIsFollowed();
    everyKeyAgrees();
  }

  private NodeProcess startMember(Kind kind) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--repl-backlog-size", "256mb"));
    if (!chain.isEmpty()) {
      arguments.addAll(List.of("--replicaof", "127.0.0.1", chain.getLast().port() + ""));
    }
    NodeProcess node = nodes.server(kind, arguments.toArray(String[]::new));
    chain.add(node);
    return node;
  }

  /** Cuts the link once at each end; a partial sync sends the missing part of the stream. */
  private void aCutLinkIsContinued(int upper, int lower) throws Exception {
    NodeProcess source = chain.get(upper);
    NodeProcess replica = chain.get(lower);
    long partial = number(source, "sync_partial_ok");
    long full = number(source, "sync_full");
    whileWriting(() -> {
      assertThat(source.ask("CLIENT", "KILL", "TYPE", "replica").number()).isEqualTo(1);
      return await()
          .atMost(Distribution.LIMIT)
          .until(() -> number(source, "sync_partial_ok"), count -> count == partial + 1);
    });
    agree();
    whileWriting(() -> {
      assertThat(replica.ask("CLIENT", "KILL", "TYPE", "master").number()).isEqualTo(1);
      return await()
          .atMost(Distribution.LIMIT)
          .until(() -> number(source, "sync_partial_ok"), count -> count == partial + 2);
    });
    agree();
    assertThat(number(source, "sync_full")).isEqualTo(full);
  }

  /** A snapshot of a replica records the offset, so that the restarted process continues. */
  private void aRestartIsContinued() throws Exception {
    NodeProcess master = chain.get(MASTER);
    long partial = number(master, "sync_partial_ok");
    long full = number(master, "sync_full");
    whileWriting(() -> {
      chain.get(MIDDLE).ask("CONFIG", "SET", "save", "100000 100000");
      assertThat(Nodes.end(chain.get(MIDDLE), "TERM")).isZero();
      chain.set(MIDDLE, nodes.restart(chain.get(MIDDLE)));
      return await()
          .atMost(Distribution.LIMIT)
          .until(() -> number(master, "sync_partial_ok"), count -> count == partial + 1);
    });
    agree();
    assertThat(number(master, "sync_full")).isEqualTo(full);
  }

  /** Both other nodes continue with a partial sync. */
  private void theOneThatIsPromotedIsFollowed() throws Exception {
    NodeProcess promoted = chain.get(MIDDLE);
    NodeProcess former = chain.get(MASTER);
    long partial = number(promoted, "sync_partial_ok");
    long full = number(promoted, "sync_full");
    promoted.ask("REPLICAOF", "NO", "ONE");
    chain.set(MASTER, promoted);
    chain.set(MIDDLE, former);
    whileWriting(() -> {
      former.ask("REPLICAOF", "127.0.0.1", promoted.port() + "");
      return await()
          .atMost(Distribution.LIMIT)
          .until(() -> number(promoted, "sync_partial_ok"), count -> count == partial + 2);
    });
    agree();
    assertThat(number(promoted, "sync_full")).isEqualTo(full);
  }

  /** Runs an action while another thread writes to the master continuously. */
  private void whileWriting(Callable<?> act) throws Exception {
    Writes others = new Writes(Seed.from(random.nextLong()));
    List<Throwable> failures = new ArrayList<>();
    Thread writer =
        new Thread(() -> {
          try {
            others.writeUntilInterrupted(chain.get(MASTER));
          } catch (IOException | RuntimeException | AssertionError e) {
            failures.add(e);
          }
        });
    writer.start();
    try {
      act.call();
    } finally {
      writer.interrupt();
      writer.join();
    }
    assertThat(failures).isEmpty();
  }

  /** Waits until the offsets are equal, and asserts equal content. */
  private void agree() {
    for (NodeProcess replica : chain.subList(MIDDLE, chain.size())) {
      await()
          .atMost(Distribution.LIMIT)
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> {
            Map<String, String> master = chain.get(MASTER).info("replication");
            assertThat(replica.info("replication"))
                .containsEntry("role", "slave")
                .containsEntry("master_link_status", "up")
                .containsEntry("master_replid", master.get("master_replid"))
                .containsEntry("slave_repl_offset", master.get("master_repl_offset"))
                .containsEntry("master_repl_offset", master.get("master_repl_offset"));
          });
    }
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> {
          String digest = ServerContent.digest(chain.get(MASTER));
          assertThat(ServerContent.digest(chain.get(MIDDLE))).isEqualTo(digest);
          assertThat(ServerContent.digest(chain.get(LAST))).isEqualTo(digest);
        });
  }

  /** Asserts equal keys, except those about to expire: they may be gone on one node only. */
  private void everyKeyAgrees() {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> {
          Map<String, String> expected = ServerContent.of(chain.get(MASTER));
          assertThat(expected).hasSizeGreaterThan(1_000);
          assertThat(ServerContent.differences(ServerContent.of(chain.get(MIDDLE)), expected))
              .isEmpty();
          assertThat(ServerContent.differences(ServerContent.of(chain.get(LAST)), expected))
              .isEmpty();
          Map<String, String> groups = ServerContent.groups(chain.get(MASTER));
          assertThat(groups).hasSizeGreaterThan(10);
          assertThat(ServerContent.differences(ServerContent.groups(chain.get(MIDDLE)), groups))
              .isEmpty();
          assertThat(ServerContent.differences(ServerContent.groups(chain.get(LAST)), groups))
              .isEmpty();
        });
  }

  private static long number(NodeProcess node, String field) throws IOException {
    return Long.parseLong(node.info("stats").get(field));
  }
}
