package io.redoubt.protocol;

import java.util.Random;

/**
 * Chance that a failing test can be repeated with: {@code -Dredoubt.seed=…}. For the tests of all
 * modules.
 */
public final class Seed {
  private Seed() {}

  /** Prints the seed, and returns chance that follows from it. */
  public static Random random(String test) {
    return random(test, System.nanoTime());
  }

  /** As {@link #random(String)}, with the seed of builds that name none. */
  public static Random random(String test, long usual) {
    long seed = Long.getLong("redoubt.seed", usual);
    System.out.println(test + ": -Dredoubt.seed=" + seed);
    return new Random(seed);
  }
}
