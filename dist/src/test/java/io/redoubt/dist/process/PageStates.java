package io.redoubt.dist.process;

import io.redoubt.protocol.http.Json;
import java.util.List;
import java.util.function.Consumer;

/** States of processes with the longest texts and the greatest numbers that a page must display. */
final class PageStates {
  private static final String IPV6 = "[fd00:1234:5678:9abc:def0:1234:5678:%04x]:63799";
  private static final String HOST =
      "redis-production-cache-%d.rack-17.eu-central-1.example.com:6379";
  private static final String LONG_NAME = "W".repeat(300) + "@'\"<b>&";
  private static final int CLIENTS = 6;

  private PageStates() {}

  /** Returns a server with long-named replicas, one of which is silent. */
  static String server() {
    Json json = start("server", "master");
    json.member("sentence", "Master; 1 of 3 replicas in step, worst 2 KB behind, 2 silent.");
    json.array("groups").object().member("name", "").array("nodes");
    node(json, "this server, port 6379", "master", "", "ok");
    node(json, IPV6.formatted(1), "replica", "this server, port 6379", "ok");
    node(json, HOST.formatted(2), "replica", "this server, port 6379", "silent");
    node(json, "W".repeat(255) + ":6379", "replica", "this server, port 6379", "gone");
    json.endArray().array("sentinels");
    node(json, IPV6.formatted(3), "", "", "ok");
    json.endArray().endObject().endArray();
    return endOfServer(json, List.of("bgsave"));
  }

  /** Returns a node of a cluster, one shard of which has failed. */
  static String cluster() {
    Json json = start("server", "master");
    json.member("sentence", "Cluster down: 5,461 slots are not served, 6 nodes known.");
    json.array("groups");
    for (int i = 0; i < 3; i++) {
      String master = IPV6.formatted(i);
      json.object()
          .member("name", "")
          .member("slots", "0–5460, 6000, 7000–7001, …")
          .member("slotCount", 5461)
          .array("nodes");
      node(json, master, "master", "", i == 2 ? "failed" : "ok");
      node(json, IPV6.formatted(i + 10), "replica", master, "ok");
      node(json, IPV6.formatted(i + 20), "replica", master, "silent");
      json.endArray().array("sentinels").endArray().endObject();
    }
    json.endArray()
        .object("cluster")
        .member("state", "fail")
        .member("slotsAssigned", 10_922)
        .member("nodes", 6)
        .member("masters", 3)
        .member("epoch", 7)
        .member("hiddenShards", 0)
        .endObject();
    return endOfServer(json, List.of("cluster", "doctor"));
  }

  /** Returns a sentinel in the middle of an election. */
  static String sentinel() {
    Json json = start("sentinel", "sentinel");
    json.member("sentence", "mymaster: master " + HOST.formatted(1) + " has not answered for 4 s.");
    json.array("groups")
        .object()
        .member("name", "a-group-with-a-long-name-".repeat(8))
        .member("quorum", 2)
        .member("epoch", 1)
        .member("failover", "wait_start")
        .array("nodes");
    String master = HOST.formatted(1);
    node(json, master, "master", "", "odown");
    node(json, IPV6.formatted(1), "replica", master, "link down");
    node(json, IPV6.formatted(2), "promoted", master, "ok");
    json.endArray().array("sentinels");
    for (int i = 0; i < 3; i++) {
      json.object()
          .member("id", i == 0 ? "this sentinel, port 26379" : IPV6.formatted(i))
          .member("self", i == 0)
          .member("state", i == 2 ? "sdown" : "ok")
          .member("masterDown", true)
          .member("vote", IPV6.formatted(1))
          .member("silentMillis", 4321)
          .endObject();
    }
    json.endArray().endObject().endArray();
    end(json, List.of("sentinel", "failover", "my'master; touch /tmp/x"));
    return json.endObject().toString();
  }

