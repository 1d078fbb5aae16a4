package io.redoubt.server.cluster.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class FindingsLogTest {
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final FindingsLog findings =
      new FindingsLog(new Log(Clock.system(), ZoneOffset.UTC, 1, output));

  /** Returns the lines that a check with these findings adds to the log. */
  private String look(String... present) {
    output.reset();
    findings.update(List.of(present));
    return output.toString(StandardCharsets.UTF_8).replaceAll(".*(Doctor: .*)\n", "$1;");
  }

  @Test
  void logsAFindingOnceWhenItHasHeldForTwoLooks() {
    assertThat(look("few-masters cluster: two")).isEmpty();
    assertThat(look("few-masters cluster: one")).isEqualTo("Doctor: few-masters cluster: one;");
    assertThat(look("few-masters cluster: two")).isEmpty();
  }

  @Test
  void logsNothingOfOneThatWentAtOnce() {
    assertThat(look("node-failed a: x")).isEmpty();
    assertThat(look()).isEmpty();
    assertThat(look("node-failed a: x")).isEmpty();
  }

  @Test
  void logsThatAFindingIsGoneAndThatItIsBack() {
    String unused = look("no-replica a: x", "no-replica b: x");
    assertThat(look("no-replica a: x", "no-replica b: x"))
        .isEqualTo("Doctor: no-replica a: x;Doctor: no-replica b: x;");
    assertThat(look("no-replica b: x")).isEqualTo("Doctor: no longer no-replica a;");
    assertThat(look("no-replica a: x", "no-replica b: x")).isEmpty();
    assertThat(look("no-replica a: x", "no-replica b: x")).isEqualTo("Doctor: no-replica a: x;");
  }
}
