package io.redoubt.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.CheckingSlabs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shutdown that completes late, or not at all. */
final class ShutdownTest {
  private static final String FAILED = "(error) ERR Errors trying to SHUTDOWN. Check logs.";

  @TempDir private Path directory;
  private RedisServer server;
  private Dialogue redis;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("dir " + directory, "shutdown-timeout 600");
    redis = new Dialogue(server.port());
  }

  @AfterEach
  void stop() {
    redis.close();
    server.close();
  }

  private String info(String field) {
    String info = redis.text("INFO");
    int at = info.indexOf("\n" + field + ":") + field.length() + 2;
    return info.substring(at, info.indexOf('\r', at));
  }

  @Test
  void aSignalWaitsForTheCronAndCanBeAborted() throws Exception {
    redis.says("SHUTDOWN ABORT", "(error) ERR No shutdown in progress.");
    redis.says("DEBUG PAUSE-CRON 1", "OK");
    server.shutDown("SIGTERM");
    assertThat(server.isShuttingDown()).isTrue();
    await().until(() -> redis.ask("SHUTDOWN ABORT").equals("OK"));
    assertThat(server.isShuttingDown()).isFalse();
    redis.says("DEBUG PAUSE-CRON 0", "OK");
    redis.says("PING", "PONG");

    redis.says("DEBUG PAUSE-CRON 1", "OK");
    server.shutDown("SIGTERM");
    redis.says("PING", "PONG");
    redis.says("DEBUG PAUSE-CRON 0", "OK");
    assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void pausesClientsWhileWaitingForReplicas() throws Exception {
    try (RespClient replica = RespClient.connect("127.0.0.1", server.port());
        Dialogue one = new Dialogue(server.port());
        Dialogue other = new Dialogue(server.port())) {
      replica.send("PSYNC", "?", "-1"); // and acknowledges nothing
      await().until(() -> info("connected_slaves").equals("1"));
      redis.says("SET key value", "OK");
      one.client().send("SHUTDOWN");
      other.client().send("SHUTDOWN", "NOSAVE");
      await().until(() -> info("blocked_clients").equals("2"));
      assertThat(Long.parseLong(info("shutdown_in_milliseconds"))).isBetween(1L, 600_000L);
      redis.says("SHUTDOWN ABORT", "OK");
      one.hears(FAILED);
      other.hears(FAILED);
      assertThat(redis.text("INFO server")).doesNotContain("shutdown_in_milliseconds");
      redis.says("SET key other", "OK");
    }
  }

  @Test
  void handsNothingOverWithoutClusterMode() throws Exception {
    String refused = "(error) ERR SHUTDOWN FAILOVER is only valid in cluster mode";
    redis.says("SHUTDOWN FAILOVER", refused);
    redis.says("SHUTDOWN NOSAVE NOW FORCE SAFE FAILOVER", refused);
    redis.says("SHUTDOWN FAILOVER ABORT", refused);
    redis.says("PING", "PONG");
    redis.says("CONFIG SET shutdown-on-sigterm \"nosave failover\"", "OK");
    server.shutDown("SIGTERM");
    assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
  }

  /** An ended process need not close its server. */
  @Test
  void deletesTheCommitJournal() throws Exception {
    Path journal = directory.resolve("appendonlydir/appendonly.aof.journal");
    redis.says("CONFIG SET appendfsync always appendonly yes", "OK");
    await().until(() -> Files.exists(journal));
    redis.says("SET key value", "OK");
    redis.client().send("SHUTDOWN");
    assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
    assertThat(journal).doesNotExist();
  }

  private void beginFirstAppendOnlyFile(int micros) {
    redis.says("SET key value", "OK");
    redis.says("CONFIG SET rdb-key-save-delay " + micros, "OK");
    redis.says("CONFIG SET appendonly yes", "OK");
  }

  @Test
  void finishesTheFirstAppendOnlyFile() throws Exception {
    beginFirstAppendOnlyFile(300_000);
    try (Dialogue other = new Dialogue(server.port())) {
      other.client().send("SHUTDOWN", "NOSAVE");
      await().until(() -> info("blocked_clients").equals("1"));
      redis.says("SET late value", "OK");
      assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
    }
    server.close();
    server = TestServers.start("dir " + directory, "appendonly yes");
    try (Dialogue again = new Dialogue(server.port())) {
      again.says("MGET key late", "1) \"value\"\n2) \"value\"");
    }
  }

  @Test
  void doesNotWaitForeverForTheFirstAppendOnlyFile() throws Exception {
    beginFirstAppendOnlyFile(60_000_000);
    redis.says("SHUTDOWN NOW", FAILED);
    redis.says("CONFIG SET shutdown-timeout 1", "OK");
    redis.says("SHUTDOWN NOSAVE", FAILED);
    redis.says("GET key", "\"value\"");
    redis.client().send("SHUTDOWN", "FORCE");
    assertThat(server.ended().get(20, TimeUnit.SECONDS)).isZero();
  }

  @Test
  void executesNothingAfterTheSave() throws Exception {
    RedisServer own = TestServers.start();
    try (RespClient client = RespClient.connect("127.0.0.1", own.port())) {
      client.sendRaw("SHUTDOWN SAVE\r\nSET late 1\r\n");
      own.ended().get(20, TimeUnit.SECONDS);
      own.close();
      assertThatThrownBy(client::receive).isInstanceOf(IOException.class);
    }
  }

  /** The rest of a long pipeline waits for its next turn, which comes after the end. */
  @Test
  void executesNothingAfterItsClose() throws Exception {
    int transactions = 60_000;
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    Log log = new Log(Clock.system(), ZoneOffset.UTC, 1, lines);
    RedisServer own =
        TestServers.make(log, CheckingSlabs::new, "appendonly yes", "dir " + directory);
    own.start().get();
    try (RespClient busy = RespClient.connect("127.0.0.1", own.port(), 100);
        RespClient sleeper = RespClient.connect("127.0.0.1", own.port())) {
      busy.sendRaw("MULTI\r\nINCR counter\r\nEXEC\r\n".repeat(transactions));
      busy.receive();
      sleeper.send("DEBUG", "SLEEP", "0.5");
      assertThatThrownBy(() -> receive(busy, 3 * transactions)).isInstanceOf(IOException.class);
      own.close(); // which comes before the next turn; finds leaks, too
    }
    assertThat(lines.toString(UTF_8)).contains("Server initialized").doesNotContain("Unexpected");
  }

  private static void receive(RespClient client, int replies) throws IOException {
    for (int i = 0; i < replies; i++) {
      client.receive();
    }
  }

  @Test
  void reportsAFailedSave() throws Exception {
    redis.says("SET key value", "OK");
    Files.createDirectories(directory.resolve("dump.rdb").resolve("in the way"));
    redis.says("SHUTDOWN SAVE", FAILED);
    redis.says("CONFIG SET save \"900 1\"", "OK");
    server.shutDown("SIGINT");
    await().until(() -> !server.isShuttingDown());
    redis.says("GET key", "\"value\"");
    assertThat(directory).isDirectoryNotContaining("glob:**/temp-*");
  }
}