  private static Json start(String kind, String role) {
    return new Json()
        .object()
        .member("kind", kind)
        .member("version", "Redoubt 1.0.0, commit 12345678, compatible with Redis 7.2.6")
        .member("at", System.currentTimeMillis())
        .member("port", 6379)
        .member("role", role)
        .member("unready", "");
  }

  private static void node(Json json, String id, String role, String of, String state) {
    json.object()
        .member("id", id)
        .member("self", id.startsWith("this"))
        .member("role", role)
        .member("of", of)
        .member("state", state)
        .member("silentMillis", 4321)
        .member("offset", 123_456_789_012_345L)
        .member("lagBytes", 2048)
        .member("lagMillis", 900)
        .endObject();
  }

  private static String endOfServer(Json json, List<String> action) {
    json.object("totals");
    for (String name :
        List.of(
            "commands",
            "input",
            "output",
            "hits",
            "misses",
            "expired",
            "evicted",
            "busyNanos",
            "longestNanos",
            "clients",
            "blocked")) {
      json.member(name, System.currentTimeMillis());
    }
    json.endObject();
    rows(
        json,
        "commands",
        12,
        row -> {
          row.member("name", "client|no-evict").member("calls", 123_456_789_012L);
          row.member("failed", 123_456_789).member("rejected", 123_456_789);
          row.member("micros", 987_654_321_012L).decimal("p50", 1.5);
          row.decimal("p99", 333_447.167).decimal("p999", 12_345_678.9);
        });
    json.object("memory").member("used", 1L << 40).member("limit", 1L << 41);
    json.member("resident", 1L << 40);
    rows(json, "kinds", 7, row -> row.member("name", "append-only file").member("bytes", 1L << 40));
    json.endObject();
    rows(
        json,
        "databases",
        3,
        row -> row.member("index", 15).member("keys", 1_000_000_000).member("expiring", 999));
    rows(
        json,
        "slow",
        12,
        row -> {
          row.member("id", 1).member("at", 1_795_868_386).member("micros", 333_447);
          row.member("command", "ZRANGEBYSCORE").member("arguments", 1_000_000);
        });
    json.member("showsKeys", false);
    rows(
        json,
        "hotKeys",
        10,
        row -> {
          row.member("database", 15).member("command", "zrangebyscore").decimal("percent", 99.9);
        });
    rows(
        json,
        "bigKeys",
        10,
        row -> {
          row.member("database", 15).member("type", "stream").member("bytes", 1L << 40);
        });
    json.member("keysSeen", 123_456_789_012L).member("keys", 123_456_789_012L);
    end(json, action);
    return json.endObject().toString();
  }

  private static void end(Json json, List<String> action) {
    rows(
        json,
        "clients",
        CLIENTS,
        row -> {
          row.member("id", 1).member("address", IPV6.formatted(7)).member("name", LONG_NAME);
          row.member("user", "a-user-with-a-name").member("flags", "N").member("age", 123_456_789);
          row.member("idle", 123_456)
              .member("output", 1L << 30)
              .member("command", "client|no-evict");
        });
    json.array("doctors").element("MEMORY DOCTOR").element("LATENCY DOCTOR").endArray();
    rows(
        json,
        "findings",
        2,
        row -> row.member("doctor", "MEMORY DOCTOR").member("text", LONG_NAME + " is large."));
    json.object("shell").array("hosts").element("10.1.2.3").endArray().member("port", 6390);
    json.array("options").element("--tls").element("--cacert").element("/etc/my redis/ca.crt");
    json.endArray().endObject();
    json.array("actions").object().array("words");
    action.forEach(json::element);
    json.endArray().endObject().endArray();
  }

  private static void rows(Json json, String name, int count, Consumer<Json> row) {
    json.array(name);
    for (int i = 0; i < count; i++) {
      json.object();
      row.accept(json);
      json.endObject();
    }
    json.endArray();
  }
}
