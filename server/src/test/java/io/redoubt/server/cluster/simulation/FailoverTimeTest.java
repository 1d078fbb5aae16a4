package io.redoubt.server.cluster.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.cluster.core.Node;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * Measures the simulated time from the agreement that masters have failed to their replacement,
 * compared to replicas that wait before they request votes, as Redis' replicas do. Prints a line
 * per scenario. {@code -Dredoubt.seeds=1000} runs more than a build does.
 */
class FailoverTimeTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 20);
  private static final long TIMEOUT_MILLIS = 2000;
  private static final long PATIENCE_MILLIS = 60_000;
  private static final long DISK_MILLIS = 20;

  /** The time that shows that a candidate needed a second attempt. */
  private static final long SECOND_ATTEMPT_MILLIS = 2 * TIMEOUT_MILLIS;

  /** The replicas that wait as in Redis. */
  private enum Waiting {
    NONE,
    SOME,
    ALL
  }

  /**
   * A cluster and its failure.
   *
   * @param failing the number of masters that fail at the same time
   * @param behind true if the first master's first replica has missed writes
   */
  private record Scenario(
      String name, int masters, int replicasEach, int failing, boolean behind) {}

  /** The results of all seeds of a scenario. */
  private record Figures(List<Long> millis, int lagging) {
    Figures {
      Collections.sort(millis);
    }

    long median() {
      return millis.get(millis.size() / 2);
    }

    long max() {
      return millis.getLast();
    }

    long secondAttempts() {
      return millis.stream().filter(each -> each > SECOND_ATTEMPT_MILLIS).count();
    }
  }

  private static Figures measure(Scenario scenario, Waiting waiting) {
    return measure(scenario, waiting, SEEDS);
  }

  private static Figures measure(Scenario scenario, Waiting waiting, int seeds) {
    List<Long> millis = new ArrayList<>();
    int lagging = 0;
    for (int seed = 1; seed <= seeds; seed++) {
      ClusterFleet fleet =
          new ClusterFleet(seed, scenario.masters(), scenario.replicasEach(), TIMEOUT_MILLIS);
      List<SimulatedClusterNode> nodes = fleet.nodes();
      for (int i = scenario.masters(); i < nodes.size(); i++) {
        if (waiting == Waiting.ALL || (waiting == Waiting.SOME && i % 2 == seed % 2)) {
          nodes.get(i).waitLikeRedis();
        }
      }
      fleet.form();
      nodes.forEach(each -> each.setDiskDelay(DISK_MILLIS));
      fleet.network().runFor(seed * 37L % 1000);
      List<SimulatedClusterNode> victims = nodes.subList(0, scenario.failing());
      if (scenario.behind()) {
        SimulatedClusterNode late = nodes.get(scenario.masters());
        fleet.network().cut(victims.getFirst().ip(), late.ip());
        fleet.network().runFor(1000);
      }
      // The machine's connections are reset, or stay silent.
      victims.forEach(seed % 2 == 0 ? SimulatedClusterNode::crash : each -> isolate(fleet, each));
      long failedAt = await(fleet, () -> anyFailed(fleet, victims));
      millis.add(await(fleet, () -> areReplaced(fleet, victims)) - failedAt);
      if (scenario.behind() && nodes.get(scenario.masters()).core().me().isMaster()) {
        lagging++;
      }
    }
    Figures figures = new Figures(millis, lagging);
    System.out.printf(
        Locale.ROOT,
        "%s, %s: median %d ms, at most %d ms, %d of %d with a second attempt%n",
        scenario.name(),
        switch (waiting) {
          case NONE -> "starting at once";
          case SOME -> "half of them waiting";
          case ALL -> "all waiting like Redis";
        },
        figures.median(),
        figures.max(),
        figures.secondAttempts(),
        seeds);
    return figures;
  }

  private static void isolate(ClusterFleet fleet, SimulatedClusterNode node) {
    for (SimulatedClusterNode other : fleet.nodes()) {
      fleet.network().cut(node.ip(), other.ip());
      fleet.network().cut(other.ip(), node.ip());
    }
  }

  private interface Event {
    boolean hasHappened();
  }

  private static long await(ClusterFleet fleet, Event event) {
    long end = fleet.network().now() + PATIENCE_MILLIS;
    while (!event.hasHappened()) {
      fleet.network().runFor(1);
      assertThat(fleet.network().now()).isLessThan(end);
    }
    return fleet.network().now();
  }

  private static boolean anyFailed(ClusterFleet fleet, List<SimulatedClusterNode> victims) {
    for (SimulatedClusterNode node : fleet.nodes()) {
      for (SimulatedClusterNode victim : victims) {
        Node seen = node.isUp() ? node.core().node(victim.id()) : null;
        if (seen != null && seen.hasFailed() && !victims.contains(node)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean areReplaced(ClusterFleet fleet, List<SimulatedClusterNode> victims) {
    for (SimulatedClusterNode victim : victims) {
      int number = fleet.nodes().indexOf(victim);
      boolean replaced = false;
      for (SimulatedClusterNode node : fleet.nodes()) {
        replaced |=
            !victims.contains(node)
                && node.isUp()
                && node.core().me().isMaster()
                && node.core().me().slots().equals(fleet.share(number));
      }
      if (!replaced) {
        return false;
      }
    }
    return true;
  }

  private static void atOnce(Scenario scenario) {
    Figures waiting = measure(scenario, Waiting.ALL);
    Figures mixed = measure(scenario, Waiting.SOME);
    Figures ours = measure(scenario, Waiting.NONE);
    assertThat(waiting.median()).isBetween(500L, 2500L);
    assertThat(mixed.median()).isLessThanOrEqualTo(waiting.median());
    assertThat(ours.median()).isLessThan(100);
    assertThat(ours.secondAttempts()).isZero();
    assertThat(ours.lagging() + mixed.lagging()).isZero();
  }

  @Test
  void theOnlyReplicaStartsAtOnce() {
    atOnce(new Scenario("one replica", 3, 1, 1, false));
  }

  @Test
  void oneOfEqualReplicasStartsAtOnce() {
    atOnce(new Scenario("three equal replicas", 3, 3, 1, false));
  }

  @Test
  void theReplicaWithMoreDataStartsAtOnce() {
    atOnce(new Scenario("two replicas, one behind", 3, 2, 1, true));
  }

  /** Candidates for several masters that start at the same time would split the votes. */
  @Test
  void candidatesForSeveralMastersWaitForEachOther() {
    Scenario scenario = new Scenario("two of five masters at once", 5, 1, 2, false);
    int seeds = 5 * SEEDS; // splits: 1 of 20 if all wait, 1 of 200 if none
    Figures waiting = measure(scenario, Waiting.ALL, seeds);
    Figures ours = measure(scenario, Waiting.NONE, seeds);
    assertThat(ours.secondAttempts()).isLessThanOrEqualTo(waiting.secondAttempts());
  }
}
