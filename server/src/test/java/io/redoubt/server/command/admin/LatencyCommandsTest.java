package io.redoubt.server.command.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.ServerTest;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@ServerTest
final class LatencyCommandsTest {
  private final Dialogue redis;

  LatencyCommandsTest(Dialogue redis) {
    this.redis = redis;
  }

  @BeforeEach
  void reset() {
    redis.says("CONFIG SET latency-monitor-threshold 20", "OK");
    redis.ask("LATENCY RESET");
  }

  @Test
  void recordsASlowCommandAsAnEvent() {
    redis.says("LATENCY LATEST", "(empty array)");
    redis.says("DEBUG SLEEP 0.03", "OK");
    List<Reply> event = redis.reply("LATENCY LATEST").elements().getFirst().elements();
    assertThat(event.get(0).text()).isEqualTo("command");
    assertThat(event.get(2).number()).isBetween(30L, 20_000L);
    assertThat(event.get(3).number()).isEqualTo(event.get(2).number());
    List<Reply> sample = redis.reply("LATENCY HISTORY command").elements().getFirst().elements();
    assertThat(sample.get(0).number()).isEqualTo(event.get(1).number());
    assertThat(sample.get(1).number()).isEqualTo(event.get(2).number());
    assertThat(redis.text("LATENCY DOCTOR")).contains("1. command: 1 latency spikes (average ");
    assertThat(redis.text("LATENCY GRAPH command"))
        .startsWith("command - high ")
        .contains("\n" + "-".repeat(80) + "\n");
    redis.says("LATENCY RESET blabla", "(integer) 0");
    redis.says("LATENCY RESET command blabla", "(integer) 1");
    redis.says("LATENCY LATEST", "(empty array)");
  }

  @Test
  void repliesEmptyForUnknownEvents() {
    redis.says("LATENCY HISTORY blabla", "(empty array)");
    redis.says("LATENCY HISTORY command", "(empty array)");
    redis.says("LATENCY GRAPH blabla", "(error) ERR No samples available for event 'blabla'");
    redis.says(
        "LATENCY GRAPH expire-cycle", "(error) ERR No samples available for event 'expire-cycle'");
    redis.says(
        "LATENCY HISTORY", "(error) ERR wrong number of arguments for 'latency|history' command");
  }

  @Test
  void doctorReportsMonitoring() {
    assertThat(redis.text("LATENCY DOCTOR")).startsWith("No event has taken 20 ms or longer");
    redis.says("CONFIG SET latency-monitor-threshold 0", "OK");
    assertThat(redis.text("LATENCY DOCTOR")).startsWith("Latency is not monitored.");
    redis.says("DEBUG SLEEP 0.03", "OK");
    redis.says("LATENCY LATEST", "(empty array)");
  }

  @Test
  void histogramsOfCommandsThatRan() {
    redis.says("CONFIG RESETSTAT", "OK");
    redis.says("SET a b", "OK");
    redis.says("SET c d", "OK");
    redis.says("CLIENT GETNAME", "(nil)");
    redis.says("GET", "(error) ERR wrong number of arguments for 'get' command");
    List<Reply> set = redis.reply("LATENCY HISTOGRAM set get nothing").elements();
    assertThat(set).hasSize(2);
    assertThat(set.get(0).text()).isEqualTo("set");
    List<Reply> fields = set.get(1).elements();
    assertThat(fields.get(0).text()).isEqualTo("calls");
    assertThat(fields.get(1).number()).isEqualTo(2);
    assertThat(fields.get(2).text()).isEqualTo("histogram_usec");
    List<Reply> classes = fields.get(3).elements();
    assertThat(classes).hasSizeBetween(2, 4);
    assertThat(classes.getLast().number()).isEqualTo(2);
    assertThat(redis.reply("LATENCY HISTOGRAM client").elements().getFirst().text())
        .isEqualTo("client|getname");
    assertThat(redis.reply("LATENCY HISTOGRAM client|getname").elements()).hasSize(2);
    assertThat(
            redis.reply("LATENCY HISTOGRAM").elements().stream()
                .filter(reply -> reply instanceof Reply.Bulk)
                .map(Reply::text))
        .contains("config|resetstat", "set", "client|getname")
        .doesNotContain("get", "client");
  }

  @Test
  void infoShowsPercentilesOfDurations() {
    redis.says("CONFIG RESETSTAT", "OK");
    redis.says("DEBUG SLEEP 0.02", "OK");
    redis.says("CONFIG SET latency-tracking-info-percentiles \"0 50.5 100\"", "OK");
    assertThat(redis.text("INFO latencystats"))
        .startsWith("# Latencystats\r\n")
        .containsPattern(
            "latency_percentiles_usec_debug:p0=2[0-9]{4}\\.[0-9]{3},p50\\.5=2[0-9]{4}\\.[0-9]{3},"
                + "p100=2[0-9]{4}\\.[0-9]{3}\r\n")
        .contains("latency_percentiles_usec_config|resetstat:");
    assertThat(redis.text("INFO")).doesNotContain("# Latencystats");
    redis.says("CONFIG SET latency-tracking-info-percentiles \"\"", "OK");
    assertThat(redis.text("INFO latencystats")).contains("latency_percentiles_usec_debug:\r\n");
    redis.says("CONFIG SET latency-tracking-info-percentiles \"50 99 99.9\"", "OK");
  }

  @Test
  void tracksNoDurationsUnlessTold() {
    redis.says("CONFIG SET latency-tracking no", "OK");
    redis.says("CONFIG RESETSTAT", "OK");
    redis.says("SET key value", "OK");
    redis.says("LATENCY HISTOGRAM set", "(empty array)");
    assertThat(redis.text("INFO latencystats")).isEqualTo("# Latencystats\r\n");
    redis.says("CONFIG SET latency-tracking yes", "OK");
    redis.says("SET key value", "OK");
    List<Reply> fields = redis.reply("LATENCY HISTOGRAM set").elements().get(1).elements();
    assertThat(fields.get(1).number()).isEqualTo(1);
    assertThat(redis.text("INFO commandstats")).contains("cmdstat_set:calls=2,");
  }
}
