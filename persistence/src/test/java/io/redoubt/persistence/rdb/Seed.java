package io.redoubt.persistence.rdb;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Randomness that a failing test can be repeated with: {@code -Dredoubt.seed=…}. */
final class Seed {

  private Seed() {}

  static RandomGenerator random(String test) {
    long seed = Long.getLong("redoubt.seed", System.nanoTime());
    System.out.println(test + ": -Dredoubt.seed=" + seed);
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }
}
