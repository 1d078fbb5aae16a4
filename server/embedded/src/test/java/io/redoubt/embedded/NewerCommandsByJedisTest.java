package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.args.BitOP;
import redis.clients.jedis.args.ExpiryOption;
import redis.clients.jedis.args.HotkeysMetric;
import redis.clients.jedis.args.StreamDeletionPolicy;
import redis.clients.jedis.args.XNackMode;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.HGetExParams;
import redis.clients.jedis.params.HSetExParams;
import redis.clients.jedis.params.HotkeysParams;
import redis.clients.jedis.params.IncrexFloatParams;
import redis.clients.jedis.params.IncrexParams;
import redis.clients.jedis.params.MSetExParams;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.XAddParams;
import redis.clients.jedis.params.XCfgSetParams;
import redis.clients.jedis.params.XPendingParams;
import redis.clients.jedis.params.XReadGroupParams;
import redis.clients.jedis.params.XReadParams;
import redis.clients.jedis.params.XTrimParams;
import redis.clients.jedis.params.ZParams;
import redis.clients.jedis.resps.AccessControlUser;
import redis.clients.jedis.resps.HotkeysInfo;
import redis.clients.jedis.resps.StreamEntry;
import redis.clients.jedis.resps.StreamEntryDeletionResult;
import redis.clients.jedis.resps.StreamInfo;
import redis.clients.jedis.resps.StreamPendingEntry;
import redis.clients.jedis.resps.Tuple;

/**
 * The methods that Jedis has for commands and options that Redis 7.2 lacks, over RESP2 and RESP3.
 * Conditional writes are tested with the packed server.
 */
@Timeout(60)
final class NewerCommandsByJedisTest {
  private static final long FUTURE_SECONDS = 4_000_000_000L;
  private static final long FUTURE_MILLIS = 1_000 * FUTURE_SECONDS;
  private static final Map<String, String> BODY = Map.of("a", "1");

  private EmbeddedServer server;

