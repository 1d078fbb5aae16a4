package io.redoubt.protocol.process;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Fast generators for choices that nobody gains by predicting, such as the member that SRANDMEMBER
 * returns. The system's own takes some 40 ns a number.
 */
public final class FastRandom {
  private FastRandom() {}

  /** Creates a generator for one thread whose seed is drawn from another generator. */
  public static RandomGenerator seededBy(RandomGenerator seeds) {
    return new SplittableRandom(seeds.nextLong());
  }
}
