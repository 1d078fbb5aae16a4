package io.redoubt.protocol;

import java.util.Random;
import java.util.SplittableRandom;

/**
 * The random seed of a test, printed so that a failure can be repeated with {@code
 * -Dredoubt.seed=…}. Tests of all modules take their random generators from here and from nowhere
 * else.
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
    return from(print(test, usual));
  }

  /** Prints and returns the seed of a test that derives generators from it. */
  public static long print(String test) {
    return print(test, System.nanoTime());
  }

  private static long print(String test, long usual) {
    long seed = Long.getLong("redoubt.seed", usual);
    System.out.println(test + ": -Dredoubt.seed=" + seed);
    return seed;
  }

  /**
   * Returns a generator for a seed that was printed, is derived from a printed one, or is constant.
   */
  public static Random from(long seed) {
    return new Random(seed);
  }

  /**
   * Returns a generator of another kind, on whose numbers the recorded seeds of simulations depend.
   */
  public static SplittableRandom splittable(long seed) {
    return new SplittableRandom(seed);
  }

  /**
   * Returns a generator that differs from all others of this process, derived from one seed, for
   * programs whose ids must differ. Prints the seed at the first use.
   */
  public static Random ofProcess() {
    return from(OfProcess.RANDOM.nextLong());
  }

  private static final class OfProcess {
    static final Random RANDOM = random("all ids");
  }
}
