package io.redoubt.server.command.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients blocked on streams. */
@ServerTest
final class StreamWaitTest {
  private final Dialogue redis;
  private final RedisServer server;
  private final List<Dialogue> waiting = new ArrayList<>();

  StreamWaitTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  @AfterEach
  void close() {
    waiting.forEach(Dialogue::close);
    await().untilAsserted(() -> assertThat(blocked()).isZero());
  }

  private long blocked() {
    String info = redis.text("INFO clients");
    int at = info.indexOf("blocked_clients:") + "blocked_clients:".length();
    return Long.parseLong(info.substring(at, info.indexOf('\r', at)));
  }

  private Dialogue waits(String line) throws IOException {
    Dialogue client = new Dialogue(server.port());
    waiting.add(client);
    long before = blocked();
    client.client().send(line.split(" ", -1));
    await().untilAsserted(() -> assertThat(blocked()).as(line).isEqualTo(before + 1));
    return client;
  }

  private static String entry(String key, String id, String value) {
    return "1) 1) \""
        + key
        + "\"\n   2) 1) 1) \""
        + id
        + "\"\n         2) 1) \"f\"\n            2) \""
        + value
        + "\"";
  }

  @Test
  void servesAllReaders() throws IOException {
    redis.says("XADD s 1 f old", "\"1-0\"");
    Dialogue first = waits("XREAD BLOCK 0 STREAMS s $");
    Dialogue second = waits("XREAD BLOCK 0 STREAMS other s $ 1-0");
    Dialogue third = waits("XREAD BLOCK 0 STREAMS s 2-0");
    redis.says("XADD s 2 f new", "\"2-0\"");
    first.hears(entry("s", "2-0", "new"));
    second.hears(entry("s", "2-0", "new"));
    redis.says("XADD s 3 f newer", "\"3-0\"");
    third.hears(entry("s", "3-0", "newer"));
  }

  @Test
  void servesTheLastEntryOfAStreamThatWasEmpty() throws IOException {
    Dialogue client = waits("XREAD COUNT 3 BLOCK 0 STREAMS s other + +");
    redis.says("MULTI", "OK");
    redis.says("XADD s 1 f first", "QUEUED");
    redis.says("XADD s 2 f second", "QUEUED");
    redis.says("EXEC", "1) \"1-0\"\n2) \"2-0\"");
    client.hears(entry("s", "2-0", "second"));
  }

  @Test
  void resolvesTheLastIdBeforeBlocking() throws IOException {
    Dialogue client = waits("XREAD BLOCK 0 STREAMS s $");
    redis.says("MULTI", "OK");
    redis.says("XADD s 1 f gone", "QUEUED");
    redis.says("DEL s", "QUEUED");
    redis.ask("EXEC");
    redis.says("SET s string", "OK");
    redis.says("DEL s", "(integer) 1");
    assertThat(blocked()).isEqualTo(1);
    redis.says("MULTI", "OK");
    redis.says("XADD s 1 f a", "QUEUED");
    redis.says("XADD s 2 f b", "QUEUED");
    redis.ask("EXEC");
    client.hears(
        "1) 1) \"s\"\n   2) 1) 1) \"1-0\"\n         2) 1) \"f\"\n            2) \"a\"\n"
            + "      2) 1) \"2-0\"\n         2) 1) \"f\"\n            2) \"b\"");
  }

  @Test
  void servesOneConsumerOfAGroup() throws IOException {
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    Dialogue first = waits("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >");
    Dialogue second = waits("XREADGROUP GROUP g bob BLOCK 0 STREAMS s >");
    redis.says("XADD s 1 f a", "\"1-0\"");
    first.hears(entry("s", "1-0", "a"));
    assertThat(blocked()).isEqualTo(1);
    redis.says("XADD s 2 f b", "\"2-0\"");
    second.hears(entry("s", "2-0", "b"));
  }

  @Test
  void unblocksWhenTheGroupIsDestroyed() throws IOException {
    String noGroup =
        "(error) NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option";
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    Dialogue client = waits("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >");
    redis.says("XGROUP DESTROY s g", "(integer) 1");
    client.hears(noGroup);
    redis.says("XGROUP CREATE s g $", "OK");
    client = waits("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >");
    redis.says("DEL s", "(integer) 1");
    client.hears(noGroup);
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    client = waits("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >");
    redis.says("SET s v", "OK");
    client.hears("(error) WRONGTYPE Operation against a key holding the wrong kind of value");
  }

  @Test
  void doesNotBlockInATransaction() {
    redis.says("MULTI", "OK");
    redis.says("XREAD BLOCK 0 STREAMS s $", "QUEUED");
    redis.says("EXEC", "1) (nil)");
    redis.says("XREAD BLOCK 1 STREAMS s $", "(nil)");
  }

  @Test
  void doesNotBlockOnHistory() {
    redis.says("XGROUP CREATE s g $ MKSTREAM", "OK");
    redis.says("XREADGROUP GROUP g alice BLOCK 0 STREAMS s 0", "1) 1) \"s\"\n   2) (empty array)");
  }
}
