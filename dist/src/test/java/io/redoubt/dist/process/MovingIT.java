package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.dist.process.Distribution.Result;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Moves between Redis and Redoubt, in both directions, without losing a write. {@code
 * -Dredoubt.moving.elements=400000} moves a million keys.
 */
final class MovingIT {
  private static final Path SWITCH = Distribution.HOME.resolve("moving/switch");
  private static final int ELEMENTS = Integer.getInteger("redoubt.moving.elements", 500);
  private static final int ELEMENTS_AT_ONCE = 10_000;
  private static final int DIGEST_MILLIS = 120_000;

  private static final String FILL =
      """
      local function name(type, i, keys)
        return type .. ':' .. i % math.max(keys, math.floor(ARGV[3] / 10))
      end
      for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
        redis.call('SET', 'string:' .. i, string.rep('v', i % 500))
        redis.call('SET', 'expiring:' .. i, i, 'EX', 100000 + i)
        redis.call('RPUSH', name('list', i, 7), i, string.rep('x', i % 500))
        redis.call('SADD', name('set', i, 5), i, 'member' .. i)
        redis.call('ZADD', name('zset', i, 3), i / 3, 'member' .. i)
        redis.call('HSET', name('hash', i, 9), 'field' .. i, i)
        redis.call('XADD', name('stream', i, 4), i .. '-1', 'f', i)
        redis.call('PFADD', name('log', i, 2), i)
      end
      return redis.status_reply('OK')
      """;

  @RegisterExtension private final Nodes nodes = new Nodes();

  /** The number of acknowledged increments of both switches. */
  private long total;

  private static void fill(RespClient client) throws IOException {
    for (int i = 1; i <= ELEMENTS; i += ELEMENTS_AT_ONCE) {
      int last = Math.min(ELEMENTS, i + ELEMENTS_AT_ONCE - 1);
      assertThat(client.call("EVAL", FILL, "0", i + "", last + "", ELEMENTS + "").text())
          .isEqualTo("OK");
    }
    assertThat(client.call("XGROUP", "CREATE", "stream:1", "group", "0").text()).isEqualTo("OK");
  }

  private static String digest(RespClient client) throws IOException {
    client.setTimeout(DIGEST_MILLIS);
    return client.call("DEBUG", "DIGEST").text();
  }

  /**
   * Increments a counter of the old master until the master refuses, then of the new one. Counts
   * the acknowledged increments until it is stopped.
   */
  private static final class Writer implements Runnable {
    private final NodeProcess old;
    private final NodeProcess next;
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private volatile boolean stopped;
    private volatile boolean moved;
    private volatile long acknowledged;

    Writer(NodeProcess old, NodeProcess next) {
      this.old = old;
      this.next = next;
    }

    /** Waits for a condition or a failure. */
    void awaitOr(BooleanSupplier condition) {
      await()
          .atMost(Distribution.LIMIT)
          .until(() -> condition.getAsBoolean() || failure.get() != null);
    }

    @Override
    public void run() {
      try (RespClient first = old.connect();
          RespClient second = next.connect()) {
        long count = 0;
        while (!stopped) {
          Reply reply = (moved ? second : first).call("INCR", "counter");
          if (!reply.isError()) {
            acknowledged = ++count;
          } else {
            assertThat(reply.text()).startsWith("READONLY");
            moved = true;
          }
        }
      } catch (Exception | AssertionError e) {
        failure.set(new IOException(e));
      }
    }
  }

  private void switchKeepsAll(NodeProcess old, NodeProcess next) throws Exception {
    Writer writer = new Writer(old, next);
    Thread thread = Thread.ofPlatform().start(writer);
    try (RespClient before = old.connect();
        RespClient after = next.connect()) {
      writer.awaitOr(() -> writer.acknowledged > 0);
      Result result =
          Distribution.run(
              Map.of(),
              SWITCH.toString(),
              "--cli",
              Kind.tool("redis-cli").toString(),
              "127.0.0.1:" + old.port(),
              "127.0.0.1:" + next.port());
      assertThat(result.status()).as(result.output()).isZero();
      writer.awaitOr(() -> writer.moved);
      long atSwitch = writer.acknowledged;
      writer.awaitOr(() -> writer.acknowledged >= atSwitch + 10);
      writer.stopped = true;
      thread.join();
      assertThat(writer.failure.get()).isNull();
      old.awaitInfo("master_link_status", "up", Distribution.LIMIT);
      assertThat(after.call("WAIT", "1", "10000").number()).isEqualTo(1);
      assertThat(digest(before)).isEqualTo(digest(after)).isNotEqualTo("0".repeat(40));
    } finally {
      writer.stopped = true;
      thread.join();
    }
    total += writer.acknowledged;
    try (RespClient after = next.connect()) {
      assertThat(after.call("GET", "counter").number()).isEqualTo(total);
    }
  }

  @Test
  void aSwitchByReplicationKeepsEveryWriteBothWays() throws Exception {
    NodeProcess redis = nodes.server(Kind.REAL);
    NodeProcess redoubt = nodes.server(Kind.REDOUBT);
    try (RespClient client = redis.connect()) {
      fill(client);
      System.out.println("MovingIT: moves " + client.call("DBSIZE").number() + " keys");
    }
    switchKeepsAll(redis, redoubt);
    switchKeepsAll(redoubt, redis);
  }

  @Test
  void aServerWithDataIsNotOverwritten() throws Exception {
    NodeProcess redis = nodes.server(Kind.REAL);
    NodeProcess redoubt = nodes.server(Kind.REDOUBT);
    try (RespClient client = redoubt.connect()) {
      client.call("SET", "mine", "1");
      Result result =
          Distribution.run(
              Map.of(),
              SWITCH.toString(),
              "--cli",
              Kind.tool("redis-cli").toString(),
              "127.0.0.1:" + redis.port(),
              "127.0.0.1:" + redoubt.port());
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).contains("has data of its own");
      assertThat(client.call("GET", "mine").text()).isEqualTo("1");
    }
  }

  @Test
  void filesMoveBothWays() throws Exception {
    NodeProcess redis = nodes.server(Kind.REAL);
    String before;
    try (RespClient client = redis.connect()) {
      fill(client);
      before = digest(client);
    }
    Path backup = nodes.folder("backup").resolve("dump.rdb");
    NodeProcess redoubt = restored(Kind.REDOUBT, saved(redis, backup), before);
    restored(Kind.REAL, saved(redoubt, backup), before);
  }

  /** Downloads a snapshot, as a backup does. */
  private static Path saved(NodeProcess node, Path file) throws Exception {
    Result result =
        Distribution.run(
            Map.of(),
            Distribution.HOME.resolve("bin/redis-cli").toString(),
            "-p",
            node.port() + "",
            "--rdb",
            file.toString());
    assertThat(result.status()).as(result.output()).isZero();
    return file;
  }

  private NodeProcess restored(Kind kind, Path file, String digest) throws Exception {
    Path folder = nodes.folder("restored-" + kind);
    Files.copy(file, folder.resolve("dump.rdb"));
    int port = FreePorts.one();
    NodeProcess node =
        nodes.launch(
            kind.server(),
            folder,
            port,
            "--port",
            port + "",
            "--bind",
            "127.0.0.1",
            "--dir",
            folder.toString(),
            "--enable-debug-command",
            "yes");
    node.awaitPong(Distribution.LIMIT);
    try (RespClient client = node.connect()) {
      assertThat(digest(client)).isEqualTo(digest);
    }
    return node;
  }
}
