package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests chains of Redoubt and real servers, each as the master and as the replica of the other. */
class RedisInteropTest {
  @TempDir private Path directory;
  private final Random random = Seed.random("RedisInteropTest");

  @BeforeEach
  void onlyWithRedis() {
    RealRedis.assumeInstalled();
  }

  @Test
  void replicatesThroughARealReplica() throws Exception {
    try (ReplicationNode first = ours();
        ReplicationNode second = real();
        ReplicationNode third = ours()) {
      chain(first, second, third);
    }
  }

  @Test
  void replicatesBetweenRealServers() throws Exception {
    try (ReplicationNode first = real();
        ReplicationNode second = ours();
        ReplicationNode third = real()) {
      chain(first, second, third);
    }
  }

  @Test
  void aChainSurvivesTheLossOfItsMiddle() throws Exception {
    try (ReplicationNode first = ours();
        ReplicationNode third = ours()) {
      traffic(first);
      try (ReplicationNode second = real()) {
        follow(second, first);
        follow(third, second);
      }
      traffic(first);
      try (ReplicationNode second = real()) {
        follow(second, first);
        follow(third, second);
        assertSame(first, second, third);
      }
    }
  }

  @Test
  void realServersResumeBelowOurPromotedReplica() throws Exception {
    try (ReplicationNode old = real();
        ReplicationNode promoted = ours();
        ReplicationNode sibling = real()) {
      traffic(old);
      follow(promoted, old);
      follow(sibling, old);
      promote(old, promoted, sibling);
      assertThat(promoted.info("stats")).containsEntry("sync_full", "0");
    }
  }

  @Test
  void ourServersResumeBelowARealPromotedReplica() throws Exception {
    try (ReplicationNode old = ours();
        ReplicationNode promoted = real();
        ReplicationNode sibling = ours()) {
      traffic(old);
      follow(promoted, old);
      follow(sibling, old);
      promote(old, promoted, sibling);
      assertThat(promoted.info("stats")).containsEntry("sync_full", "0");
    }
  }

  @Test
  void receivesWritesMadeDuringAFullSync() throws Exception {
    try (ReplicationNode master = ours();
        ReplicationNode real = real();
        ReplicationNode ours = ours()) {
      String value = "x".repeat(1_000);
      for (int i = 0; i < 5_000; i++) {
        master.ask("SET key:" + i + " " + value);
      }
      real.ask("REPLICAOF 127.0.0.1 " + master.port());
      ours.ask("REPLICAOF 127.0.0.1 " + master.port());
      until(
          "both to be online while the master writes",
          () -> {
            for (int i = 0; i < 500; i++) {
              master.ask("SET key:" + random.nextInt(5_000) + " " + i);
            }
            return master.info("replication", "slave0").contains("state=online")
                && master.info("replication", "slave1").contains("state=online");
          });
      traffic(master);
      real.untilInSyncWith(master);
      ours.untilInSyncWith(master);
      assertSame(master, real, ours);
    }
  }

  /**
   * Starts a server whose backlog holds all traffic of a test, which may exceed Redis' default of
   * one megabyte.
   */
  private ReplicationNode ours() throws Exception {
    return ReplicationNode.ours(directory, "repl-backlog-size 16mb");
  }

  private ReplicationNode real() throws Exception {
    return ReplicationNode.real(directory, "--repl-backlog-size", "16mb");
  }

  private void chain(ReplicationNode first, ReplicationNode second, ReplicationNode third)
      throws Exception {
    traffic(first);
    follow(second, first);
    follow(third, second);
    assertSame(first, second, third);
    traffic(first);
    second.untilInSyncWith(first);
    third.untilInSyncWith(first);
    assertSame(first, second, third);
    second.ask("CLIENT KILL TYPE master");
    traffic(first);
    second.untilInSyncWith(first);
    third.untilInSyncWith(first);
    assertSame(first, second, third);
    assertThat(first.info("stats"))
        .containsEntry("sync_full", "1")
        .containsEntry("sync_partial_ok", "1");
  }

  private void promote(ReplicationNode old, ReplicationNode promoted, ReplicationNode sibling)
      throws Exception {
    traffic(old);
    promoted.untilInSyncWith(old);
    sibling.untilInSyncWith(old);
    promoted.ask("REPLICAOF NO ONE");
    promoted.ask("CONFIG RESETSTAT");
    traffic(promoted);
    sibling.ask("REPLICAOF 127.0.0.1 " + promoted.port());
    sibling.untilInSyncWith(promoted);
    old.ask("REPLICAOF 127.0.0.1 " + promoted.port());
    old.untilInSyncWith(promoted);
    assertSame(promoted, sibling, old);
  }

  /** Sends a mixture of the commands that a master replicates. */
  private void traffic(ReplicationNode node) throws IOException {
    for (int i = 0; i < 150; i++) {
      node.ask("SELECT " + random.nextInt(4));
      byte[] key = new byte[1 + random.nextInt(8)];
      random.nextBytes(key);
      switch (random.nextInt(8)) {
        case 0 -> node.call("SET".getBytes(UTF_8), key, new byte[random.nextInt(70_000)]);
        case 1 -> node.ask("INCRBY n" + random.nextInt(3) + " " + random.nextInt(1000));
        case 2 ->
            node.call(
                "PSETEX".getBytes(UTF_8),
                key,
                Integer.toString(100_000 + random.nextInt(100_000)).getBytes(UTF_8),
                "v".getBytes(UTF_8));
        case 3 -> node.ask("INCRBYFLOAT f " + random.nextInt(1000) / 8.0);
        case 4 -> {
          node.ask("MULTI");
          node.call("SET".getBytes(UTF_8), key, "m".getBytes(UTF_8));
          node.ask("INCR m");
          node.call("EXEC");
        }
        case 5 -> node.ask("APPEND app" + random.nextInt(3) + " " + i);
        case 6 -> node.ask("EXPIRE app" + random.nextInt(3) + " 1000");
        default -> node.ask("DEL n" + random.nextInt(3));
      }
    }
    node.ask("SELECT 0");
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
    replica.untilInSyncWith(master);
  }

  private static void assertSame(ReplicationNode first, ReplicationNode... others)
      throws IOException {
    for (ReplicationNode other : others) {
      assertThat(other.content()).isEqualTo(first.content()).isNotEmpty();
    }
  }
}
