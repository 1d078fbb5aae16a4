package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.persistence.io.Disk;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The append-only file of a running server: its content, and the replies that wait for it. */
final class AppendOnlyFileTest {
  @TempDir private Path directory;
  private RedisServer server;
  private Dialogue redis;

  private void start(Disk disk, String... lines) throws Exception {
    server =
        TestServers.start(
            disk, "dir " + directory + "\nappendonly yes\n" + String.join("\n", lines));
    redis = new Dialogue(server.port());
  }

  private void start(String... lines) throws Exception {
    start(new OsDisk(), lines);
  }

  @AfterEach
  void stop() {
    RedisServer running = server;
    server = null;
    if (running != null) {
      redis.close();
      running.close();
    }
  }

  /** Ends the server abruptly, as kill -9 does, and restarts it. */
  private void restart(String... lines) throws Exception {
    stop();
    start(lines);
  }

  private String persistence(String field) {
    String info = redis.text("INFO persistence");
    int at = info.indexOf(field + ":") + field.length() + 1;
    return info.substring(at, info.indexOf('\r', at));
  }

  private void awaitRewrite() {
    await().until(() -> persistence("aof_rewrite_in_progress").equals("0"));
  }

  private void write() {
    redis.says("SET string value", "OK");
    redis.says("INCRBY counter 5", "(integer) 5");
    redis.says("MULTI", "OK");
    redis.says("RPUSH list a b c", "QUEUED");
    redis.says("LPOP list", "QUEUED");
    redis.ask("EXEC");
    redis.ask("SELECT 3");
    redis.ask("HSET hash f v");
    redis.ask("SADD set 1 2 x");
    redis.ask("ZADD zset 1.5 m");
    redis.ask("XADD stream 5-1 f v");
    redis.ask("XGROUP CREATE stream group 0");
    redis.ask("XREADGROUP GROUP group consumer STREAMS stream >");
    redis.ask("SET gone x PX 1");
    redis.ask("SET expiring x EX 10000");
    redis.ask("SELECT 0");
  }

  @Test
  void keepsEveryWriteAfterAKill() throws Exception {
    for (String policy : new String[] {"always", "everysec", "no"}) {
      start("appendfsync " + policy);
      write();
      await().until(this::isGone);
      String digest = redis.text("DEBUG DIGEST");
      restart("appendfsync " + policy);
      assertThat(redis.text("DEBUG DIGEST")).as(policy).isEqualTo(digest);
      redis.says("DEBUG LOADAOF", "OK");
      assertThat(redis.text("DEBUG DIGEST")).as(policy).isEqualTo(digest);
      redis.says("FLUSHALL", "OK");
      stop();
    }
  }

