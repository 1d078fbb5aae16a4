package io.redoubt.sentinel.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.sentinel.core.Sentinel;
import io.redoubt.sentinel.core.SentinelInput;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.settings.Settings;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests that each risky configuration causes its own finding only. */
class DoctorTest {
  private static final Map<String, String> GOOD =
      Map.of("requirepass", "a", "masterauth", "a", "min-slaves-to-write", "1", "save", "60 1");

  /** Creates three sentinels on separate machines over a master and a replica, without findings. */
  private final SentinelFleet fleet = fleet(3, 2);

  private static SentinelFleet fleet(int sentinels, int quorum) {
    SentinelFleet fleet = new SentinelFleet(9, sentinels, 2, quorum, 1000);
    fleet.nodes().forEach(node -> node.setSettings(GOOD));
    return fleet;
  }

  /** Returns the keywords of s1's findings after the time for discovery. */
  private static List<String> words(SentinelFleet fleet) {
    fleet.runFor(20_000);
    return findings(fleet).stream().map(each -> each.replaceFirst(" .*", "")).toList();
  }

  private static List<String> findings(SentinelFleet fleet) {
    Sentinel core = fleet.sentinel(1).core();
    assertThat(core).isNotNull();
    return core == null ? List.of() : core.findings(fleet.sentinel(1).master());
  }

  private static void set(SimulatedDataNode node, String name, String value) {
    Map<String, String> settings = new HashMap<>(GOOD);
    settings.put(name, value);
    node.setSettings(settings);
  }

  @Test
  void findsNothingInAHealthyGroup() {
    assertThat(words(fleet)).isEmpty();
    assertThat(fleet.trace()).noneMatch(line -> line.contains("Doctor"));
  }

  @Test
  void logsFindingsOnce() {
    set(fleet.node(1), "min-slaves-to-write", "0");
    fleet.runFor(40_000);
    assertThat(fleet.trace())
        .filteredOn(line -> line.contains("s1  (Doctor: "))
        .singleElement()
        .asString()
        .contains("(Doctor: min-replicas-unset mymaster: ");
  }

  @Test
  void countsVoters() {
    assertThat(words(fleet(1, 1))).containsExactly("one-voter");
    assertThat(words(fleet(2, 2))).containsExactly("two-voters");
    assertThat(words(fleet(3, 4))).containsExactly("quorum-above-voters");
  }

  @Test
  void findsSentinelsOnOneHost() {
    int port = 5000;
    for (SimulatedSentinel sentinel : fleet.sentinels()) {
      sentinel.step(new SentinelInput.Configure(announced("10.0.1.1", port++)));
    }
    assertThat(words(fleet)).containsExactly("one-host");
  }

  private static Settings announced(String host, int port) {
    Settings usual = Settings.listeningOn(26379);
    return new Settings(
        usual.port(), host, port, false, false, usual.peers(), usual.crash(), usual.timings());
  }

  /** Settings of nodes, one of which has another password than its master requires. */
  @Test
  void comparesPasswords() {
    set(fleet.node(2), "masterauth", "b");
    assertThat(words(fleet)).containsExactly("passwords-differ");
    assertThat(findings(fleet).getFirst())
        .contains("masterauth of 10.0.0.2:6379 is not requirepass of 10.0.0.1:6379");
  }

  @Test
  void findsARefusedPassword() {
    fleet.node(2).answerGreetings("WRONGPASS invalid username-password pair or user is disabled.");
    fleet
        .connections()
        .to(fleet.node(2).address())
        .forEach(SentinelConnections.Connection::closeByTarget);
    assertThat(words(fleet)).containsExactly("password-refused");
  }

  @Test
  void readsTheMastersSettings() {
    set(fleet.node(1), "min-slaves-to-write", "0");
    assertThat(words(fleet)).containsExactly("min-replicas-unset");
    SentinelFleet forgetful = fleet(3, 2);
    Map<String, String> settings = new HashMap<>(GOOD);
    settings.put("save", "");
    settings.put("appendonly", "no");
    forgetful.node(1).setSettings(settings);
    assertThat(words(forgetful)).containsExactly("persistence-off");
    settings.put("appendonly", "yes");
    SentinelFleet logging = fleet(3, 2);
    logging.node(1).setSettings(settings);
    assertThat(words(logging)).isEmpty();
  }

  @Test
  void findsAddressTranslation() {
    fleet.node(1).listAlso(new Address("172.17.0.2", 6379));
    assertThat(words(fleet)).containsExactly("replica-out-of-reach");
  }

  @Test
  void findsADuplicateId() {
    fleet.runFor(5000);
    String id = fleet.sentinel(1).id();
    fleet
        .sentinel(1)
        .step(
            new SentinelInput.HelloHeard(
                SentinelInput.HelloHeard.NO_LINK,
                "10.0.1.9,26379," + id + ",0,mymaster,10.0.0.1,6379,0"));
    assertThat(words(fleet)).containsExactly("same-id");
  }

  @Test
  void findsMembersThatAFailoverWouldLack() {
    SentinelFleet group = new SentinelFleet(9, 3, 3, 2, 1000);
    group.nodes().forEach(node -> node.setSettings(GOOD));
    group.acknowledgeWrites(1);
    assertThat(words(group)).isEmpty();
    group.node(3).kill();
    assertThat(words(group)).containsExactly("acks-members-missing");
    assertThat(findings(group).getFirst()).contains("1 can be reached. Missing: 10.0.0.3:6379. ");
    group.node(3).start();
    group.node(2).setPriority(0);
    assertThat(words(group)).containsExactly("acks-priority");
  }

  @Test
  void findsReplicasThatCannotBeMembers() {
    SentinelFleet group = new SentinelFleet(9, 3, 4, 2, 1000);
    group.nodes().forEach(node -> node.setSettings(GOOD));
    group.acknowledgeWrites(1);
    group.node(4).leaveGroup();
    assertThat(words(group)).contains("acks-no-member");
  }
}
