package io.redoubt.embedded.simulation;

import io.redoubt.embedded.simulation.GroupStorm.Fault;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/** The commands of the clients of a simulated group. */
enum Workload {
  /** Writes and reads of a set, a list, a counter and registers. */
  VALUES,
  /** Entries of a stream, each sent until it is confirmed. */
  ENTRIES;

  private static final int KINDS = 6;

  /** Returns the faults of a run; empty to choose them among all. */
  Set<Fault> faults(Random random) {
    Set<Fault> faults = EnumSet.noneOf(Fault.class);
    if (this == ENTRIES) {
      for (int i = 0; i < KINDS; i++) {
        faults.add(Fault.values()[random.nextInt(Fault.values().length)]);
      }
      faults.add(Fault.KILL_MASTER);
      faults.remove(Fault.CLOCK); // a clock that jumps forward ends the time of idempotent ids
    }
    return faults;
  }
}
