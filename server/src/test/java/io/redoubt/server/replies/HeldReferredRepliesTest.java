package io.redoubt.server.replies;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.HeldDisk;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.memory.CheckingSlabs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies that refer to large values while they wait for a sync or for replicas. */
@ParameterizedClass
@ValueSource(ints = {1, 3})
final class HeldReferredRepliesTest {
  private static final int VALUE_BYTES = 300_000;
  private static final String OLD = "o".repeat(VALUE_BYTES);
  private static final String OTHER = "z".repeat(VALUE_BYTES);

  @Parameter private int threads;

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final HeldDisk disk = new HeldDisk();
  private RedisServer server;
  private Dialogue redis;

  @BeforeEach
  void start() throws Exception {
    server =
        TestServers.make(
            new Log(Clock.system(), ZoneOffset.UTC, 1, log),
            CheckingSlabs::new,
            disk,
            "io-threads " + threads,
            "io-threads-always-active yes",
            "appendonly yes",
            "appendfsync always",
            "aof-loop-wait-micros 0",
            "write-acks-timeout 100");
    server.start().get();
    redis = new Dialogue(server.port());
  }

  /** Closes the server, which finds blocks that were not freed. */
  @AfterEach
  void end() {
    redis.close();
    server.close();
    assertThat(log.toString(UTF_8)).doesNotContain("Error").doesNotContain("Exception");
  }

  private RespClient connect() throws IOException {
    return RespClient.connect("127.0.0.1", server.port());
  }

  private static void receives(RespClient client, String value) throws IOException {
    Reply reply = client.receive();
    String text =
        reply instanceof Reply.Bulk bulk ? new String(bulk.bytes(), ISO_8859_1) : reply.text();
    assertThat(text.equals(value)).as("%.60s", text).isTrue();
  }

  /** Requests values after a write whose sync takes long, in its turn and in a later one. */
  private void requestWhileHeld(RespClient client) throws Exception {
    client.send("SET", "small", "1");
    await().until(disk::isSyncWaiting);
    client.sendRaw("GET key\r\nGETDEL key\r\nGET other\r\n"); // in one turn
    TestServers.awaitTurns(server, 50);
  }

  @Test
  void sendsTheValueAsItWasBeforeTheSync() throws Exception {
    redis.says("SET key " + OLD, "OK");
    redis.says("SET other " + OLD, "OK");
    try (RespClient client = connect()) {
      disk.hold();
      try {
        requestWhileHeld(client);
        redis.client().send("SETRANGE", "other", "5", "new");
        redis.client().send("SET", "filler", OTHER);
        TestServers.awaitTurns(server, 5);
      } finally {
        disk.release();
      }
      receives(client, "OK");
      receives(client, OLD);
      receives(client, OLD);
      receives(client, OLD);
      redis.hears("(integer) " + VALUE_BYTES);
      redis.hears("OK");
    }
  }

  @Test
  void freesWhatAKilledClientReferredTo() throws Exception {
    redis.says("SET key " + OLD, "OK");
    redis.says("SET other " + OLD, "OK");
    long used = redis.usedMemory();
    try (RespClient client = connect()) {
      disk.hold();
      try {
        requestWhileHeld(client);
        redis.client().send("DEL", "other");
        redis.client().send("CLIENT", "LIST");
        redis.client().send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        TestServers.awaitTurns(server, 5);
      } finally {
        disk.release();
      }
      redis.hears("(integer) 1");
      assertThat(redis.client().receive().text()).containsPattern(" omem=[89][0-9]{5} ");
      redis.hears("(integer) 1");
      assertThatThrownBy(
              () -> {
                while (true) {
                  client.receive();
                }
              })
          .isInstanceOf(IOException.class);
      await().until(() -> redis.usedMemory() < used - 3 * VALUE_BYTES / 2);
    }
  }

  @Test
  void endsWhileHeldRepliesReferToValues() throws Exception {
    redis.says("SET key " + OLD, "OK");
    redis.says("SET other " + OLD, "OK");
    try (RespClient client = connect()) {
      disk.hold();
      try {
        requestWhileHeld(client);
        redis.client().send("FLUSHALL");
        TestServers.awaitTurns(server, 5);
        redis.client().send("SHUTDOWN", "NOSAVE"); // its own sync waits on the loop
      } finally {
        disk.release();
      }
      server.ended().get(20, TimeUnit.SECONDS);
    }
  }

  /** The reply of a write that no replica confirms is replaced by an error; others stay. */
  @Test
  void keepsTheOrderWhileWritesAwaitReplicas() throws Exception {
    redis.says("SET key " + OLD, "OK");
    redis.says("SET other " + OTHER, "OK");
    redis.says("CONFIG SET write-acks 1", "OK");
    try (RespClient client = connect()) {
      for (int i = 0; i < 2; i++) {
        client.send("GET", "key");
        client.send("SET", "key", OTHER, "GET");
        client.send("GET", "other");
        client.send("SETRANGE", "key", "0", OLD);
        client.send("GET", "key");
        client.send("PING");
      }
      for (int i = 0; i < 2; i++) {
        receives(client, OLD);
        assertThat(client.receive().text()).startsWith("UNACKED ");
        receives(client, OTHER);
        assertThat(client.receive().text()).startsWith("UNACKED ");
        receives(client, OLD);
        receives(client, "PONG");
      }
    }
  }
}