  /** Appends commands to the file of a stopped server. */
  private void append(String... commands) throws IOException {
    Path file = directory.resolve("appendonlydir/appendonly.aof.1.incr.aof");
    var text = new StringBuilder();
    for (String command : commands) {
      String[] words = command.split(" ");
      text.append('*').append(words.length).append("\r\n");
      for (String word : words) {
        text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
      }
    }
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  /** Returns commands whose load takes several turns of the event loop. */
  private static String[] manyWrites() {
    var writes = new String[100_000];
    Arrays.setAll(writes, i -> "SET filler:" + i + " " + "x".repeat(50));
    return writes;
  }

  @Test
  void aLongLoadKeepsDueKeysThatTheFileProlongs() throws Exception {
    start();
    stop();
    append("SELECT 0", "SET session x PXAT 1", "SET kept x PXAT 1", "HSET hash f 1 g 2");
    append("HPEXPIREAT hash 1 FIELDS 1 f", "SET due x PXAT 1");
    append(manyWrites());
    append("PEXPIREAT session 4000000000000", "PERSIST kept", "HPERSIST hash FIELDS 1 f");
    start();
    redis.says("EXISTS session kept due", "(integer) 2");
    redis.says("HLEN hash", "(integer) 2");
  }

  @Test
  void aLongLoadEvictsNothingUntilItsEnd() throws Exception {
    start();
    stop();
    append("SELECT 0", "RPUSH list a", "SELECT 1");
    append(manyWrites());
    append("FLUSHDB", "SELECT 0", "RPUSH list b");
    start("maxmemory 4mb", "maxmemory-policy allkeys-random");
    redis.says("LLEN list", "(integer) 2");
  }

  private boolean isGone() {
    redis.ask("SELECT 3");
    boolean gone = redis.integer("EXISTS gone") == 0;
    redis.ask("SELECT 0");
    return gone;
  }

  @Test
  void aRewriteSplitsTheFileAtItsStart() throws Exception {
    for (String preamble : new String[] {"yes", "no"}) {
      start("aof-use-rdb-preamble " + preamble);
      write();
      redis.says("BGREWRITEAOF", "Background append only file rewriting started");
      redis.ask("APPEND string -more");
      awaitRewrite();
      redis.ask("RPUSH list d");
      assertThat(persistence("aof_last_bgrewrite_status")).isEqualTo("ok");
      await().until(this::isGone);
      String digest = redis.text("DEBUG DIGEST");
      restart();
      assertThat(redis.text("DEBUG DIGEST")).as(preamble).isEqualTo(digest);
      redis.says("GET string", "\"value-more\"");
      redis.says("FLUSHALL", "OK");
      stop();
    }
  }

  @Test
  void refusesOrDelaysARewriteDuringAnotherSave() throws Exception {
    start("rdb-key-save-delay 100000");
    redis.ask("SET a 1");
    redis.ask("SET b 1");
    redis.says("BGREWRITEAOF", "Background append only file rewriting started");
    redis.says(
        "BGREWRITEAOF", "(error) ERR Background append only file rewriting already in progress");
    redis.says(
        "BGSAVE",
        "(error) ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE"
            + " SCHEDULE in order to schedule a BGSAVE whenever possible.");
    redis.says("BGSAVE SCHEDULE", "Background saving scheduled");
    await().until(() -> persistence("rdb_bgsave_in_progress").equals("1"));
    redis.says("BGREWRITEAOF", "Background append only file rewriting scheduled");
    assertThat(persistence("aof_rewrite_scheduled")).isEqualTo("1");
    redis.ask("CONFIG SET rdb-key-save-delay 0");
    await().until(() -> persistence("aof_rewrites").equals("2"));
    awaitRewrite();
    redis.says("BGSAVE SCHEDULE", "Background saving started");
  }

  @Test
  void cancelsAScheduledSave() throws Exception {
    start("rdb-key-save-delay 100000");
    redis.ask("SET a 1");
    redis.ask("SET b 1");
    redis.says("BGREWRITEAOF", "Background append only file rewriting started");
    String none = "(error) ERR Background saving is currently not in progress or scheduled";
    redis.says("BGSAVE CANCEL", none);
    redis.says("BGSAVE SCHEDULE", "Background saving scheduled");
    redis.says("BGSAVE CANCEL", "Scheduled background saving cancelled");
    redis.says("BGSAVE CANCEL", none);
    redis.ask("CONFIG SET rdb-key-save-delay 0");
    awaitRewrite();
    assertThat(persistence("rdb_saves")).isEqualTo("0");
    assertThat(persistence("aof_last_bgrewrite_status")).isEqualTo("ok");
  }

  @Test
  void isTurnedOnAndOffAtRunTime() throws Exception {
    start();
    redis.ask("SET a 1");
    redis.says("CONFIG SET appendonly no", "OK");
    assertThat(persistence("aof_enabled")).isEqualTo("0");
    redis.ask("SET b 1");
    redis.says("CONFIG SET appendonly yes", "OK");
    redis.ask("SET c 1");
    awaitRewrite();
    redis.ask("SET d 1");
    restart();
    redis.says("DBSIZE", "(integer) 4");
  }

  @Test
  void rewritesAutomaticallyAfterGrowth() throws Exception {
    start("auto-aof-rewrite-min-size 10kb", "auto-aof-rewrite-percentage 100");
    for (int i = 0; i < 1000; i++) {
      redis.ask("SET key " + i);
    }
    await().until(() -> !persistence("aof_rewrites").equals("0"));
    awaitRewrite();
    // of 32 KB more than ten have been removed; an early rewrite keeps some
    assertThat(Long.parseLong(persistence("aof_current_size"))).isLessThan(23_000);
    restart();
    redis.says("GET key", "\"999\"");
  }

  @Test
  void startsFromAnRdbFileWithoutAnAppendOnlyFile() throws Exception {
    start();
    redis.ask("CONFIG SET appendonly no");
    redis.ask("SET a 1");
    redis.says("SAVE", "OK");
    stop();
    try (Stream<Path> files = Files.list(directory.resolve("appendonlydir"))) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    start();
    redis.says("GET a", "\"1\"");
    redis.ask("SET b 2");
    restart();
    redis.says("DBSIZE", "(integer) 2");
  }

  @Test
  void repliesOnlyAfterTheSync() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync always");
    redis.ask("SET before 1");
    try (Dialogue other = new Dialogue(server.port());
        Dialogue subscriber = new Dialogue(server.port())) {
      subscriber.ask("SUBSCRIBE channel");
      disk.hold();
      try {
        redis.client().send("SET", "key", "1");
        redis.client().send("INCR", "key");
        redis.client().send("PUBLISH", "channel", "seen");
        await().until(disk::isSyncWaiting);
        other.client().send("GET", "key");
        other.client().send("PING");
        TestServers.awaitTurns(server, 2);
        subscriber.client().setTimeout(1); // the output of those turns has arrived
        assertThatThrownBy(() -> subscriber.client().receive()).isInstanceOf(IOException.class);
      } finally {
        disk.release();
      }
      redis.hears("OK");
      redis.hears("(integer) 2");
      redis.hears("(integer) 1");
      other.hears("\"2\"");
      other.hears("PONG");
    }
  }

