package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests how a replica loads a full sync: while it serves its old data, and never from an empty
 * master.
 */
class FullSyncLoadTest {
  private static final String LIBRARY =
      "#!lua name=lib\nredis.register_function('f', function() return '%s' end)";

  private static final int KEYS = 100;

  @TempDir private Path directory;

  @Test
  void keepsOldDataUntilTheNewDataSetIsComplete() throws Exception {
    try (ReplicationNode master =
            ReplicationNode.ours(directory, "rdb-key-save-delay 10000", "rdbcompression no");
        ReplicationNode replica = ReplicationNode.ours(directory, "repl-diskless-load swapdb")) {
      fill(master);
      replica.ask("SET mine 1");
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("loading", () -> replica.info("persistence", "loading").equals("1"));
      assertThat(replica.ask("GET mine")).startsWith("LOADING");
      master.ask("CLIENT KILL TYPE replica");
      until("the end", () -> replica.info("persistence", "loading").equals("0"));
      assertThat(replica.ask("GET mine")).isEqualTo("1");
      assertThat(replica.ask("DBSIZE")).isEqualTo("1");
      master.ask("CONFIG SET rdb-key-save-delay 0");
      replica.untilInSyncWith(master);
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS);
      assertThat(replica.log())
          .anyMatch(line -> line.startsWith("# Internal error in RDB reading offset "))
          .contains(
              "* MASTER <-> REPLICA sync: Discarding temporary DB in background",
              "* MASTER <-> REPLICA sync: Swapping active DB with loaded DB",
              "* MASTER <-> REPLICA sync: Discarding old DB in background");
    }
  }

  @Test
  void deletesTheSyncFileIfPersistenceIsOff() throws Exception {
    String[] common = {"repl-diskless-load disabled", "save \"\""};
    try (ReplicationNode master = ReplicationNode.ours(directory);
        ReplicationNode keeping =
            ReplicationNode.ours(directory, with(common, "dbfilename kept.rdb"));
        ReplicationNode deleting =
            ReplicationNode.ours(
                directory, with(common, "dbfilename gone.rdb", "rdb-del-sync-files yes"))) {
      fill(master);
      for (ReplicationNode replica : new ReplicationNode[] {keeping, deleting}) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
        replica.untilInSyncWith(master);
        assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS);
      }
      assertThat(directory.resolve("kept.rdb")).exists();
      assertThat(directory.resolve("gone.rdb")).doesNotExist();
    }
  }

  private static String[] with(String[] lines, String... more) {
    return Stream.concat(Stream.of(lines), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void servesOldDataWhileLoadingTheSameHistory() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "rdbcompression no");
        ReplicationNode replica =
            ReplicationNode.ours(directory, "repl-diskless-load swapdb", "replica-read-only no")) {
      follow(replica, master);
      master.call(words("FUNCTION", "LOAD", LIBRARY.formatted("old")));
      fill(master);
      replica.untilInSyncWith(master);
      replica.ask("SET mine 1");
      master.ask("CONFIG SET repl-backlog-size 16384");
      master.ask("CONFIG SET rdb-key-save-delay 10000");
      replica.ask("REPLICAOF 127.0.0.1 1");
      master.call(words("FUNCTION", "LOAD", "REPLACE", LIBRARY.formatted("new")));
      for (int i = 0; i < 20; i++) {
        master.ask("SET key:" + i + " " + "y".repeat(2000));
      }
      replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("loading", () -> replica.info("persistence", "async_loading").equals("1"));
      assertThat(replica.info("persistence", "loading")).isEqualTo("0");
      assertThat(replica.ask("GET mine")).isEqualTo("1");
      assertThat(replica.ask("FCALL f 0")).isEqualTo("old");
      assertThat(replica.ask("REPLICAOF NO ONE")).startsWith("LOADING");
      assertThat(replica.ask("CONFIG SET appendonly no")).startsWith("LOADING");
      master.ask("CONFIG SET rdb-key-save-delay 0");
      replica.untilInSyncWith(master);
      assertThat(replica.info("persistence", "async_loading")).isEqualTo("0");
      assertThat(replica.ask("FCALL f 0")).isEqualTo("new");
      assertThat(replica.content()).isEqualTo(master.content()).hasSize(KEYS);
      master.ask("SET later 1");
      replica.ask("SET mine 2 PX 1");
      replica.untilInSyncWith(master);
      assertThat(replica.ask("SAVE")).isEqualTo("OK");
      assertThat(replica.ask("GET later")).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disabled", "swapdb"})
  void refusesAnEmptyDataSetFromARestartedMaster(String loading) throws Exception {
    Path own = Files.createDirectory(directory.resolve("replica"));
    try (ReplicationNode replica =
        ReplicationNode.ours(own, "repl-diskless-load " + loading, "save 3600 1000000")) {
      try (ReplicationNode master = ReplicationNode.ours(directory)) {
        master.ask("SET a 1");
        follow(replica, master);
        assertThat(replica.ask("SAVE")).isEqualTo("OK");
      }
      byte[] file = Files.readAllBytes(own.resolve("dump.rdb"));
      try (ReplicationNode empty = ReplicationNode.ours(directory)) {
        replica.ask("REPLICAOF 127.0.0.1 " + empty.port());
        until(
            "the refusal",
            () -> replica.info("replication", "master_link_down_reason").equals("empty-master"));
        assertThat(replica.info("replication"))
            .containsEntry("master_link_status", "down")
            .containsEntry("role", "slave");
        assertThat(replica.ask("GET a")).isEqualTo("1");
        assertThat(own.resolve("dump.rdb")).hasBinaryContent(file);
        assertThat(own).isDirectoryNotContaining("glob:**/temp-*");
        assertThat(replica.log())
            .anyMatch(line -> line.contains("CONFIG SET replica-refuse-empty-master no"));
        replica.ask("CONFIG SET replica-refuse-empty-master no");
        replica.untilInSyncWith(empty);
        assertThat(replica.ask("DBSIZE")).isEqualTo("0");
        assertThat(replica.info("replication")).doesNotContainKey("master_link_down_reason");
      }
    }
  }

  @Test
  void acceptsAnEmptyDataSetAfterAFlush() throws Exception {
    try (ReplicationNode master = ReplicationNode.ours(directory, "repl-backlog-size 16384");
        ReplicationNode replica = ReplicationNode.ours(directory)) {
      master.ask("SET a " + "x".repeat(20_000));
      follow(replica, master);
      replica.ask("REPLICAOF 127.0.0.1 1");
      master.ask("SET b " + "x".repeat(20_000));
      master.ask("FLUSHALL");
      follow(replica, master);
      assertThat(master.info("stats", "sync_full")).isEqualTo("2");
      assertThat(replica.ask("DBSIZE")).isEqualTo("0");
    }
  }

  /** Writes enough data for a transfer of many pieces. */
  private static void fill(ReplicationNode master) throws Exception {
    for (int i = 0; i < KEYS; i++) {
      master.ask("SET key:" + i + " " + "x".repeat(30_000));
    }
  }

  private static byte[][] words(String... words) {
    byte[][] bytes = new byte[words.length][];
    for (int i = 0; i < words.length; i++) {
      bytes[i] = words[i].getBytes(UTF_8);
    }
    return bytes;
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws Exception {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
    replica.untilInSyncWith(master);
  }
}
