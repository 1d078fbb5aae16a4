package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.Consumer;
import io.lettuce.core.ExpireArgs;
import io.lettuce.core.HGetExArgs;
import io.lettuce.core.HSetExArgs;
import io.lettuce.core.HotkeysArgs;
import io.lettuce.core.HotkeysReply;
import io.lettuce.core.IncrexArgs;
import io.lettuce.core.IncrexFloatArgs;
import io.lettuce.core.IncrexValue;
import io.lettuce.core.KeyValue;
import io.lettuce.core.KillArgs;
import io.lettuce.core.Limit;
import io.lettuce.core.MSetExArgs;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.StreamDeletionPolicy;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.XCfgSetArgs;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XNackMode;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.XReadArgs.StreamOffset;
import io.lettuce.core.XTrimArgs;
import io.lettuce.core.ZAggregateArgs;
import io.lettuce.core.ZStoreArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.models.stream.PendingMessage;
import io.lettuce.core.models.stream.StreamEntryDeletionResult;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The methods that Lettuce has for commands and options that Redis 7.2 lacks, over RESP2 and RESP3.
 * Conditional writes are tested with the packed server.
 */
@Timeout(60)
@SuppressWarnings("unchecked") // methods of Lettuce take generic varargs
final class NewerCommandsByLettuceTest {
  private static final Instant FUTURE = Instant.ofEpochSecond(4_000_000_000L);
  private static final Map<String, String> BODY = Map.of("a", "1");

  private EmbeddedServer server;
  private RedisClient client;
  private StatefulRedisConnection<String, String> connection;
  private RedisCommands<String, String> commands;

  @BeforeEach
  void start() {
    server = Redoubt.server().start();
    client = RedisClient.create();
    connection = client.connect(RedisURI.create("127.0.0.1", server.port()));
    commands = connection.sync();
  }

  @AfterEach
  void stop() {
    if (connection.isOpen()) {
      connection.close();
    }
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    server.close();
  }

  private void connect(ProtocolVersion version) {
    connect(version, server);
  }

