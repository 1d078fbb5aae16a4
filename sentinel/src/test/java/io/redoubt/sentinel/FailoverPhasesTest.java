package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.FailoverPhases.Moment;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FailoverPhasesTest {
  private static final long WALL = 1_795_868_386_688L;

  private long silentMillis;
  private final FailoverPhases phases = new FailoverPhases(master -> silentMillis);

  private String at(long millis, String type, String payload) {
    return phases.happened(type, payload, new Moment(WALL, millis));
  }

  @Test
  void countsFromTheLastValidReplyOfTheOldMaster() {
    silentMillis = 1200;
    at(2200, "+sdown", "master mymaster 127.0.0.1 6379");
    silentMillis = 1500; // only the first event counts
    at(2500, "+odown", "master mymaster 127.0.0.1 6379 #quorum 2/2");
    at(2510, "+try-failover", "master mymaster 127.0.0.1 6379");
    at(2700, "+elected-leader", "master mymaster 127.0.0.1 6379");
    at(2710, "+selected-slave", "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379");
    at(2900, "+promoted-slave", "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379");
    String ended = at(3100, "+switch-master", "mymaster 127.0.0.1 6379 127.0.0.1 6380");
    assertThat(ended)
        .contains(
            "\"detection\":1500,\"election\":200,\"selection\":10,\"promotion\":190,"
                + "\"reconfiguration\":200")
        .contains("\"at\":" + WALL, "\"lost\":0")
        .contains("\"of mymaster took 2,100 ms from the last valid reply of the old master\"");
    FailoverPhases.Totals totals = phases.totals().get("mymaster");
    assertThat(totals.switches()).isEqualTo(1);
    assertThat(totals.aborted()).isZero();
    assertThat(totals.lastMillis())
        .containsAllEntriesOf(Map.of("detection", 1500L, "election", 200L));
  }

  @Test
  void includesLostElections() {
    silentMillis = 1000;
    at(1000, "+sdown", "master a 127.0.0.1 1");
    at(1100, "+odown", "master a 127.0.0.1 1 #quorum 2/2");
    at(1100, "+try-failover", "master a 127.0.0.1 1");
    assertThat(at(3000, "-failover-abort-not-elected", "master a 127.0.0.1 1")).isEmpty();
    at(3400, "+try-failover", "master a 127.0.0.1 1");
    at(3500, "-failover-abort-not-elected", "master a 127.0.0.1 1");
    at(7000, "+try-failover", "master a 127.0.0.1 1");
    at(7100, "+elected-leader", "master a 127.0.0.1 1");
    at(7110, "+selected-slave", "slave 127.0.0.1:2 127.0.0.1 2 @ a 127.0.0.1 1");
    at(7500, "+promoted-slave", "slave 127.0.0.1:2 127.0.0.1 2 @ a 127.0.0.1 1");
    assertThat(at(8000, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2"))
        .contains("took 8,000 ms", "\"detection\":1100,\"election\":6000", "\"lost\":2");
    FailoverPhases.Totals totals = phases.totals().get("a");
    assertThat(totals.aborted()).isEqualTo(2);
    assertThat(totals.switches()).isEqualTo(1);
    assertThat(totals.millis()).containsEntry("election", 6000L).containsEntry("detection", 1100L);
  }

  @Test
  void continuesAfterAFailoverThatWasGivenUp() {
    at(0, "+odown", "master a 127.0.0.1 1");
    at(10, "+try-failover", "master a 127.0.0.1 1");
    at(20, "+elected-leader", "master a 127.0.0.1 1");
    assertThat(at(50, "-failover-abort-no-good-slave", "master a 127.0.0.1 1"))
        .contains("of a given up after 50 ms");
    at(100, "+try-failover", "master a 127.0.0.1 1");
    assertThat(at(170, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2"))
        .contains("of a took 170 ms", "\"election and promotion\":140")
        .contains("led by another sentinel");
    FailoverPhases.Totals totals = phases.totals().get("a");
    assertThat(totals.switches()).isEqualTo(1);
    assertThat(totals.aborted()).isEqualTo(1);
    assertThat(totals.millis()).containsEntry("election", 140L).containsEntry("selection", 30L);
  }

  @Test
  void countsFromAnOrder() {
    silentMillis = FailoverPhases.ORDERED;
    at(1000, "+try-failover", "master a 127.0.0.1 1");
    assertThat(at(1500, "-failover-abort-not-coordinated", "master a 127.0.0.1 1"))
        .contains("\"election\":500}", "given up after 500 ms from the operator's order");
    at(60_000, "+try-failover", "master a 127.0.0.1 1"); // a new failover, not the same one
    at(60_100, "+elected-leader", "master a 127.0.0.1 1");
    assertThat(at(60_300, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2"))
        .contains("\"election\":100,\"selection\":200}", "took 300 ms from the operator's order")
        .doesNotContain("detection");
  }

  @Test
  void keepsThePhaseWhenTheMasterIsFoundDownLate() {
    silentMillis = 400;
    at(400, "+try-failover", "master a 127.0.0.1 1"); // asked for votes at once
    at(500, "+elected-leader", "master a 127.0.0.1 1");
    at(600, "+sdown", "master a 127.0.0.1 1");
    at(700, "+odown", "master a 127.0.0.1 1 #quorum 2/2");
    assertThat(at(900, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2"))
        .contains("\"detection\":400,\"election\":100,\"selection\":400");
  }

  @Test
  void forgetsAMasterThatCameBackAndOtherInstances() {
    at(0, "+sdown", "slave 127.0.0.1:2 127.0.0.1 2 @ a 127.0.0.1 1");
    at(10, "+sdown", "master a 127.0.0.1 1");
    at(20, "-sdown", "master a 127.0.0.1 1");
    assertThat(at(900, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2")).isEmpty();
    assertThat(phases.totals().get("a").switches()).isEqualTo(1);
  }
}
