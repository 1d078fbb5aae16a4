package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.core.Instance;
import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.settings.MasterOptions;
import io.redoubt.sentinel.settings.NodeAccess;
import io.redoubt.sentinel.settings.Settings;
import io.redoubt.sentinel.settings.SimulatedCrash;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Tests the operator's options by their effects on a fleet. */
class OptionsTest {
  private static void set(SentinelFleet fleet, UnaryOperator<MasterOptions> change) {
    for (SimulatedSentinel each : fleet.sentinels()) {
      MasterOptions options = change.apply(each.master().options());
      each.step(new SentinelInput.Set(SentinelFleet.MASTER, options, List.of("changed")));
    }
  }

  @Test
  void neverPromotesPriorityZero() {
    for (long seed = 1; seed <= 10; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.node(2).setPriority(0);
      fleet.runFor(15_000);
      fleet.node(1).kill();
      fleet.runFor(5000);
      assertThat(fleet.node(3).master()).as("seed " + seed).isNull();
      fleet.node(3).kill();
      fleet.runFor(20_000);
      assertThat(fleet.node(2).master()).as("seed " + seed).isNotNull();
      assertThat(String.join("\n", fleet.trace()))
          .as("seed " + seed)
          .containsPattern("No replica of \\S+ can be promoted: .*: priority zero");
    }
  }

  @Test
  void prefersTheLowerPriority() {
    for (long seed = 1; seed <= 10; seed++) {
      SentinelFleet fleet = new SentinelFleet(seed, 3, 3, 2, 1000);
      fleet.node(2 + (int) (seed % 2)).setPriority(10);
      fleet.runFor(15_000);
      fleet.node(1).kill();
      fleet.runFor(5000);
      assertThat(fleet.node(2 + (int) (seed % 2)).master()).as("seed " + seed).isNull();
    }
  }

  @Test
  void limitsConcurrentReconfigurations() {
    assertThat(mostAtATime(1)).isEqualTo(1);
    assertThat(mostAtATime(2)).isEqualTo(2);
    assertThat(mostAtATime(9)).isEqualTo(4);
  }

  private static int mostAtATime(int parallelSyncs) {
    SentinelFleet fleet = new SentinelFleet(1, 3, 6, 2, 1000);
    fleet.runFor(5000);
    set(fleet, options -> options.with(draft -> draft.parallelSyncs = parallelSyncs));
    fleet.node(1).kill();
    fleet.runFor(10_000);
    int turning = 0;
    int most = 0;
    for (String line : fleet.trace()) {
      if (line.contains("+slave-reconf-sent ")) {
        turning++;
      } else if (line.contains("+slave-reconf-done ")) {
        turning--;
      }
      most = Math.max(most, turning);
    }
    return most;
  }

  @Test
  void failsOverAMasterThatLoadsTooLong() {
    assertThat(isReplacedWhileLoading(0)).isFalse();
    assertThat(isReplacedWhileLoading(60_000)).isFalse();
    assertThat(isReplacedWhileLoading(3000)).isTrue();
  }

  private static boolean isReplacedWhileLoading(long rebootDownAfterMillis) {
    SentinelFleet fleet = new SentinelFleet(2, 3, 3, 2, 2000);
    fleet.runFor(5000);
    set(
        fleet,
        options ->
            options.with(draft -> draft.masterRebootDownAfterMillis = rebootDownAfterMillis));
    fleet.node(1).kill();
    fleet.runFor(500);
    fleet.node(1).loadFor(20_000);
    fleet.node(1).start();
    fleet.runFor(19_000);
    return !fleet.sentinel(1).master().currentAddress().equals(fleet.node(1).address());
  }

  @Test
  void announcesTheConfiguredAddress() {
    SentinelFleet fleet = new SentinelFleet(3, 3, 2, 2, 1000);
    fleet.runFor(5000);
    configure(fleet.sentinel(1), "1.2.3.4", 5000, "");
    fleet.runFor(5000);
    assertThat(fleet.sentinel(2).master().sentinels())
        .extracting(Instance::address)
        .contains(new Address("1.2.3.4", 5000))
        .doesNotContain(fleet.sentinel(1).address());
    assertThat(fleet.trace())
        .anyMatch(line ->
            line.contains(
                "s2  +sentinel-address-switch master mymaster n1 6379 ip 1.2.3.4 port 5000 for"
                    + " s1"));
  }

  @Test
  void usesANewPasswordForSentinelsAtOnce() {
    SentinelFleet fleet = new SentinelFleet(3, 3, 2, 2, 1000);
    fleet.runFor(5000);
    configure(fleet.sentinel(1), "", 0, "secret");
    assertThat(fleet.sentinel(1).master().sentinels())
        .allMatch(peer -> peer.link().isDisconnected());
    fleet.runFor(2000);
    assertThat(fleet.sentinel(1).master().sentinels())
        .noneMatch(peer -> peer.link().isDisconnected());
  }

