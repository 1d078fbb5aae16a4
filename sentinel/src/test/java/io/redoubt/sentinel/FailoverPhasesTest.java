package io.redoubt.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class FailoverPhasesTest {
  private final FailoverPhases phases = new FailoverPhases();

  private String at(long millis, String type, String payload) {
    return phases.happened(type, payload, millis);
  }

  @Test
  void measuresThePhasesOfALeader() {
    at(1000, "+sdown", "master mymaster 127.0.0.1 6379");
    at(1300, "+odown", "master mymaster 127.0.0.1 6379 #quorum 2/2");
    at(1310, "+try-failover", "master mymaster 127.0.0.1 6379");
    at(1500, "+elected-leader", "master mymaster 127.0.0.1 6379");
    at(1510, "+selected-slave", "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379");
    at(1700, "+promoted-slave", "slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379");
    String ended = at(1900, "+switch-master", "mymaster 127.0.0.1 6379 127.0.0.1 6380");
    assertThat(ended)
        .contains(
            "\"sdown\":300,\"election\":200,\"selection\":10,\"promotion\":190,"
                + "\"reconfiguration\":200")
        .contains("failover of mymaster took 900 ms");
    FailoverPhases.Totals totals = phases.totals().get("mymaster");
    assertThat(totals.switches()).isEqualTo(1);
    assertThat(totals.aborted()).isZero();
    assertThat(totals.lastMillis()).containsAllEntriesOf(Map.of("sdown", 300L, "election", 200L));
  }

  @Test
  void addsUpFailoversAndCountsThoseGivenUp() {
    at(0, "+odown", "master a 127.0.0.1 1");
    assertThat(at(50, "-failover-abort-not-elected", "master a 127.0.0.1 1"))
        .contains("failover of a given up after 50 ms");
    at(100, "+odown", "master a 127.0.0.1 1");
    at(170, "+switch-master", "a 127.0.0.1 1 127.0.0.1 2");
    FailoverPhases.Totals totals = phases.totals().get("a");
    assertThat(totals.switches()).isEqualTo(1);
    assertThat(totals.aborted()).isEqualTo(1);
    assertThat(totals.millis()).containsEntry("election", 120L);
    assertThat(totals.lastMillis()).containsEntry("election", 70L);
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