  private void connect(ProtocolVersion version, EmbeddedServer to) {
    connection.close();
    client.setOptions(ClientOptions.builder().protocolVersion(version).build());
    connection = client.connect(RedisURI.create("127.0.0.1", to.port()));
    commands = connection.sync();
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void strings(ProtocolVersion version) {
    connect(version);
    MSetExArgs fresh = MSetExArgs.Builder.nx().ex(Duration.ofSeconds(100));
    assertThat(commands.msetex(Map.of("a", "1", "b", "2"), fresh)).isTrue();
    assertThat(commands.msetex(Map.of("a", "3", "c", "4"), MSetExArgs.Builder.nx())).isFalse();
    assertThat(commands.msetex(Map.of("a", "3"), MSetExArgs.Builder.xx().keepttl())).isTrue();
    assertThat(commands.ttl("a")).isBetween(1L, 100L);
    assertThat(commands.msetex(Map.of("a", "3"), MSetExArgs.Builder.pxAt(FUTURE))).isTrue();
    assertThat(commands.pexpiretime("a")).isEqualTo(FUTURE.toEpochMilli());

    assertThat(commands.increx("n")).isEqualTo(new IncrexValue<>(1L, 1L));
    IncrexArgs bounded = IncrexArgs.Builder.lbound(0).ubound(10).ex(60).enx();
    assertThat(commands.increx("n", 8, bounded)).isEqualTo(new IncrexValue<>(9L, 8L));
    assertThat(commands.increx("n", 8, bounded)).isEqualTo(new IncrexValue<>(9L, 0L));
    assertThat(commands.ttl("n")).isBetween(1L, 60L);
    bounded = IncrexArgs.Builder.ubound(10).saturate().persist();
    assertThat(commands.increx("n", 8, bounded)).isEqualTo(new IncrexValue<>(10L, 1L));
    assertThat(commands.ttl("n")).isEqualTo(-1);
    IncrexFloatArgs floats = IncrexFloatArgs.Builder.ubound(2.5).px(60_000);
    assertThat(commands.increx("f", 1.25, floats)).isEqualTo(new IncrexValue<>(1.25, 1.25));
    assertThat(commands.increx("f", 2.0, floats)).isEqualTo(new IncrexValue<>(1.25, 0.0));
    assertThat(commands.increx("f", 2.0, floats.saturate()))
        .isEqualTo(new IncrexValue<>(2.5, 1.25));
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void bitmaps(ProtocolVersion version) {
    connect(version);
    commands.setrange("a", 0, "\u000f"); // 0000 1111
    commands.setrange("b", 0, "\u0003"); // 0000 0011
    commands.setrange("c", 0, "\u0005"); // 0000 0101
    assertThat(commands.bitopDiff("d", "a", "b", "c")).isEqualTo(1);
    assertThat(commands.get("d")).isEqualTo("\b");
    assertThat(commands.bitopDiff1("d", "a", "b", "c")).isEqualTo(1);
    assertThat(commands.get("d")).isEqualTo("\0");
    assertThat(commands.bitopAndor("d", "a", "b", "c")).isEqualTo(1);
    assertThat(commands.get("d")).isEqualTo("\u0007");
    assertThat(commands.bitopOne("d", "a", "b", "c")).isEqualTo(1);
    assertThat(commands.get("d")).isEqualTo("\b");
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void expiryOfFields(ProtocolVersion version) {
    connect(version);
    commands.hset("h", Map.of("a", "1", "b", "2"));
    assertThat(commands.hexpire("h", 100, "a", "none")).containsExactly(1L, -2L);
    assertThat(commands.hexpire("h", 200, ExpireArgs.Builder.nx(), "a", "b"))
        .containsExactly(0L, 1L);
    assertThat(commands.hpexpire("h", Duration.ofSeconds(200), "a")).containsExactly(1L);
    assertThat(commands.hpexpire("h", 100_000, ExpireArgs.Builder.gt(), "a")).containsExactly(0L);
    assertThat(commands.httl("h", "a", "none").getFirst()).isBetween(1L, 200L);
    assertThat(commands.hpttl("h", "a", "none")).element(1).isEqualTo(-2L);
    assertThat(commands.hexpireat("h", FUTURE, "a")).containsExactly(1L);
    assertThat(commands.hexpireat("h", 1, ExpireArgs.Builder.xx(), "none")).containsExactly(-2L);
    assertThat(commands.hexpiretime("h", "a")).containsExactly(FUTURE.getEpochSecond());
    assertThat(commands.hpexpireat("h", FUTURE.plusMillis(7), "a")).containsExactly(1L);
    assertThat(commands.hpexpireat("h", 1, ExpireArgs.Builder.gt(), "a")).containsExactly(0L);
    assertThat(commands.hpexpiretime("h", "a")).containsExactly(FUTURE.toEpochMilli() + 7);
    assertThat(commands.hpersist("h", "a", "a", "none")).containsExactly(1L, -1L, -2L);
    assertThat(commands.httl("none", "a")).containsExactly(-2L);
    assertThat(commands.hexpire("h", 0, "a")).containsExactly(2L);
    assertThat(commands.hgetall("h")).isEqualTo(Map.of("b", "2"));
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void hashes(ProtocolVersion version) {
    connect(version);
    HSetExArgs fresh = HSetExArgs.Builder.fnx().ex(Duration.ofSeconds(100));
    assertThat(commands.hsetex("h", fresh, Map.of("a", "1", "b", "2"))).isEqualTo(1);
    assertThat(commands.hsetex("h", fresh, Map.of("a", "3"))).isZero();
    assertThat(commands.hsetex("h", HSetExArgs.Builder.xx().keepttl(), Map.of("a", "3")))
        .isEqualTo(1);
    assertThat(commands.httl("h", "a").getFirst()).isBetween(1L, 100L);
    assertThat(commands.hgetex("h", HGetExArgs.Builder.persist(), "a", "none"))
        .containsExactly(KeyValue.just("a", "3"), KeyValue.empty("none"));
    assertThat(commands.httl("h", "a")).containsExactly(-1L);
    Map<String, String> streamed = new HashMap<>();
    assertThat(commands.hgetex(streamed::put, "h", HGetExArgs.Builder.pxAt(FUTURE), "a"))
        .isEqualTo(1);
    assertThat(streamed).isEqualTo(Map.of("a", "3"));
    assertThat(commands.hpexpiretime("h", "a")).containsExactly(FUTURE.toEpochMilli());
    assertThat(commands.hgetex("h", "a")).containsExactly(KeyValue.just("a", "3"));
    assertThat(commands.hscanNovalues("h", new ScanArgs().limit(10)))
        .satisfies(page -> {
          assertThat(page.isFinished()).isTrue();
          assertThat(page.getKeys()).containsExactlyInAnyOrder("a", "b");
        });
    List<String> fields = new ArrayList<>();
    assertThat(commands.hscanNovalues(fields::add, "h").getCount()).isEqualTo(2);
    assertThat(fields).containsExactlyInAnyOrder("a", "b");
    assertThat(commands.hgetdel("h", "a", "none"))
        .containsExactly(KeyValue.just("a", "3"), KeyValue.empty("none"));
    streamed.clear();
    assertThat(commands.hgetdel(streamed::put, "h", "b")).isEqualTo(1);
    assertThat(streamed).isEqualTo(Map.of("b", "2"));
    assertThat(commands.exists("h")).isZero();
    assertThat(commands.hgetdel("none", "a")).containsExactly(KeyValue.empty("a"));
    assertThat(commands.hsetex("h", BODY)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void sortedSets(ProtocolVersion version) {
    connect(version);
    commands.zadd("a", ScoredValue.just(10, "x"), ScoredValue.just(20, "y"));
    commands.zadd("b", 30, "y");
    ZAggregateArgs count = ZAggregateArgs.Builder.count();
    assertThat(commands.zunionWithScores(count, "a", "b"))
        .containsExactly(ScoredValue.just(1, "x"), ScoredValue.just(2, "y"));
    assertThat(commands.zinterWithScores(count, "a", "b"))
        .containsExactly(ScoredValue.just(2, "y"));
    assertThat(commands.zunion(count, "a", "b")).containsExactly("x", "y");
    assertThat(commands.zinter(count, "a", "b")).containsExactly("y");
    ZStoreArgs weighted = ZStoreArgs.Builder.count().weights(2.0, 3.0);
    assertThat(commands.zunionstore("u", weighted, "a", "b")).isEqualTo(2);
    assertThat(commands.zscore("u", "y")).isEqualTo(5);
    assertThat(commands.zinterstore("i", weighted, "a", "b")).isEqualTo(1);
    assertThat(commands.zscore("i", "y")).isEqualTo(5);
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void idempotentEntries(ProtocolVersion version) {
    connect(version);
    XAddArgs args = XAddArgs.Builder.idmp("producer", "1");
    String id = commands.xadd("s", args, BODY);
    assertThat(commands.xadd("s", args, BODY)).isEqualTo(id);
    XAddArgs auto = XAddArgs.Builder.idmpAuto("other");
    String next = commands.xadd("s", auto, BODY);
    assertThat(next).isNotEqualTo(id);
    assertThat(commands.xadd("s", auto, BODY)).isEqualTo(next);
    assertThat(commands.xadd("s", auto, Map.of("a", "2"))).isNotEqualTo(next);
    assertThat(commands.xlen("s")).isEqualTo(3);
    assertThat(pairs(commands.xinfoStream("s")))
        .containsEntry("pids-tracked", 2L)
        .containsEntry("iids-tracked", 3L)
        .containsEntry("iids-added", 3L)
        .containsEntry("iids-duplicates", 2L);
    assertThat(commands.xcfgset("s", XCfgSetArgs.Builder.idmpDuration(50).idmpMaxsize(20)))
        .isEqualTo("OK");
    assertThat(pairs(commands.xinfoStream("s")))
        .containsEntry("idmp-duration", 50L)
        .containsEntry("idmp-maxsize", 20L);
  }

  private static Map<Object, Object> pairs(List<Object> flat) {
    Map<Object, Object> pairs = new HashMap<>();
    for (int i = 0; i < flat.size(); i += 2) {
      pairs.put(flat.get(i), flat.get(i + 1));
    }
    return pairs;
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void deletedEntries(ProtocolVersion version) {
    connect(version);
    for (int i = 1; i <= 5; i++) {
      commands.xadd("s", new XAddArgs().id(i + "-0"), BODY);
    }
    commands.xgroupCreate(StreamOffset.from("s", "0"), "g");
    read(XReadArgs.Builder.count(3));
    assertThat(commands.xdelex("s", StreamDeletionPolicy.ACKNOWLEDGED, "1-0", "5-0", "9-0"))
        .containsExactly(
            StreamEntryDeletionResult.NOT_DELETED_UNACKNOWLEDGED_OR_STILL_REFERENCED,
            StreamEntryDeletionResult.NOT_DELETED_UNACKNOWLEDGED_OR_STILL_REFERENCED,
            StreamEntryDeletionResult.NOT_FOUND);
    assertThat(commands.xackdel("s", "g", StreamDeletionPolicy.DELETE_REFERENCES, "1-0", "4-0"))
        .containsExactly(StreamEntryDeletionResult.DELETED, StreamEntryDeletionResult.NOT_FOUND);
    assertThat(commands.xackdel("s", "g", "2-0"))
        .containsExactly(StreamEntryDeletionResult.DELETED);
    assertThat(commands.xdelex("s", "3-0")).containsExactly(StreamEntryDeletionResult.DELETED);
    assertThat(commands.xpending("s", "g").getCount()).isEqualTo(1);
    XTrimArgs trim = XTrimArgs.Builder.maxlen(0).trimmingMode(StreamDeletionPolicy.ACKNOWLEDGED);
    assertThat(commands.xtrim("s", trim)).isZero();
    XAddArgs add =
        XAddArgs.Builder.maxlen(1)
            .exactTrimming()
            .id("6-0")
            .trimmingMode(StreamDeletionPolicy.DELETE_REFERENCES);
    assertThat(commands.xadd("s", add, BODY)).isEqualTo("6-0");
    assertThat(commands.xlen("s")).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void groups(ProtocolVersion version) {
    connect(version);
    commands.xadd("s", new XAddArgs().id("1-0"), BODY);
    commands.xadd("s", new XAddArgs().id("2-0"), BODY);
    assertThat(commands.xread(StreamOffset.last("s")))
        .singleElement()
        .satisfies(message -> assertThat(message.getId()).isEqualTo("2-0"));
    commands.xgroupCreate(StreamOffset.from("s", "0"), "g", new XGroupCreateArgs());
    assertThat(read(XReadArgs.Builder.count(1)))
        .singleElement()
        .satisfies(message -> assertThat(message.isClaimed()).isFalse());
    List<StreamMessage<String, String>> claimed = read(XReadArgs.Builder.claim(0));
    assertThat(claimed).hasSize(2);
    assertThat(claimed.getFirst().getId()).isEqualTo("1-0");
    assertThat(claimed.getFirst().getBody()).isEqualTo(BODY);
    assertThat(claimed.getFirst().isClaimed()).isTrue();
    assertThat(claimed.getFirst().getDeliveredCount()).isEqualTo(1);
    assertThat(claimed.getFirst().getMillisElapsedFromDelivery()).isNotNegative();
    assertThat(claimed.getLast().getBody()).isEqualTo(BODY);
    assertThat(claimed.getLast().isClaimed()).isFalse();

    assertThat(commands.xnack("s", "g", XNackMode.FATAL, "1-0", "9-0")).isEqualTo(1);
    assertThat(commands.xnack("s", "g", XNackMode.SILENT, "2-0")).isEqualTo(1);
    assertThat(commands.xnack("s", "g", XNackMode.FAIL, "9-0")).isZero();
    List<PendingMessage> pending = commands.xpending("s", "g", Range.unbounded(), Limit.from(9));
    assertThat(pending).hasSize(2);
    assertThat(pending.getFirst().getRedeliveryCount()).isGreaterThan(1_000);
    assertThat(pending.getFirst().getConsumer()).isEmpty();
    assertThat(commands.xpending("s", "g").getCount()).isEqualTo(2);
  }

  private List<StreamMessage<String, String>> read(XReadArgs args) {
    return commands.xreadgroup(Consumer.from("g", "c"), args, StreamOffset.lastConsumed("s"));
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void hotKeys(ProtocolVersion version) {
    connect(version);
    assertThat(commands.hotkeysGet()).isNull();
    HotkeysArgs args =
        HotkeysArgs.Builder.metrics(HotkeysArgs.Metric.CPU, HotkeysArgs.Metric.NET)
            .count(10)
            .duration(100)
            .sample(1);
    assertThat(commands.hotkeysStart(args)).isEqualTo("OK");
    commands.set("hot", "x".repeat(10_000));
    assertThat(commands.hotkeysGet().isTrackingActive()).isTrue();
    assertThat(commands.hotkeysStop()).isEqualTo("OK");
    HotkeysReply reply = commands.hotkeysGet();
    assertThat(reply.isTrackingActive()).isFalse();
    assertThat(reply.getSampleRatio()).isEqualTo(1);
    assertThat(reply.getSelectedSlots()).isEmpty();
    assertThat(reply.getByNetBytes()).containsOnlyKeys("hot");
    assertThat(reply.getByNetBytes().get("hot")).isGreaterThan(10_000);
    assertThat(reply.getByCpuTimeUs()).containsOnlyKeys("hot");
    assertThat(reply.getTotalNetBytes()).isGreaterThan(10_000);
    assertThat(reply.getCollectionStartTimeUnixMs())
        .isCloseTo(System.currentTimeMillis(), within(100_000L));
    assertThat(commands.hotkeysReset()).isEqualTo("OK");
    assertThat(commands.hotkeysGet()).isNull();
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void hotKeysOfSlots(ProtocolVersion version) {
    try (EmbeddedServer node = Redoubt.server().with("cluster-enabled", "yes").start()) {
      connect(version, node);
      commands.hotkeysStart(
          HotkeysArgs.Builder.metrics(HotkeysArgs.Metric.NET).slots(7, 100, 101, 102));
      commands.hotkeysStop();
      HotkeysReply reply = commands.hotkeysGet();
      assertThat(reply.getSelectedSlots())
          .containsExactly(Range.create(7, 7), Range.create(100, 102));
      assertThat(reply.getNetBytesAllCommandsSelectedSlots()).isZero();
      assertThat(reply.getByNetBytes()).isEmpty();
      connection.close();
    }
  }

  @ParameterizedTest
  @EnumSource(ProtocolVersion.class)
  void clientsAndAccess(ProtocolVersion version) {
    connect(version);
    assertThat(commands.clientKill(KillArgs.Builder.maxAge(10_000L))).isZero();
    assertThat(commands.clusterKeyslot("foo")).isEqualTo(12_182);
    server.execute("ACL", "SETUSER", "ann", "on", "nopass", "+@read", "~a*", "resetdbs", "db=0,3");
    assertThat(pairs(commands.aclGetuser("ann")))
        .containsEntry("keys", "~a*")
        .containsKey("databases");
  }
}