  @Test
  void usesANewPasswordForNodesAtOnce() {
    for (long wait = 0; wait <= 1500; wait += 50) {
      SentinelFleet fleet = new SentinelFleet(3, 3, 2, 2, 2000);
      fleet.runFor(5000);
      fleet.nodes().forEach(node -> node.wantPassword("secret"));
      fleet.runFor(wait);
      set(fleet, options -> options.with(draft -> draft.access = NodeAccess.of("", "secret")));
      fleet.runFor(500);
      assertThat(fleet.sentinel(1).master().link().isDisconnected()).as("after " + wait).isFalse();
      fleet.runFor(3000);
      assertThat(fleet.trace())
          .as("the password was told %d ms later", wait)
          .noneMatch(line -> line.contains("+sdown"));
    }
  }

  @Test
  void excludesSentinelsThatRefuseThePassword() {
    SentinelFleet fleet = new SentinelFleet(3, 3, 2, 2, 2000);
    fleet.runFor(5000);
    assertThat(usable(fleet.sentinel(1))).isEqualTo(3);
    fleet.sentinels().forEach(each -> each.wantPassword("secret"));
    fleet.runFor(100);
    for (int millis = 0; millis < 5000; millis++) {
      fleet.runFor(1);
      assertThat(usable(fleet.sentinel(1))).isEqualTo(1);
    }
    fleet.sentinels().forEach(each -> configure(each, "", 0, "secret"));
    fleet.runFor(500);
    assertThat(usable(fleet.sentinel(1))).isEqualTo(3);
  }

  private static int usable(SimulatedSentinel sentinel) {
    Sentinel core = sentinel.core();
    assertThat(core).isNotNull();
    return core.reachableSentinels(sentinel.master());
  }

  @Test
  void sharesLinksBetweenMasters() {
    SentinelFleet fleet = new SentinelFleet(4, 3, 2, 2, 2, 1000);
    fleet.runFor(5000);
    Sentinel core = fleet.sentinel(1).core();
    assertThat(core).isNotNull();
    assertThat(core.masters())
        .hasSize(2)
        .allSatisfy(master -> {
          assertThat(master.sentinels()).hasSize(2);
          assertThat(master.sentinels()).allMatch(peer -> peer.link().owners() == 2);
          assertThat(master.replicas()).allMatch(replica -> replica.link().owners() == 1);
        });
    assertThat(fleet.connections().to(fleet.sentinel(2).address()))
        .as("one from each of the others")
        .hasSize(2);
  }

  @Test
  void abortsACoordinatedFailoverIfWritesCannotBeStopped() {
    SentinelFleet fleet = new SentinelFleet(5, 3, 3, 2, 1000);
    fleet.rules().allowForced();
    fleet.node(1).refusePause();
    fleet.runFor(5000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, true, false));
    fleet.runFor(5000);
    assertThat(fleet.trace())
        .anyMatch(line -> line.contains("s1  -failover-abort-not-coordinated master mymaster n1"))
        .noneMatch(line -> line.contains("+promoted-slave"));
    assertThat(fleet.disagreement()).isNull();
    assertThat(fleet.node(1).takesWrites()).isTrue();

    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, false, false));
    fleet.runFor(5000);
    assertThat(fleet.node(1).master()).as("without the condition").isNotNull();
  }

  @Test
  void refusesACoordinatedFailoverWithoutMaster() {
    SentinelFleet fleet = new SentinelFleet(6, 3, 3, 3, 1000);
    fleet.rules().allowForced();
    fleet.runFor(5000);
    fleet.sentinel(2).crash();
    fleet.sentinel(3).crash();
    fleet.node(1).kill();
    fleet.runFor(2000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, true, false));
    assertThat(fleet.trace())
        .anyMatch(line ->
            line.contains("(refused: NOGOODMASTER The master can't be asked to stop writes)"));
  }

  @Test
  void losesNothingInACoordinatedFailover() {
    SentinelFleet fleet = new SentinelFleet(7, 3, 3, 2, 3000);
    fleet.rules().allowForced();
    fleet.runFor(5000);
    fleet.sentinel(1).step(new SentinelInput.Failover(SentinelFleet.MASTER, true, false));
    fleet.runFor(10_000);
    assertThat(fleet.disagreement()).isNull();
    assertThat(fleet.node(1).master()).isNotNull();
  }

  private static void configure(
      SimulatedSentinel sentinel, String announcedHost, int announcedPort, String password) {
    Settings usual = Settings.listeningOn(26379);
    sentinel.step(
        new SentinelInput.Configure(
            new Settings(
                usual.port(),
                announcedHost,
                announcedPort,
                false,
                false,
                NodeAccess.of("", password),
                SimulatedCrash.NONE,
                usual.timings())));
  }
}
