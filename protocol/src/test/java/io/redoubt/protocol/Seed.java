package io.redoubt.protocol;

import java.util.Random;

/**
 * The random seed of a test, printed so that a failure can be repeated with {@code
 * -Dredoubt.seed=…}. Shared by the tests of all modules.
 */
public final class Seed {
  private Seed() {}

  /** Prints the seed and returns a random generator derived from it. */
  public static Random random(String test) {
    return random(test, System.nanoTime());
  }

  /**
   * Returns a random generator like {@link #random(String)}, with a default seed for builds that
   * set none.
   */
  public static Random random(String test, long usual) {
    long seed = Long.getLong("redoubt.seed", usual);
    System.out.println(test + ": -Dredoubt.seed=" + seed);
    return new Random(seed);
  }
}
