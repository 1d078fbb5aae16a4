package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.core.Input;
import io.redoubt.server.cluster.message.Body;
import io.redoubt.server.cluster.message.Body.GossipKind;
import io.redoubt.server.cluster.message.Claim;
import io.redoubt.server.cluster.message.Endpoint;
import io.redoubt.server.cluster.message.GossipEntry;
import io.redoubt.server.cluster.message.Header;
import io.redoubt.server.cluster.message.Message;
import io.redoubt.server.cluster.message.NodeFlag;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests how nodes discover each other, and how they repair a failed handshake. */
class ClusterHandshakeTest {
  private static final long TIMEOUT_MILLIS = 2000;
  private static final long PATIENCE_MILLIS = 60_000;

  /** The number of messages during the formation of three nodes; later ones are ordinary PINGs. */
  private static final int MESSAGES = 60;

  private static SimulatedClusterNode node(ClusterFleet fleet, int number) {
    return fleet.nodes().get(number - 1);
  }

  private static String id(int number) {
    return String.format(Locale.ROOT, "%040x", number);
  }

  /** Returns a MEET, or another message, of an unknown node, with gossip about others. */
  private static Message stranger(GossipKind kind, String sender, int port, int entries) {
    Header header =
        new Header(
            sender,
            new Endpoint("10.9.0.1", port, 0, port + 10_000),
            new Header.View(0, true),
            new Claim(0, new SlotSet()),
            0,
            null,
            NodeFlag.MASTER,
            Header.EXTENSION_DATA);
    List<GossipEntry> gossip =
        IntStream.range(0, entries)
            .mapToObj(i ->
                new GossipEntry(
                    id(1_000_000 + i),
                    0,
                    0,
                    new Endpoint("10.9.1.1", 1000 + i, 0, 11_000 + i),
                    NodeFlag.MASTER))
            .toList();
    return new Message(header, new Body.Gossip(kind, gossip, List.of()));
  }

  private static void receive(SimulatedClusterNode node, int connection, Message message) {
    node.step(new Input.Received(connection, node.ip(), "10.9.0.1", message));
  }

  /**
   * Verifies that a pause that outlasts a handshake on either side, at any of its messages, leaves
   * no node known to one side only.
   */
  @Test
  void healsAfterAPauseAtAnyStepOfAHandshake() {
    IntStream.rangeClosed(1, MESSAGES)
        .boxed()
        .flatMap(message -> Stream.of(message, -message))
        .parallel()
        .forEach(message -> {
          ClusterFleet fleet = new ClusterFleet(message, 3, 0, TIMEOUT_MILLIS);
          fleet.pauseAtMessage(Math.abs(message), message < 0, TIMEOUT_MILLIS * 7 / 5);
          try {
            fleet.form();
          } catch (AssertionError e) {
            throw new AssertionError(
                "pause at message "
                    + message
                    + ": "
                    + e.getMessage()
                    + "\n"
                    + String.join("\n", fleet.trace()),
                e);
          }
        });
  }

  @Test
  void meetsANodeAgainThatDoesNotKnowIt() {
    ClusterFleet fleet = new ClusterFleet(1, 3, 1, TIMEOUT_MILLIS);
    fleet.form();
    SimulatedClusterNode known = node(fleet, 6);
    for (SimulatedClusterNode other : fleet.nodes()) {
      if (other != known) {
        other.restartWithout(known.id());
      }
    }
    fleet.waitFor(6 * TIMEOUT_MILLIS, fleet::disagreement);
    fleet.waitFor(
        PATIENCE_MILLIS,
        () -> known.core().findings().isEmpty() ? null : "" + known.core().findings());
  }

  /** A running node that was forgotten on purpose stays away for the minute of the order. */
  @Test
  void ignoresARepeatedMeetOfAForgottenNode() {
    ClusterFleet fleet = new ClusterFleet(1, 3, 1, TIMEOUT_MILLIS);
    fleet.form();
    SimulatedClusterNode gone = node(fleet, 6);
    for (SimulatedClusterNode other : fleet.nodes()) {
      if (other != gone && other.core().node(gone.id()) != null) {
        assertThat(other.order(new Input.Forget(gone.id()))).isEqualTo("OK");
      }
    }
    fleet.network().runFor(50_000);
    assertThat(fleet.trace()).anyMatch(line -> line.contains("is sent another MEET"));
    assertThat(gone.core().findings())
        .filteredOn(each -> each.startsWith("one-way "))
        .as("findings of the node that the others do not know")
        .hasSize(fleet.nodes().size() - 1);
    for (SimulatedClusterNode other : fleet.nodes()) {
      assertThat(other == gone || other.core().node(gone.id()) == null).as(other.name()).isTrue();
    }
  }

  @Test
  void obeysAnOperatorsMeetOfAForgottenNode() {
    ClusterFleet fleet = new ClusterFleet(1, 2, 0, TIMEOUT_MILLIS);
    fleet.form();
    SimulatedClusterNode first = node(fleet, 1);
    SimulatedClusterNode gone = node(fleet, 2);
    assertThat(first.order(new Input.Forget(gone.id()))).isEqualTo("OK");
    fleet.network().runFor(2 * TIMEOUT_MILLIS);
    assertThat(first.core().node(gone.id())).isNull();
    assertThat(gone.order(new Input.Reset(false, false))).isEqualTo("OK");
    assertThat(gone.order(new Input.Meet(first.ip(), 6379, 16379))).isEqualTo("OK");
    fleet.network().runFor(TIMEOUT_MILLIS);
    assertThat(first.core().node(gone.id())).isNotNull();
    assertThat(gone.core().node(first.id())).isNotNull();
  }

  @Test
  void ignoresGossipOfAnUnknownSender() {
    ClusterFleet fleet = new ClusterFleet(1, 3, 0, TIMEOUT_MILLIS);
    fleet.form();
    SimulatedClusterNode node = node(fleet, 1);
    for (GossipKind kind : GossipKind.values()) {
      receive(node, -1000, stranger(kind, id(77), 7000, 500));
    }
    Cluster core = node.core();
    assertThat(core.allNodes())
        .as("three nodes and a handshake")
        .hasSize(4)
        .noneMatch(each -> each.id().startsWith("0000"));
    fleet.network().runFor(4 * TIMEOUT_MILLIS);
    assertThat(core.allNodes()).hasSize(3);
  }

  @Test
  void limitsTheHandshakesThatStrangersStart() {
    ClusterFleet fleet = new ClusterFleet(1, 3, 0, TIMEOUT_MILLIS);
    fleet.form();
    SimulatedClusterNode node = node(fleet, 1);
    for (int i = 0; i < 5000; i++) {
      receive(node, -1000, stranger(GossipKind.MEET, id(i), 10_000 + i, 0));
    }
    assertThat(node.core().allNodes()).hasSize(3 + 256);
    assertThat(node.order(new Input.Meet("10.0.0.2", 6379, 16379))).isEqualTo("OK");
    assertThat(node.core().allNodes()).as("an order is not limited").hasSize(3 + 256 + 1);
    fleet.waitFor(PATIENCE_MILLIS, fleet::disagreement);
  }
}