  /**
   * The loop waits for a disk that is usually fast; one sync takes long. Replies wait for the sync,
   * so the file of a SAVE shows that the loop continues.
   */
  @Test
  void executesCommandsWhileASyncTakesLongerThanTheLoopWaits() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync always", "aof-loop-wait-micros 100000");
    try (Dialogue other = new Dialogue(server.port())) {
      for (int i = 0; i < 20; i++) {
        redis.says("SET key " + i, "OK");
      }
      disk.hold();
      try {
        redis.client().send("SET", "key", "last");
        await().until(disk::isSyncWaiting);
        other.client().send("SAVE");
        await().until(() -> Files.exists(directory.resolve("dump.rdb")));
      } finally {
        disk.release();
      }
      redis.hears("OK");
      other.hears("OK");
    }
  }

  /**
   * Verifies that the journal exists for {@code always} only, and that an orderly shutdown leaves
   * no part of it.
   */
  @Test
  void usesACommitJournalIfConfigured() throws Exception {
    Path journal = directory.resolve("appendonlydir/appendonly.aof.journal");
    start("appendfsync always");
    redis.says("SET a 1", "OK");
    assertThat(journal).exists();
    redis.says("CONFIG SET appendfsync everysec", "OK");
    assertThat(journal).doesNotExist();
    redis.says("SET b 1", "OK");
    redis.says("CONFIG SET appendfsync always", "OK");
    redis.says("SET c 1", "OK");
    assertThat(journal).exists();
    redis.says("CONFIG SET aof-commit-journal no", "OK");
    redis.says("SET d 1", "OK");
    assertThat(journal).doesNotExist();
    redis.says("CONFIG SET aof-commit-journal yes", "OK");
    redis.says("BGREWRITEAOF", "Background append only file rewriting started");
    redis.says("SET e 1", "OK");
    awaitRewrite();
    redis.says("SET f 1", "OK");
    assertThat(journal).exists();
    redis.says("CONFIG SET appendonly no", "OK");
    assertThat(journal).doesNotExist();
    redis.says("CONFIG SET appendonly yes", "OK");
    awaitRewrite();
    redis.says("SET g 1", "OK");
    await().until(() -> Files.exists(journal));
    restart("appendfsync always", "appendonly no");
    assertThat(journal).doesNotExist();
    restart("appendfsync always");
    redis.says("DBSIZE", "(integer) 7");
  }

  /**
   * The loop waits for a fast disk and not for a slow one; the disk changes from one to the other
   * and back.
   */
  @Test
  void concurrentClientsShareSyncs() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync always");
    for (long millis : new long[] {0, 10, 0}) {
      disk.slow(millis);
      int before = disk.syncCount();
      redis.says("SET counter 0", "OK");
      List<RespClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < 8; i++) {
          clients.add(RespClient.connect("127.0.0.1", server.port()));
        }
        for (int round = 0; round < 20; round++) {
          for (RespClient client : clients) {
            client.send("INCR", "counter");
          }
          for (RespClient client : clients) {
            client.receive();
          }
        }
      } finally {
        for (RespClient client : clients) {
          client.close();
        }
      }
      redis.says("GET counter", "\"160\"");
      if (millis > 0) {
        assertThat(disk.syncCount() - before).isLessThan(81);
      }
    }
    restart("appendfsync always");
    redis.says("GET counter", "\"160\"");
  }

  @Test
  void startsARewriteWithoutWaitingForTheDisk() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync everysec");
    redis.says("SET before 1", "OK");
    disk.hold();
    try {
      redis.says("BGREWRITEAOF", "Background append only file rewriting started");
      await().until(disk::isSyncWaiting);
      redis.says("SET during 2", "OK");
      assertThat(persistence("aof_rewrite_in_progress")).isEqualTo("1");
    } finally {
      disk.release();
    }
    awaitRewrite();
    assertThat(persistence("aof_last_bgrewrite_status")).isEqualTo("ok");
    redis.says("SET after 3", "OK");
    restart();
    redis.says("MGET before during after", "1) \"1\"\n2) \"2\"\n3) \"3\"");
  }

  @Test
  void aFailedStartOfARewriteKeepsTheFile() throws Exception {
    for (String policy : new String[] {"everysec", "always"}) {
      HeldDisk disk = new HeldDisk();
      start(disk, "appendfsync " + policy);
      redis.says("SET before 1", "OK");
      disk.setFull(true);
      redis.ask("BGREWRITEAOF");
      await().until(() -> persistence("aof_last_bgrewrite_status").equals("err"));
      awaitRewrite();
      disk.setFull(false);
      await().until(() -> redis.ask("SET after 2").equals("OK"));
      redis.says("BGREWRITEAOF", "Background append only file rewriting started");
      awaitRewrite();
      assertThat(persistence("aof_last_bgrewrite_status")).isEqualTo("ok");
      redis.says("SET last 3", "OK");
      restart("appendfsync " + policy);
      redis.says("MGET before after last", "1) \"1\"\n2) \"2\"\n3) \"3\"");
      redis.says("FLUSHALL", "OK");
      stop();
    }
  }

  @Test
  void replicasGetOnlySyncedCommits() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync always");
    Path folder = Files.createDirectory(directory.resolve("replica"));
    try (RedisServer replica = TestServers.start("dir " + folder);
        Dialogue there = new Dialogue(replica.port())) {
      there.ask("REPLICAOF 127.0.0.1 " + server.port());
      redis.ask("SET key 1");
      await().until(() -> there.ask("GET key").equals("\"1\""));
      disk.hold();
      try {
        redis.client().send("SET", "key", "2");
        await().until(disk::isSyncWaiting);
        // Later turns of the master, then two of the replica: by then a sent write has been
        // applied.
        TestServers.awaitTurns(server, 2);
        there.says("PING", "PONG");
        there.says("GET key", "\"1\"");
      } finally {
        disk.release();
      }
      redis.hears("OK");
      await().until(() -> there.ask("GET key").equals("\"2\""));
      redis.says("WAITAOF 1 1 1", "1) (integer) 1\n2) (integer) 0");
      there.says("CONFIG SET appendonly yes", "OK");
      redis.says("WAITAOF 1 1 0", "1) (integer) 1\n2) (integer) 1");
    }
  }

  @Test
  void refusesWritesWhileTheDiskIsFull() throws Exception {
    for (String policy : new String[] {"everysec", "always"}) {
      HeldDisk disk = new HeldDisk();
      start(disk, "appendfsync " + policy);
      redis.says("SET a 1", "OK");
      disk.setFull(true);
      try (RespClient lost = RespClient.connect("127.0.0.1", server.port())) {
        if (policy.equals("always")) {
          assertThatThrownBy(() -> lost.call("SET", "lost", "1")).isInstanceOf(IOException.class);
        } else {
          lost.call("SET", "lost", "1");
        }
      }
      await().until(() -> persistence("aof_last_write_status").equals("err"));
      redis.says(
          "SET b 1", "(error) MISCONF Errors writing to the AOF file: No space left on device");
      redis.says("PING", "(error) MISCONF Errors writing to the AOF file: No space left on device");
      redis.says("GET a", "\"1\"");
      disk.setFull(false);
      await().until(() -> persistence("aof_last_write_status").equals("ok"));
      redis.says("SET b 2", "OK");
      restart("appendfsync " + policy);
      redis.says("MGET a lost b", "1) \"1\"\n2) \"1\"\n3) \"2\"");
      redis.says("FLUSHALL", "OK");
      stop();
    }
  }

  @Test
  void waitaofCountsSyncedCopies() throws Exception {
    HeldDisk disk = new HeldDisk();
    start(disk, "appendfsync everysec");
    redis.says("WAITAOF 2 0 0", "(error) ERR value is out of range, value must between 0 and 1");
    redis.says("WAITAOF 1 -1 0", "(error) ERR value is out of range, must be positive");
    disk.hold();
    try {
      redis.ask("SET a 1");
      redis.says("WAITAOF 0 0 0", "1) (integer) 0\n2) (integer) 0");
      redis.says("WAITAOF 1 0 10", "1) (integer) 0\n2) (integer) 0");
    } finally {
      disk.release();
    }
    redis.says("WAITAOF 1 0 0", "1) (integer) 1\n2) (integer) 0");
    try (RespClient waiting = RespClient.connect("127.0.0.1", server.port())) {
      waiting.send("SET", "b", "1");
      waiting.send("WAITAOF", "1", "1", "0");
      assertThat(waiting.receive().text()).isEqualTo("OK");
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1\r"));
      redis.says("CONFIG SET appendonly no", "OK");
      assertThat(waiting.receive().text())
          .isEqualTo("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
    }
    redis.says(
        "WAITAOF 1 0 0",
        "(error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.");
  }
}
