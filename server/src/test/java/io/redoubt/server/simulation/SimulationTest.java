package io.redoubt.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.memory.Region;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whole servers through storms, a seed each: all that {@link Storm} knows. {@code
 * -Dredoubt.seed=17} repeats one and prints what happened; {@code -Dredoubt.firstSeed=… } and
 * {@code -Dredoubt.seeds=…} try others than a build does.
 */
class SimulationTest {
  private static final int SEEDS = Integer.getInteger("redoubt.seeds", 100);
  private static final int STEPS = 20;
  private static final int SHOWN_LINES = 80;

  private long waited;
  private long places;
  private long written;

  @Test
  void whatHasBeenPromisedIsKeptAndAllAgreeInTheEnd() {
    Long only = Long.getLong("redoubt.seed");
    if (only != null) {
      run(only).forEach(System.out::println);
      return;
    }
    long first = Long.getLong("redoubt.firstSeed", 1);
    for (long seed = first; seed < first + SEEDS; seed++) {
      run(seed);
    }
    System.out.printf(
        "%d simulations of whole servers: %d commands, %d copies waited for, %d places compared%n",
        SEEDS, written, waited, places);
    assertThat(waited).isPositive();
    assertThat(places).isPositive();
  }

  @Test
  void repeatsARunFromItsSeed() {
    assertThat(run(4)).isEqualTo(run(4)).isNotEmpty();
  }

  private List<String> run(long seed) {
    try {
      return Simulation.run(seed, this::tell);
    } catch (Simulation.Failure e) {
      List<String> trace = e.trace();
      boolean all = Long.getLong("redoubt.seed") != null;
      int from = all ? 0 : Math.max(0, trace.size() - SHOWN_LINES);
      throw new AssertionError(
          "seed %d (repeat with -Dredoubt.seed=%d): %s%n%s"
              .formatted(
                  seed, seed, e.getCause(), String.join("\n", trace.subList(from, trace.size()))),
          e.getCause());
    }
  }

  private void tell(Simulation simulation) throws Exception {
    long heldBytes = Region.heldBytes();
    Fleet fleet = new Fleet(simulation);
    Promises promises = new Promises(fleet);
    Writers writers = new Writers(fleet, promises);
    Storm storm = new Storm(fleet, promises);
    try {
      fleet.start();
      writers.fill();
      writers.start();
      storm.rage(STEPS);
      storm.heal();
      writers.end();
      storm.settle();
    } finally {
      fleet.nodes().forEach(SimulatedNode::close);
    }
    assertThat(Region.heldBytes()).as("memory of closed servers").isEqualTo(heldBytes);
    simulation.note(simulation.turns() + " turns, " + simulation.random().nextLong());
    waited += promises.waited();
    places += promises.places();
    written += writers.written();
  }
}
