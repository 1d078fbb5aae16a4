package io.redoubt.server.command.key;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** FLUSHALL and FLUSHDB: with configured save points, and of many keys. */
final class FlushAllTest {
  private static final String POPULATE = "DEBUG POPULATE 200000 key 60";
  private static final String NOTHING_PENDING = "lazyfree_pending_objects:0\r";

  @TempDir private Path directory;

  @Test
  void flushedKeysStayDeletedAfterARestart() throws Exception {
    try (RedisServer server = start();
        Dialogue redis = new Dialogue(server.port())) {
      redis.says("SET a 1", "OK");
      redis.says("SAVE", "OK");
      redis.says("FLUSHALL", "OK");
    }
    try (RedisServer server = start();
        Dialogue redis = new Dialogue(server.port())) {
      redis.says("DBSIZE", "(integer) 0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FLUSHALL", "FLUSHALL SYNC", "FLUSHDB", "FLUSHDB SYNC"})
  void servesOthersWhileMemoryIsFreed(String flush) throws Exception {
    try (RedisServer server = TestServers.start("enable-debug-command yes");
        Dialogue redis = new Dialogue(server.port());
        Socket others = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      redis.says(POPULATE, "OK");
      var flushed = new AtomicBoolean();
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(() -> writeUntil(flushed, others));
      await().until(() -> redis.ask("EXISTS served").equals("(integer) 1"));
      // Both requests come in one read, so without a wait nothing runs between them.
      redis.client().sendRaw(flush + "\r\nGET served\r\nINFO memory\r\n");
      redis.hears("OK");
      assertThat(redis.client().receive()).isNotInstanceOf(Reply.Null.class);
      assertThat(redis.client().receive().text()).contains(NOTHING_PENDING);
      flushed.set(true);
      writer.get();
    }
  }

  private static void writeUntil(AtomicBoolean flushed, Socket socket) {
    try {
      socket.getOutputStream().write("CLIENT REPLY OFF\r\n".getBytes(US_ASCII));
      while (!flushed.get()) {
        socket.getOutputStream().write("INCR served\r\n".repeat(100).getBytes(US_ASCII));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"MULTI\r\nFLUSHALL\r\nEXEC", "EVAL \"return redis.call('FLUSHALL')\" 0"})
  void freesTheMemoryInSlicesAfterATransactionOrAScript(String flush) throws Exception {
    try (RedisServer server = TestServers.start("enable-debug-command yes");
        Dialogue redis = new Dialogue(server.port())) {
      redis.says(POPULATE, "OK");
      // Nothing runs between requests that come in one read.
      redis.client().sendRaw(flush + "\r\nDBSIZE\r\nINFO memory\r\n");
      for (int lines = flush.startsWith("MULTI") ? 3 : 1; lines > 0; lines--) {
        redis.client().receive();
      }
      redis.hears("(integer) 0");
      assertThat(redis.client().receive().text()).doesNotContain(NOTHING_PENDING);
      await().until(() -> redis.ask("INFO memory").contains(NOTHING_PENDING.strip()));
    }
  }

  @Test
  void freesTheMemoryInSlicesOnAReplica() throws Exception {
    try (RedisServer master =
            TestServers.start("enable-debug-command yes", "repl-diskless-sync-delay 0");
        Dialogue redis = new Dialogue(master.port())) {
      redis.says(POPULATE, "OK");
      try (RedisServer replica = TestServers.start("replicaof 127.0.0.1 " + master.port());
          Dialogue there = new Dialogue(replica.port())) {
        await().until(() -> there.ask("DBSIZE").equals("(integer) 200000"));
        redis.says("FLUSHALL", "OK");
        await().until(() -> there.ask("INFO memory").contains("lazyfreed_objects:200000"));
      }
    }
  }

  @Test
  void unblocksAWaitingFlush() throws Exception {
    try (RedisServer server = TestServers.start("enable-debug-command yes");
        Dialogue redis = new Dialogue(server.port());
        Dialogue other = new Dialogue(server.port())) {
      other.says(POPULATE, "OK");
      long id = redis.integer("CLIENT ID");
      redis.client().sendRaw("FLUSHALL\r\nDBSIZE\r\n");
      await().until(() -> other.ask("DBSIZE").equals("(integer) 0"));
      other.ask("CLIENT UNBLOCK " + id);
      redis.hears("OK");
      redis.hears("(integer) 0");
    }
  }

  private RedisServer start() throws Exception {
    return TestServers.start("dir " + directory, "save 3600 1000000");
  }
}
