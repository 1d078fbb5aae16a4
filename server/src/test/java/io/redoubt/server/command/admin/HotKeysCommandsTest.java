package io.redoubt.server.command.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** HOTKEYS: a collection from its start to its report. */
@ServerTest
final class HotKeysCommandsTest {
  private final Dialogue redis;

  HotKeysCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @AfterEach
  void stop() {
    redis.ask("HOTKEYS STOP");
    redis.says("HOTKEYS RESET", "OK");
  }

  private Map<String, Reply> report() {
    List<Reply> outer = redis.reply("HOTKEYS GET").elements();
    assertThat(outer).hasSize(1);
    List<Reply> fields = outer.getFirst().elements();
    Map<String, Reply> report = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i += 2) {
      report.put(fields.get(i).text(), fields.get(i + 1));
    }
    return report;
  }

  private static List<String> names(Reply keys) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < keys.elements().size(); i += 2) {
      names.add(keys.elements().get(i).text());
    }
    return names;
  }

  @Test
  void passesThroughItsStates() {
    redis.says("HOTKEYS GET", "(nil)");
    redis.says("HOTKEYS STOP", "(nil)");
    redis.says("HOTKEYS RESET", "OK");
    redis.says("HOTKEYS START METRICS 1 CPU", "OK");
    redis.says(
        "HOTKEYS START METRICS 1 CPU", "(error) ERR hotkeys tracking session already in progress");
    redis.says(
        "HOTKEYS RESET",
        "(error) ERR hotkeys tracking session in progress, stop it with HOTKEYS STOP");
    redis.says("SET a 1", "OK");
    assertThat(report().get("tracking-active").number()).isEqualTo(1);
    redis.says("HOTKEYS STOP", "OK");
    redis.says("SET b 1", "OK");
    assertThat(names(report().get("by-cpu-time-us"))).containsExactly("a");
    assertThat(report().get("tracking-active").number()).isZero();
    redis.says("HOTKEYS STOP", "OK");
    redis.says("HOTKEYS START METRICS 1 CPU", "OK");
    assertThat(report().get("by-cpu-time-us").elements()).isEmpty();
    redis.says("HOTKEYS STOP", "OK");
    redis.says("HOTKEYS RESET", "OK");
    redis.says("HOTKEYS GET", "(nil)");
  }

  @Test
  void reportsTheFieldsOfRedis() {
    redis.says("HOTKEYS START METRICS 1 CPU", "OK");
    assertThat(report().keySet())
        .containsExactly(
            "tracking-active",
            "sample-ratio",
            "selected-slots",
            "all-commands-all-slots-us",
            "net-bytes-all-commands-all-slots",
            "collection-start-time-unix-ms",
            "collection-duration-ms",
            "total-cpu-time-user-ms",
            "total-cpu-time-sys-ms",
            "by-cpu-time-us");
    redis.says("HOTKEYS STOP", "OK");
    redis.says("HOTKEYS START METRICS 2 NET CPU SAMPLE 3", "OK");
    Map<String, Reply> report = report();
    assertThat(report.keySet())
        .containsExactly(
            "tracking-active",
            "sample-ratio",
            "selected-slots",
            "all-commands-all-slots-us",
            "net-bytes-all-commands-all-slots",
            "collection-start-time-unix-ms",
            "collection-duration-ms",
            "total-cpu-time-user-ms",
            "total-cpu-time-sys-ms",
            "total-net-bytes",
            "by-cpu-time-us",
            "by-net-bytes");
    assertThat(report.get("sample-ratio").number()).isEqualTo(3);
    assertThat(report.get("selected-slots").elements()).isEmpty();
    assertThat(report.get("collection-start-time-unix-ms").number())
        .isCloseTo(System.currentTimeMillis(), within(60_000L));
    redis.ask("HELLO 3");
    assertThat(redis.reply("HOTKEYS GET").elements().getFirst()).isInstanceOf(Reply.Map.class);
    redis.ask("HELLO 2");
  }

  @Test
  void countsBytesOfRequestsAndReplies() {
    redis.says("SET big " + "x".repeat(10_000), "OK");
    redis.says("HOTKEYS START METRICS 1 NET COUNT 3", "OK");
    redis.says("SET a 12345", "OK");
    redis.says("MULTI", "OK");
    redis.says("GET b", "QUEUED");
    redis.says("EXEC", "1) (nil)");
    redis.says("EVAL \"redis.call('GET', 'big') return 1\" 1 c", "(integer) 1");
    redis.reply("GET big");
    redis.says("MGET d1 d2", "1) (nil)\n2) (nil)");
    Map<String, Reply> report = report();
    List<Reply> keys = report.get("by-net-bytes").elements();
    assertThat(names(report.get("by-net-bytes"))).startsWith("big").hasSize(3);
    assertThat(keys.get(1).number()).isEqualTo(22 + 8 + 10_000 + 2);
    redis.says("HOTKEYS STOP", "OK");

    redis.says("HOTKEYS START METRICS 1 NET", "OK");
    redis.says("SET a 12345", "OK");
    redis.says("MGET d1 d2", "1) (nil)\n2) (nil)");
    report = report();
    // *3 $3 SET $1 a $5 12345, and +OK
    long set = 4 + 4 + 5 + 4 + 3 + 4 + 7 + 5;
    long mget = (4 + 4 + 6 + 4 + 4 + 4 + 4 + 4 + 5 + 5) / 2;
    assertThat(report.get("by-net-bytes").elements().stream().map(Reply::text))
        .containsExactly("a", "" + set, "d1", "" + mget, "d2", "" + mget);
    assertThat(report.get("net-bytes-all-commands-all-slots").number())
        .isGreaterThanOrEqualTo(set + 2 * mget);
    assertThat(report.get("total-net-bytes").number()).isGreaterThanOrEqualTo(set + 2 * mget);
  }

  @Test
  void findsTheKeysThatTakeLongest() {
    StringBuilder members = new StringBuilder("SADD large");
    for (int i = 0; i < 20_000; i++) {
      members.append(' ').append(i);
    }
    redis.reply(members.toString());
    redis.says("HOTKEYS START METRICS 1 CPU COUNT 2", "OK");
    for (int i = 0; i < 200; i++) {
      redis.says("SET k" + i + " 1", "OK");
    }
    for (int i = 0; i < 5; i++) {
      redis.reply("SMEMBERS large");
    }
    Map<String, Reply> report = report();
    assertThat(names(report.get("by-cpu-time-us"))).hasSize(2).startsWith("large");
    assertThat(report.get("by-cpu-time-us").elements().get(1).number())
        .isLessThanOrEqualTo(report.get("all-commands-all-slots-us").number());
    redis.says("DEL large", "(integer) 1");
  }

  @Test
  void stopsAfterItsDuration() {
    redis.says("HOTKEYS START METRICS 1 NET DURATION 1", "OK");
    redis.says("SET a 1", "OK");
    await().until(() -> report().get("tracking-active").number() == 0);
    redis.says("SET b 1", "OK");
    assertThat(names(report().get("by-net-bytes"))).containsExactly("a");
    assertThat(report().get("collection-duration-ms").number()).isGreaterThanOrEqualTo(1000);
    redis.says("HOTKEYS START METRICS 1 NET", "OK");
  }

  @Test
  void samples() {
    redis.says("HOTKEYS START METRICS 1 NET SAMPLE 1000000000", "OK");
    redis.says("SET a 1", "OK");
    Map<String, Reply> report = report();
    assertThat(report.get("by-net-bytes").elements()).isEmpty();
    assertThat(report.get("net-bytes-all-commands-all-slots").number()).isPositive();
  }

  @Test
  void refusesWrongOptions() {
    redis.says("HOTKEYS START", "(error) ERR METRICS parameter is required");
    redis.says("HOTKEYS START COUNT 10", "(error) ERR METRICS parameter is required");
    for (String metrics :
        new String[] {"0", "1", "1 MEM", "2 CPU", "2 CPU CPU", "3 CPU NET", "x"}) {
      redis.says(
          "HOTKEYS START METRICS " + metrics,
          "(error) ERR METRICS count must be the number of metrics that follow: CPU, NET");
    }
    String start = "HOTKEYS START METRICS 1 CPU ";
    for (String options : new String[] {"NET", "COUNT", "METRICS 1 NET", "SLOTS", "x"}) {
      redis.says(start + options, "(error) ERR syntax error");
    }
    for (String count : new String[] {"0", "65", "-1", "x"}) {
      redis.says(start + "COUNT " + count, "(error) ERR COUNT must be between 1 and 64");
    }
    for (String seconds : new String[] {"-1", "1000000001", "x"}) {
      redis.says(
          start + "DURATION " + seconds, "(error) ERR DURATION must be between 0 and 1000000000");
    }
    redis.says(start + "SAMPLE 0", "(error) ERR SAMPLE ratio must be positive");
    redis.says(start + "SAMPLE 2147483648", "(error) ERR SAMPLE ratio must be positive");
    redis.says(start + "SLOTS 1 5", "(error) ERR SLOTS can be used in cluster mode only");
    redis.says("HOTKEYS GET", "(nil)");
    redis.says("ACL SETUSER user on nopass +@all -@admin", "OK");
    redis.says(
        "ACL DRYRUN user HOTKEYS GET",
        "\"User user has no permissions to run the 'hotkeys|get' command\"");
  }
}
