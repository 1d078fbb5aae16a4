package io.redoubt.server.command.hash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The notifications of single fields of hashes. */
final class FieldNotificationsTest {
  private static final String END = "__sub-end";

  private RedisServer server;
  private Dialogue redis;
  private RespClient subscriber;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("notify-keyspace-events STIV");
    redis = new Dialogue(server.port());
    subscriber = RespClient.connect("127.0.0.1", server.port());
    subscriber.call("PSUBSCRIBE", "__*");
  }

  @AfterEach
  void stop() throws Exception {
    subscriber.close();
    redis.close();
    server.close();
  }

  /** Returns the messages since the last call, each with its channel. */
  private List<String> messages() throws Exception {
    redis.says("PUBLISH " + END + " x", "(integer) 1");
    List<String> messages = new ArrayList<>();
    while (true) {
      List<Reply> message = subscriber.receive().elements();
      String channel = message.get(2).text();
      if (channel.equals(END)) {
        return messages;
      }
      messages.add(channel + ' ' + message.get(3).text());
    }
  }

  private void notifies(String command, String... messages) throws Exception {
    redis.ask(command);
    assertThat(messages()).as(command).containsExactly(messages);
  }

  @Test
  void usesFourKindsOfChannels() throws Exception {
    redis.says("CONFIG GET notify*", "1) \"notify-keyspace-events\"\n2) \"STIV\"");
    notifies(
        "HSET myhash field1 val1 field2 val2",
        "__subkeyspaceitem@0__:myhash\nfield1 hset",
        "__subkeyspaceitem@0__:myhash\nfield2 hset",
        "__subkeyspace@0__:myhash hset|6:field1,6:field2",
        "__subkeyevent@0__:hset 6:myhash|6:field1,6:field2",
        "__subkeyspaceevent@0__:hset|myhash 6:field1,6:field2");
    redis.says("SELECT 3", "OK");
    redis.says("CONFIG SET notify-keyspace-events T", "OK");
    notifies("HSET h f,1 v", "__subkeyevent@3__:hset 1:h|3:f,1");
    redis.says("CONFIG SET notify-keyspace-events I", "OK");
    notifies("HSET h f v", "__subkeyspaceitem@3__:h\nf hset");
    notifies("HSET \"h\\nh\" f v");
    redis.says("CONFIG SET notify-keyspace-events V", "OK");
    notifies("HSET \"h\\nh\" f v", "__subkeyspaceevent@3__:hset|h\nh 1:f");
  }

  @Test
  void selectsByTheClassOfHashesIfClassesAreGiven() throws Exception {
    redis.says("CONFIG SET notify-keyspace-events Sl", "OK");
    notifies("HSET h f v");
    redis.says("CONFIG SET notify-keyspace-events Sh", "OK");
    notifies("HSET h f v", "__subkeyspace@0__:h hset|1:f");
    redis.says("CONFIG SET notify-keyspace-events KAS", "OK");
    redis.says("CONFIG GET notify*", "1) \"notify-keyspace-events\"\n2) \"AKS\"");
    notifies("HSET h f v", "__keyspace@0__:h hset", "__subkeyspace@0__:h hset|1:f");
    notifies("SET s v", "__keyspace@0__:s set");
    redis.says("CONFIG SET notify-keyspace-events KA", "OK");
    notifies("HSET h f v", "__keyspace@0__:h hset");
    redis.says(
        "CONFIG SET notify-keyspace-events SX", redis.ask("CONFIG SET notify-keyspace-events STY"));
  }

  @Test
  void namesTheChangedFields() throws Exception {
    redis.says("CONFIG SET notify-keyspace-events S", "OK");
    String of = "__subkeyspace@0__:h ";
    notifies("HMSET h a 1 b 2 a 3", of + "hset|1:a,1:b,1:a");
    notifies("HSETNX h a 1");
    notifies("HSETNX h c 1", of + "hset|1:c");
    notifies("HINCRBY h c 1", of + "hincrby|1:c");
    notifies("HINCRBYFLOAT h c 1", of + "hincrbyfloat|1:c");
    notifies("HDEL h x");
    notifies("HDEL h x c y", of + "hdel|1:c");
    notifies("HEXPIRE h 100 FIELDS 3 x a b", of + "hexpire|1:a,1:b");
    notifies("HEXPIRE h 100 NX FIELDS 2 a b");
    notifies("HPERSIST h FIELDS 2 x a", of + "hpersist|1:a");
    notifies("HPERSIST h FIELDS 1 a");
    notifies("HPEXPIREAT h 1 FIELDS 2 x a", of + "hdel|1:a");
    notifies("HGETEX h FIELDS 1 b");
    notifies("HGETEX h EX 100 FIELDS 2 x b", of + "hexpire|1:b");
    notifies("HGETEX h PERSIST FIELDS 2 x b", of + "hpersist|1:b");
    notifies("HSETEX h EX 100 FIELDS 2 c 1 d 1", of + "hset|1:c,1:d", of + "hexpire|1:c,1:d");
    notifies("HSETEX h KEEPTTL FIELDS 1 c 2", of + "hset|1:c");
    notifies("HSETEX h FNX FIELDS 1 c 2");
    notifies("HSETEX h PXAT 1 FIELDS 1 c 2", of + "hset|1:c", of + "hdel|1:c");
    notifies("HGETDEL h FIELDS 2 x d", of + "hdel|1:d");
    notifies("HGETDEL h FIELDS 1 d");
    notifies("HGETEX h PXAT 1 FIELDS 1 b", of + "hdel|1:b");
    redis.says("EXISTS h", "(integer) 0");
    notifies("HDEL h a");
  }

  @Test
  void namesExpiredFieldsTogether() throws Exception {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.says("HSET h stays 1", "(integer) 1");
    redis.says("HSETEX h PX 1 FIELDS 2 a 1 b 2", "(integer) 1");
    redis.says("CONFIG SET notify-keyspace-events SE$gxh", "OK");
    await().until(() -> redis.ask("HMGET h a b").equals("1) (nil)\n2) (nil)"));
    messages();
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
    List<String> all = new ArrayList<>();
    await()
        .until(() -> {
          all.addAll(messages());
          return all.size() >= 2;
        });
    assertThat(all).first().isEqualTo("__keyevent@0__:hexpired h");
    assertThat(all.get(1))
        .isIn("__subkeyspace@0__:h hexpired|1:a,1:b", "__subkeyspace@0__:h hexpired|1:b,1:a");
  }

  @Test
  void boundsTheMessages() throws Exception {
    redis.says("CONFIG SET notify-keyspace-events S", "OK");
    String a = "a".repeat(40_000);
    String b = "b".repeat(40_000);
    notifies(
        "HSET h " + a + " 1 " + b + " 1 c 1",
        "__subkeyspace@0__:h hset|40000:" + a,
        "__subkeyspace@0__:h hset|40000:" + b + ",1:c");
    String huge = "x".repeat((1 << 20) + 1);
    notifies("HSET h " + huge + " 1 c 1", "__subkeyspace@0__:h hset|1:c");
    notifies("HSET h " + huge + " 1");
    StringBuilder many = new StringBuilder("HSET many");
    for (int i = 10_000; i < 50_000; i++) {
      many.append(" f").append(i).append(" 1");
    }
    redis.ask(many.toString());
    List<String> messages = messages();
    assertThat(messages).hasSizeBetween(5, 10);
    assertThat(messages).allSatisfy(message -> assertThat(message).hasSizeLessThan(70_000));
    assertThat(messages.stream().mapToLong(each -> each.split(",").length).sum()).isEqualTo(40_000);
  }
}
