package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.core.SentinelInput;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Tests the payloads of events outside an ordinary failover; the scenarios have the others. In the
 * trace {@code n1} represents a node's address, and {@code s1} a sentinel's address and id.
 */
class EventPayloadsTest {
  private static SentinelFleet fleet(int nodes) {
    SentinelFleet fleet = new SentinelFleet(1, 3, nodes, 2, 1000);
    fleet.rules().allowForced();
    fleet.runFor(5000);
    return fleet;
  }

  /** Returns the events of a sentinel from now on, without times. */
  private static List<String> events(SentinelFleet fleet, int sentinel, long millis) {
    int before = fleet.trace().size();
    fleet.runFor(millis);
    String who = " s" + sentinel + "  ";
    return fleet.trace().subList(before, fleet.trace().size()).stream()
        .filter(line -> line.contains(who))
        .map(line -> line.substring(line.indexOf(who) + who.length()))
        .toList();
  }

  private static List<String> eventsOf(SentinelFleet fleet, SentinelInput order) {
    int before = fleet.trace().size();
    fleet.sentinel(1).step(order);
    return fleet.trace().subList(before, fleet.trace().size()).stream()
        .map(line -> line.substring(line.indexOf(" s1  ") + 5))
        .toList();
  }

  private static void set(SentinelFleet fleet, long failoverTimeoutMillis) {
    for (SimulatedSentinel each : fleet.sentinels()) {
      each.step(
          new SentinelInput.Set(
              SentinelFleet.MASTER,
              each.master()
                  .options()
                  .with(draft -> draft.failoverTimeoutMillis = failoverTimeoutMillis),
              List.of("failover-timeout " + failoverTimeoutMillis)));
    }
  }

  @Test
  void ofOrders() {
    SentinelFleet fleet = fleet(2);
    assertThat(
            eventsOf(
                fleet,
                new SentinelInput.Set(
                    SentinelFleet.MASTER,
                    fleet.sentinel(1).master().options().with(draft -> draft.quorum = 1),
                    List.of("quorum 1", "auth-pass ******"))))
        .contains(
            "+set master mymaster n1 6379 quorum 1",
            "+set master mymaster n1 6379 auth-pass ******");
    assertThat(eventsOf(fleet, new SentinelInput.Reset(List.of(SentinelFleet.MASTER))))
        .contains("+reset-master master mymaster n1 6379");
    assertThat(eventsOf(fleet, new SentinelInput.Remove(SentinelFleet.MASTER)))
        .contains("-monitor master mymaster n1 6379");
  }

  @Test
  void ofAReplicaOfAnotherMaster() {
    SentinelFleet fleet = fleet(3);
    fleet.node(3).setMaster(fleet.node(2).address());
    fleet.runFor(20_000);
    assertThat(fleet.trace())
        .anyMatch(
            line -> line.endsWith("+fix-slave-config slave n3:6379 n3 6379 @ mymaster n1 6379"));
    assertThat(fleet.node(3).master()).isEqualTo(fleet.node(1).address());
  }

  @Test
  void ofARebootedNode() {
    SentinelFleet fleet = fleet(2);
    fleet.node(2).kill();
    fleet.runFor(300);
    fleet.node(2).start();
    assertThat(events(fleet, 1, 15_000))
        .contains("+reboot slave n2:6379 n2 6379 @ mymaster n1 6379");
  }

  @Test
  void ofReplicasThatAreNotReconfiguredInTime() {
    SentinelFleet fleet = fleet(5);
    set(fleet, 5000);
    for (int i = 3; i <= 5; i++) {
      fleet.node(i).ignoreOrders();
    }
    fleet.node(2).setPriority(1);
    fleet.runFor(11_000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    List<String> events = events(fleet, 1, 8000);
    assertThat(events)
        .containsSubsequence(
            "+failover-state-reconf-slaves master mymaster n1 6379",
            "+slave-reconf-sent slave n3:6379 n3 6379 @ mymaster n1 6379",
            "+failover-end-for-timeout master mymaster n1 6379",
            "+failover-end master mymaster n1 6379",
            "+slave-reconf-sent-be slave n4:6379 n4 6379 @ mymaster n1 6379",
            "+slave-reconf-sent-be slave n5:6379 n5 6379 @ mymaster n1 6379",
            "+switch-master mymaster n1 6379 n2 6379");
  }

  @Test
  void ofAFailoverAbortedForItsReplica() {
    SentinelFleet fleet = fleet(3);
    set(fleet, 30_000);
    fleet.node(3).ignoreOrders();
    fleet.node(2).setPriority(1);
    fleet.runFor(11_000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    assertThat(events(fleet, 1, 15_000))
        .containsSubsequence(
            "+slave-reconf-sent slave n3:6379 n3 6379 @ mymaster n1 6379",
            "-slave-reconf-sent-timeout slave n3:6379 n3 6379 @ mymaster n1 6379",
            "+failover-end master mymaster n1 6379");
  }

  @Test
  void ofAPromotionTimeout() {
    SentinelFleet fleet = fleet(2);
    set(fleet, 3000);
    fleet.node(2).ignoreOrders();
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    assertThat(events(fleet, 1, 6000))
        .containsSubsequence(
            "+failover-state-wait-promotion slave n2:6379 n2 6379 @ mymaster n1 6379",
            "-failover-abort-slave-timeout master mymaster n1 6379");
    assertThat(fleet.node(1).takesWrites()).isTrue();
  }

  @Test
  void ofSentinelsThatChangeTheirAddress() {
    SentinelFleet fleet = new SentinelFleet(1, 3, 2, 2, 2, 1000);
    fleet.runFor(5000);
    String second = fleet.sentinel(2).id();
    assertThat(eventsOf(fleet, hello("10.0.1.7", second)))
        .contains(
            "+sentinel-address-switch master mymaster n1 6379 ip s7 port 26379 for s2",
            "+sentinel-address-update sentinel s2 s7 26379 @ mymaster n1 6379"
                + " 1 additional matching instances");
    assertThat(eventsOf(fleet, hello("10.0.1.3", "8".repeat(40))))
        .contains(
            "+sentinel-invalid-addr sentinel s3 s3 26379 @ mymaster n1 6379",
            "+sentinel sentinel s8 s3 26379 @ mymaster n1 6379");
  }

  private static SentinelInput hello(String host, String id) {
    return new SentinelInput.HelloHeard(
        SentinelInput.HelloHeard.NO_LINK, host + ",26379," + id + ",0,mymaster,10.0.0.1,6379,0");
  }
}
