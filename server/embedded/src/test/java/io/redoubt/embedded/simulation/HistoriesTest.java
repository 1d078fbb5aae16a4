package io.redoubt.embedded.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.embedded.simulation.GroupStorm.Fault;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.memory.Region;
import io.redoubt.server.simulation.Simulation;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks histories of clients while whole servers and sentinels fail at random: no acknowledged
 * write is lost, registers are linearizable, no deposed master confirms anything, and a stream has
 * each entry with an idempotent id once.
 *
 * <p>{@code -Dredoubt.seed=17} repeats one run and prints its trace; {@code -Dredoubt.seeds=100000}
 * runs more than a build does, from {@code -Dredoubt.firstSeed=…} on. {@code
 * -Dredoubt.test.loops=4} gives all servers that many event loops, which otherwise depends on the
 * seed.
 *
 * <p>{@code -Dredoubt.bug=LONG_LEASE} repeats a run that searches for a {@link Bug}, and {@code
 * -Dredoubt.planted=true} plants the bug.
 */
class HistoriesTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 20);
  private static final int MOST_SEEDS = 10_000;
  private static final int STEPS = 25;
  private static final int RECOVERY_MILLIS = 15_000;
  private static final int ORDER_MILLIS = 10_000;
  private static final int SHOWN_LINES = 120;
  private static final int REPORT_SEEDS = 50;

  /** The maximum number of orders; an order is refused while a failover is in progress. */
  private static final int MOST_ORDERS = 6;

  private long done;
  private long unknown;
  private long refused;
  private int forced;

  @Test
  void keepsAcknowledgedWrites() {
    runs(Workload.VALUES);
  }

  @Test
  void addsResentEntriesOnce() {
    runs(Workload.ENTRIES);
  }

  private void runs(Workload workload) {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      run(
              only,
              workload,
              Bug.valueOf(System.getProperty("redoubt.bug", "NONE")),
              Boolean.getBoolean("redoubt.planted"))
          .forEach(System.out::println);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    for (long seed = first; seed < first + SEEDS; seed++) {
      List<String> unused = run(seed, workload, Bug.NONE, false);
      if ((seed - first + 1) % REPORT_SEEDS == 0) {
        report(seed - first + 1);
      }
    }
    report(SEEDS);
    assertThat(done).isPositive();
    assertThat(forced).as("runs in which an operator accepted a loss").isLessThan(SEEDS);
  }

  private void report(long seeds) {
    System.out.printf(
        "HistoriesTest: %d seeds, %d operations done, %d of unknown outcome, %d refused; an"
            + " operator accepted a loss in %d runs%n",
        seeds, done, unknown, refused, forced);
  }

  @Test
  void repeatsARunFromItsSeed() {
    for (long seed = 3; seed <= 4; seed++) {
      assertThat(withoutLengths(run(seed, Workload.VALUES, Bug.NONE, false)))
          .isEqualTo(withoutLengths(run(seed, Workload.VALUES, Bug.NONE, false)))
          .isNotEmpty();
    }
  }

  /** Removes the lengths of clients' output, which INFO takes from the real process. */
  private static List<String> withoutLengths(List<String> trace) {
    return trace.stream().map(line -> line.replaceAll(" (obl|tot-mem)=\\d+", "")).toList();
  }

  /** Verifies that each planted bug breaks a rule, in a run that breaks none without the bug. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void catches(Bug bug) {
    for (long seed = bug.firstSeed(); seed <= MOST_SEEDS; seed++) {
      try {
        List<String> unused = run(seed, bug.workload(), bug, true);
      } catch (AssertionError expected) {
        if (!(expected.getCause() instanceof HistoryRules.Broken broken)) {
          throw expected;
        }
        List<String> control = run(seed, bug.workload(), bug, false);
        assertThat(control).isNotEmpty();
        System.out.println(
            "HistoriesTest: " + bug + " is caught at seed " + seed + ": " + broken.getMessage());
        return;
      }
    }
    fail("not caught");
  }

  private List<String> run(long seed, Workload workload, Bug bug, boolean planted) {
    int loops = bug == Bug.NONE ? Simulation.loops(seed) : 1;
    try {
      return Simulation.run(
          seed, loops, simulation -> scenario(simulation, seed, workload, bug, planted));
    } catch (Simulation.Failure e) {
      List<String> trace = e.trace();
      int from = Long.getLong("redoubt.seed") == null ? Math.max(0, trace.size() - SHOWN_LINES) : 0;
      throw new AssertionError(
          "seed %d (repeat with -Dredoubt.seed=%d -Dredoubt.test.loops=%d): %s%n%s"
              .formatted(
                  seed,
                  seed,
                  loops,
                  e.getCause(),
                  String.join("\n", trace.subList(from, trace.size()))),
          e.getCause());
    }
  }

  private void scenario(
      Simulation simulation, long seed, Workload workload, Bug bug, boolean planted)
      throws Exception {
    Shape shape = Shape.random(Seed.from(seed)).showing(bug);
    simulation.note(shape.toString());
    long heldBytes = Region.heldBytes();
    History history = new History();
    SimulatedGroup group = new SimulatedGroup(simulation, shape, history);
    boolean loss = false;
    try {
      if (planted) {
        bug.plant(group);
      }
      group.start();
      if (workload == Workload.ENTRIES) {
        group.clients().appendIdempotently();
      }
      Set<Fault> faults = bug == Bug.NONE ? workload.faults(simulation.random()) : bug.faults();
      GroupStorm storm = new GroupStorm(group, faults);
      group.clients().start();
      storm.rage(STEPS);
      storm.heal();
      group.clients().stop();
      GroupServer master = storm.recovered(RECOVERY_MILLIS);
      for (int i = 0; i < MOST_ORDERS && master == null; i++) {
        storm.repair();
        master = storm.recovered(ORDER_MILLIS);
        if (master == null) {
          loss = true;
          storm.acceptLoss();
          master = storm.recovered(ORDER_MILLIS);
        }
      }
      if (master == null) {
        group
            .servers()
            .forEach(each ->
                simulation.note(
                    each
                        + " says "
                        + group.replication(each)
                        + group.ask(each, "REPLICATION", "GROUP")));
        throw new AssertionError("the group does not recover");
      }
      simulation.note("recovered" + (loss ? " with a loss" : "") + ": master " + master);
      if (!loss) {
        check(workload, group, master, history);
      }
    } finally {
      group.close();
    }
    assertThat(Region.heldBytes()).as("memory of closed servers").isEqualTo(heldBytes);
    forced += loss ? 1 : 0;
    if (loss) {
      System.out.println("HistoriesTest: an operator had to accept a loss at seed " + seed);
    }
    done += history.events(each -> each.outcome == History.Outcome.DONE).size();
    unknown += history.events(each -> each.outcome == History.Outcome.UNKNOWN).size();
    refused += history.events(each -> each.outcome == History.Outcome.REFUSED).size();
    simulation.note(simulation.turns() + " turns, " + simulation.random().nextLong());
  }

  private static void check(
      Workload workload, SimulatedGroup group, GroupServer master, History history) {
    HistoryRules rules = new HistoryRules(history);
    rules.oneMaster(group.servers());
    if (workload == Workload.ENTRIES) {
      Reply entries = group.value(master, "XRANGE", HistoryClients.STREAM, "-", "+");
      rules.stream(HistoryRules.entries(entries), group.shape().hasAcks());
    } else if (group.shape().hasAcks()) {
      boolean reads = group.shape().reads();
      rules.set(HistoryRules.texts(group.value(master, "SMEMBERS", HistoryClients.SET)), reads);
      rules.list(HistoryRules.texts(group.value(master, "LRANGE", HistoryClients.LIST, "0", "-1")));
      Reply counter = group.value(master, "GET", HistoryClients.COUNTER);
      rules.counter(counter instanceof Reply.Bulk value ? Long.parseLong(value.text()) : 0);
      group.readRegisters(master);
      rules.registers(reads);
    }
  }
}