  @BeforeEach
  void start() {
    server = Redoubt.server().start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static DefaultJedisClientConfig config(RedisProtocol protocol) {
    return DefaultJedisClientConfig.builder().protocol(protocol).build();
  }

  private RedisClient connect(RedisProtocol protocol) {
    return connect(server, protocol);
  }

  private static RedisClient connect(EmbeddedServer to, RedisProtocol protocol) {
    return RedisClient.builder()
        .hostAndPort("127.0.0.1", to.port())
        .clientConfig(config(protocol))
        .build();
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void strings(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      assertThat(client.msetex(MSetExParams.setParams().nx().ex(100), "a", "1", "b", "2")).isTrue();
      assertThat(client.msetex(MSetExParams.setParams().nx(), "a", "3", "c", "4")).isFalse();
      assertThat(client.msetex(MSetExParams.setParams().xx().keepTtl(), "a", "3")).isTrue();
      assertThat(client.ttl("a")).isBetween(1L, 100L);
      assertThat(client.msetex(MSetExParams.setParams().pxAt(FUTURE_MILLIS), "a", "3")).isTrue();
      assertThat(client.pexpireTime("a")).isEqualTo(FUTURE_MILLIS);
      assertThat(client.mget("a", "b", "c")).containsExactly("3", "2", null);

      assertThat(client.increx("n")).containsExactly(1L, 1L);
      IncrexParams bounded = IncrexParams.increxParams().lbound(0).ubound(10).ex(60).enx();
      assertThat(client.increx("n", 8, bounded)).containsExactly(9L, 8L);
      assertThat(client.increx("n", 8, bounded)).containsExactly(9L, 0L);
      assertThat(client.ttl("n")).isBetween(1L, 60L);
      bounded = IncrexParams.increxParams().ubound(10).saturate().persist();
      assertThat(client.increx("n", 8, bounded)).containsExactly(10L, 1L);
      assertThat(client.ttl("n")).isEqualTo(-1);
      IncrexFloatParams floats = IncrexFloatParams.increxFloatParams().ubound(2.5).px(60_000);
      assertThat(client.increx("f", 1.25, floats)).containsExactly(1.25, 1.25);
      assertThat(client.increx("f", 2.0, floats)).containsExactly(1.25, 0.0);
      assertThat(client.increx("f", 2.0, floats.saturate())).containsExactly(2.5, 1.25);
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void bitmaps(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      client.setrange("a", 0, "\u000f"); // 0000 1111
      client.setrange("b", 0, "\u0003"); // 0000 0011
      client.setrange("c", 0, "\u0005"); // 0000 0101
      Map<BitOP, String> results =
          Map.of(
              BitOP.DIFF, "\b", // 0000 1000
              BitOP.DIFF1, "\0",
              BitOP.ANDOR, "\u0007", // 0000 0111
              BitOP.ONE, "\b");
      results.forEach((operation, result) -> {
        assertThat(client.bitop(operation, "d", "a", "b", "c")).isEqualTo(1);
        assertThat(client.get("d")).as("%s", operation).isEqualTo(result);
      });
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void expiryOfFields(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      client.hset("h", Map.of("a", "1", "b", "2"));
      assertThat(client.hexpire("h", 100, "a", "none")).containsExactly(1L, -2L);
      assertThat(client.hexpire("h", 200, ExpiryOption.NX, "a", "b")).containsExactly(0L, 1L);
      assertThat(client.hpexpire("h", 200_000, "a")).containsExactly(1L);
      assertThat(client.hpexpire("h", 100_000, ExpiryOption.GT, "a")).containsExactly(0L);
      assertThat(client.httl("h", "a", "none").getFirst()).isBetween(1L, 200L);
      assertThat(client.hpttl("h", "a", "none")).element(1).isEqualTo(-2L);
      assertThat(client.hexpireAt("h", FUTURE_SECONDS, "a")).containsExactly(1L);
      assertThat(client.hexpireAt("h", 1, ExpiryOption.XX, "none")).containsExactly(-2L);
      assertThat(client.hexpireTime("h", "a")).containsExactly(FUTURE_SECONDS);
      assertThat(client.hpexpireAt("h", FUTURE_MILLIS + 7, "a")).containsExactly(1L);
      assertThat(client.hpexpireAt("h", 1, ExpiryOption.GT, "a")).containsExactly(0L);
      assertThat(client.hpexpireTime("h", "a")).containsExactly(FUTURE_MILLIS + 7);
      assertThat(client.hpersist("h", "a", "a", "none")).containsExactly(1L, -1L, -2L);
      assertThat(client.httl("none", "a")).containsExactly(-2L);
      assertThat(client.hexpire("h", 0, "a")).containsExactly(2L);
      assertThat(client.hgetAll("h")).isEqualTo(Map.of("b", "2"));
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void hashes(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      HSetExParams fresh = HSetExParams.hSetExParams().fnx().ex(100);
      assertThat(client.hsetex("h", fresh, Map.of("a", "1", "b", "2"))).isEqualTo(1);
      assertThat(client.hsetex("h", fresh, "a", "3")).isZero();
      assertThat(client.hsetex("h", HSetExParams.hSetExParams().fxx().keepTtl(), "a", "3"))
          .isEqualTo(1);
      assertThat(client.httl("h", "a").getFirst()).isBetween(1L, 100L);
      assertThat(client.hgetex("h", HGetExParams.hGetExParams().persist(), "a", "none"))
          .containsExactly("3", null);
      assertThat(client.httl("h", "a")).containsExactly(-1L);
      assertThat(client.hgetex("h", HGetExParams.hGetExParams().pxAt(FUTURE_MILLIS), "a"))
          .containsExactly("3");
      assertThat(client.hpexpireTime("h", "a")).containsExactly(FUTURE_MILLIS);
      assertThat(client.hscanNoValues("h", ScanParams.SCAN_POINTER_START, new ScanParams()))
          .satisfies(page -> {
            assertThat(page.isCompleteIteration()).isTrue();
            assertThat(page.getResult()).containsExactlyInAnyOrder("a", "b");
          });
      assertThat(client.hgetdel("h", "a", "none")).containsExactly("3", null);
      assertThat(client.hgetdel("h", "b")).containsExactly("2");
      assertThat(client.exists("h")).isFalse();
      assertThat(client.hgetdel("none", "a", "b")).containsExactly(null, null);
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void sortedSets(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      client.zadd("a", Map.of("x", 10.0, "y", 20.0));
      client.zadd("b", Map.of("y", 30.0));
      ZParams count = new ZParams().aggregate(ZParams.Aggregate.COUNT);
      assertThat(client.zunionWithScores(count, "a", "b"))
          .containsExactly(new Tuple("x", 1.0), new Tuple("y", 2.0));
      assertThat(client.zinterWithScores(count, "a", "b")).containsExactly(new Tuple("y", 2.0));
      assertThat(client.zunion(count, "a", "b")).containsExactly("x", "y");
      assertThat(client.zinter(count, "a", "b")).containsExactly("y");
      count.weights(2, 3);
      assertThat(client.zunionstore("u", count, "a", "b")).isEqualTo(2);
      assertThat(client.zscore("u", "y")).isEqualTo(5.0);
      assertThat(client.zinterstore("i", count, "a", "b")).isEqualTo(1);
      assertThat(client.zscore("i", "y")).isEqualTo(5.0);
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void idempotentEntries(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      XAddParams params = XAddParams.xAddParams().idmp("producer", "1");
      StreamEntryID id = client.xadd("s", params, BODY);
      assertThat(client.xadd("s", params, BODY)).isEqualTo(id);
      XAddParams auto = XAddParams.xAddParams().idmpAuto("other");
      StreamEntryID next = client.xadd("s", auto, BODY);
      assertThat(next).isGreaterThan(id);
      assertThat(client.xadd("s", auto, BODY)).isEqualTo(next);
      assertThat(client.xadd("s", auto, Map.of("a", "2"))).isGreaterThan(next);
      XCfgSetParams limits = XCfgSetParams.xCfgSetParams().idmpDuration(50).idmpMaxsize(20);
      StreamInfo info = client.xinfoStream("s");
      assertThat(info.getPidsTracked()).isEqualTo(2);
      assertThat(info.getIidsTracked()).isEqualTo(3);
      assertThat(info.getIidsAdded()).isEqualTo(3);
      assertThat(info.getIidsDuplicates()).isEqualTo(2);
      assertThat(client.xcfgset("s", limits)).isEqualTo("OK");
      info = client.xinfoStream("s");
      assertThat(info.getLength()).isEqualTo(3);
      assertThat(info.getFirstEntry().getID()).isEqualTo(id);
      assertThat(info.getIdmpDuration()).isEqualTo(50);
      assertThat(info.getIdmpMaxsize()).isEqualTo(20);
      assertThat(client.xinfoStreamFull("s").getEntries()).hasSize(3);
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void deletedEntries(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      for (int i = 1; i <= 5; i++) {
        client.xadd("s", XAddParams.xAddParams().id(i), BODY);
      }
      client.xgroupCreate("s", "g", new StreamEntryID(0, 0), false);
      read(client, XReadGroupParams.xReadGroupParams().count(3));
      assertThat(client.xdelex("s", StreamDeletionPolicy.ACKNOWLEDGED, id(1), id(5), id(9)))
          .containsExactly(
              StreamEntryDeletionResult.NOT_DELETED_UNACKNOWLEDGED_OR_STILL_REFERENCED,
              StreamEntryDeletionResult.NOT_DELETED_UNACKNOWLEDGED_OR_STILL_REFERENCED,
              StreamEntryDeletionResult.NOT_FOUND);
      assertThat(client.xackdel("s", "g", StreamDeletionPolicy.DELETE_REFERENCES, id(1), id(4)))
          .containsExactly(StreamEntryDeletionResult.DELETED, StreamEntryDeletionResult.NOT_FOUND);
      assertThat(client.xackdel("s", "g", id(2)))
          .containsExactly(StreamEntryDeletionResult.DELETED);
      assertThat(client.xdelex("s", id(3))).containsExactly(StreamEntryDeletionResult.DELETED);
      assertThat(client.xpending("s", "g").getTotal()).isEqualTo(1);
      assertThat(
              client.xtrim(
                  "s",
                  XTrimParams.xTrimParams()
                      .maxLen(0)
                      .trimmingMode(StreamDeletionPolicy.ACKNOWLEDGED)))
          .isZero();
      client.xadd(
          "s",
          XAddParams.xAddParams()
              .id(6)
              .maxLen(1)
              .exactTrimming()
              .trimmingMode(StreamDeletionPolicy.DELETE_REFERENCES),
          BODY);
      assertThat(client.xlen("s")).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void groups(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      client.xadd("s", XAddParams.xAddParams().id(1), BODY);
      client.xadd("s", XAddParams.xAddParams().id(2), BODY);
      assertThat(
              client.xread(XReadParams.xReadParams(), Map.of("s", StreamEntryID.XREAD_LAST_ENTRY)))
          .singleElement()
          .satisfies(entry -> {
            assertThat(entry.getKey()).isEqualTo("s");
            assertThat(entry.getValue().getFirst().getID()).isEqualTo(id(2));
          });
      client.xgroupCreate("s", "g", new StreamEntryID(0, 0), false);
      assertThat(read(client, XReadGroupParams.xReadGroupParams().count(1)))
          .singleElement()
          .satisfies(entry -> assertThat(entry.isClaimed()).isFalse());
      List<StreamEntry> claimed = read(client, XReadGroupParams.xReadGroupParams().claim(0));
      assertThat(claimed).hasSize(2);
      assertThat(claimed.getFirst().getID()).isEqualTo(id(1));
      assertThat(claimed.getFirst().isClaimed()).isTrue();
      assertThat(claimed.getFirst().getDeliveredCount()).isEqualTo(1);
      assertThat(claimed.getFirst().getMillisElapsedFromDelivery()).isNotNegative();
      assertThat(claimed.getLast().isClaimed()).isFalse();
      assertThat(claimed.getLast().getFields()).isEqualTo(BODY);

      assertThat(client.xnack("s", "g", XNackMode.FATAL, id(1), id(9))).isEqualTo(1);
      assertThat(client.xnack("s", "g", XNackMode.SILENT, id(2))).isEqualTo(1);
      assertThat(client.xnack("s", "g", XNackMode.FAIL, id(9))).isZero();
      List<StreamPendingEntry> pending = client.xpending("s", "g", new XPendingParams().count(9));
      assertThat(pending).hasSize(2);
      assertThat(pending.getFirst().getDeliveredTimes()).isGreaterThan(1_000);
      assertThat(pending.getFirst().getConsumerName()).isEmpty();
      assertThat(client.xpending("s", "g").getTotal()).isEqualTo(2);
      assertThat(client.xinfoGroups("s").getFirst().getPending()).isEqualTo(2);
      assertThat(client.xinfoStreamFull("s").getGroups().getFirst().getPelCount()).isEqualTo(2);
    }
  }

  private static StreamEntryID id(long millis) {
    return new StreamEntryID(millis, 0);
  }

  private static List<StreamEntry> read(RedisClient client, XReadGroupParams params) {
    return client
        .xreadGroup("g", "c", params, Map.of("s", StreamEntryID.XREADGROUP_UNDELIVERED_ENTRY))
        .getFirst()
        .getValue();
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void hotKeys(RedisProtocol protocol) {
    try (RedisClient client = connect(protocol)) {
      assertThat(client.hotkeysGet()).isNull();
      assertThat(
              client.hotkeysStart(
                  HotkeysParams.hotkeysParams()
                      .metrics(HotkeysMetric.CPU, HotkeysMetric.NET)
                      .count(10)
                      .duration(100)
                      .sample(1)))
          .isEqualTo("OK");
      client.set("hot", "x".repeat(10_000));
      assertThat(client.hotkeysGet().isTrackingActive()).isTrue();
      assertThat(client.hotkeysStop()).isEqualTo("OK");
      HotkeysInfo info = client.hotkeysGet();
      assertThat(info.isTrackingActive()).isFalse();
      assertThat(info.getSampleRatio()).isEqualTo(1);
      assertThat(info.getSelectedSlots()).isEmpty();
      assertThat(info.getByNetBytes()).containsOnlyKeys("hot");
      assertThat(info.getByNetBytes().get("hot")).isGreaterThan(10_000);
      assertThat(info.getByCpuTimeUs()).containsOnlyKeys("hot");
      assertThat(info.getTotalNetBytes()).isGreaterThan(10_000);
      assertThat(info.getNetBytesAllCommandsAllSlots()).isGreaterThan(10_000);
      assertThat(info.getCollectionStartTimeUnixMs())
          .isCloseTo(System.currentTimeMillis(), within(100_000L));
      assertThat(client.hotkeysReset()).isEqualTo("OK");
      assertThat(client.hotkeysGet()).isNull();
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void hotKeysOfSlots(RedisProtocol protocol) {
    try (EmbeddedServer node = Redoubt.server().with("cluster-enabled", "yes").start();
        RedisClient client = connect(node, protocol)) {
      client.hotkeysStart(
          HotkeysParams.hotkeysParams().metrics(HotkeysMetric.NET).slots(7, 100, 101, 102));
      client.hotkeysStop();
      HotkeysInfo info = client.hotkeysGet();
      assertThat(info.getSelectedSlots())
          .usingRecursiveComparison()
          .isEqualTo(List.of(new int[] {7}, new int[] {100, 102}));
      assertThat(info.getNetBytesAllCommandsSelectedSlots()).isZero();
      assertThat(info.getByNetBytes()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void clientsAndAccess(RedisProtocol protocol) {
    try (Jedis client = new Jedis("127.0.0.1", server.port(), config(protocol))) {
      assertThat(client.clientKill(ClientKillParams.clientKillParams().maxAge(10_000))).isZero();
      assertThat(client.clusterKeySlot("foo")).isEqualTo(12_182);
      client.aclSetUser("ann", "on", "nopass", "+@read", "~a*", "resetdbs", "db=0,3");
      AccessControlUser user = client.aclGetUser("ann");
      assertThat(user.getKeys()).isEqualTo("~a*");
      assertThat(user.getCommands()).isEqualTo("-@all +@read");
      assertThat(client.aclList()).anyMatch(each -> each.contains(" db=0,3 "));
    }
  }
}
