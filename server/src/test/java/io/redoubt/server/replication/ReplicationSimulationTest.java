package io.redoubt.server.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Simulates several servers in one thread, from one seed: writes, delays, disconnections, crashes
 * with and without a saved state, restarts, promotions and new masters, in any order. Servers at
 * the same position of a history have the same content; n replicas have applied a write that n
 * acknowledged; and after all faults have ended, all servers agree.
 *
 * <p>{@code -Dredoubt.simulations=…} sets the number of seeds, {@code -Dredoubt.seed=…} the first
 * one.
 */
class ReplicationSimulationTest {
  private static final int SERVERS = 4;
  private static final long CHAOS = 6_000;
  private static final long HEALING = 20_000;
  private static final long MAX_EVENTS = 2_000_000;

  @Test
  void serversAgreeAfterAllFaultsHaveEnded() {
    int simulations = Integer.getInteger("redoubt.simulations", 100);
    long first = Long.getLong("redoubt.seed", 1);
    long fullSyncs = 0;
    long waited = 0;
    for (long seed = first; seed < first + simulations; seed++) {
      try {
        Run simulation = new Run(seed);
        simulation.run();
        fullSyncs += simulation.fullSyncs();
        waited += simulation.waited;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("-Dredoubt.simulations=1 -Dredoubt.seed=" + seed, e);
      }
    }
    System.out.printf(
        "%d simulations: %d full syncs, %d writes waited for%n", simulations, fullSyncs, waited);
    assertThat(fullSyncs).isPositive();
    assertThat(waited).isPositive();
  }

  /** A write with a pending WAIT. */
  private record Wait(SimulatedServer master, String id, long offset, String key, long number) {}

  private static final class Run {
    private final ReplicationNetwork network;
    private final Random random;
    private final List<SimulatedServer> servers = new ArrayList<>();
    private final List<Wait> waits = new ArrayList<>();
    private final Map<String, Integer> truth = new HashMap<>();
    private long writes;
    private long waited;

    Run(long seed) {
      random = Seed.from(seed);
      network = new ReplicationNetwork(random);
      for (int i = 0; i < SERVERS; i++) {
        servers.add(new SimulatedServer(network, servers, truth, i));
      }
      for (int i = 1; i < SERVERS; i++) {
        servers.get(i).follow(random.nextInt(i));
      }
    }

    long fullSyncs() {
      return servers.stream().mapToLong(SimulatedServer::fullSyncs).sum();
    }

    void run() {
      while (network.now() < CHAOS) {
        takeStep();
        until(network.now() + random.nextInt(10));
        checkWaits();
      }
      heal();
      servers.forEach(SimulatedServer::close);
    }

    private void until(long time) {
      while (network.step(time)) {
        assertThat(network.happened()).as("events").isLessThan(MAX_EVENTS);
      }
    }

    private SimulatedServer any() {
      return servers.get(random.nextInt(SERVERS));
    }

    private void takeStep() {
      int what = random.nextInt(1000);
      SimulatedServer server = any();
      if (what < 700) {
        write(server);
      } else if (what < 900) {
        server.cron();
      } else if (what < 930) {
        network.cutAny();
      } else if (what < 950) {
        server.save();
      } else if (what < 965) {
        server.follow(random.nextInt(SERVERS));
      } else if (what < 975) {
        server.becomeMaster();
      } else if (what < 985) {
        if (random.nextBoolean()) {
          server.save();
        }
        server.crash();
      } else {
        server.restart();
      }
    }

    private void write(SimulatedServer server) {
      if (server.isMaster()) {
        writes++;
        String key = "k" + random.nextInt(20);
        String value = writes + ":" + "x".repeat(random.nextInt(300));
        long offset = server.write(key, value, random.nextInt(8) == 0);
        if (random.nextInt(10) == 0) {
          waits.add(new Wait(server, server.id(), offset, key, writes));
        }
      }
    }

    /**
     * Checks that each replica that has acknowledged the offset of a write has applied the write.
     */
    private void checkWaits() {
      waits.removeIf(wait -> !wait.master.isMaster() || !wait.master.id().equals(wait.id));
      for (Wait wait : List.copyOf(waits)) {
        int told = wait.master.acknowledged(wait.offset);
        if (told == 0) {
          continue;
        }
        waits.remove(wait);
        waited++;
        long have =
            servers.stream()
                .filter(server -> server != wait.master && server.hasApplied(wait.key, wait.number))
                .count();
        assertThat(have)
            .as("replicas with %s of %s", wait.key, wait.master)
            .isGreaterThanOrEqualTo(told);
      }
    }

    /** Restarts all servers and makes one the master, followed by the others directly or not. */
    private void heal() {
      servers.forEach(SimulatedServer::restart);
      SimulatedServer master = any();
      master.becomeMaster();
      Set<Integer> placed = new HashSet<>(Set.of(servers.indexOf(master)));
      for (int i = 0; i < SERVERS; i++) {
        if (!placed.contains(i)) {
          int of = List.copyOf(placed).get(random.nextInt(placed.size()));
          servers.get(i).follow(of);
          placed.add(i);
        }
      }
      long end = network.now() + HEALING;
      master.write("last", "0:write", false);
      while (network.now() < end && !agree(master)) {
        until(network.now() + 50);
      }
      for (SimulatedServer server : servers) {
        assertThat(server.isMaster() || server.isLinkUp()).as("link of %s", servers).isTrue();
        assertThat(server.id()).as("id of %s", servers).isEqualTo(master.id());
        assertThat(server.offset()).as("offset of %s", servers).isEqualTo(master.offset());
        assertThat(server.data()).as("content of %s", servers).isEqualTo(master.data());
      }
    }

    private boolean agree(SimulatedServer master) {
      return servers.stream()
          .allMatch(server ->
              (server == master || server.isLinkUp())
                  && server.id().equals(master.id())
                  && server.offset() == master.offset());
    }
  }
}
