package io.redoubt.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The measurements of both servers in alternating rounds.
 *
 * @param redis one measurement per round
 * @param redoubt one measurement per round
 */
record Comparison<R>(List<R> redis, List<R> redoubt) {
  /** Marks a value that has no goal. */
  static final double NO_GOAL = 0;

  /** Measures one of the servers once. */
  @FunctionalInterface
  interface Measurement<R> {
    R of(boolean redis) throws IOException, InterruptedException;
  }

  /**
   * Measures both servers in each round. The order alternates, so that neither always finds warm
   * caches.
   */
  static <R> Comparison<R> ofRounds(int rounds, Measurement<R> measurement)
      throws IOException, InterruptedException {
    List<R> redis = new ArrayList<>();
    List<R> redoubt = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      boolean redisFirst = round % 2 == 0;
      R first = measurement.of(redisFirst);
      R second = measurement.of(!redisFirst);
      redis.add(redisFirst ? first : second);
      redoubt.add(redisFirst ? second : first);
    }
    return new Comparison<>(redis, redoubt);
  }

  /** Returns the median: the middle value, or the mean of the two in the middle. */
  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** Prints the header of a table of {@link #row}s. */
  static void head(String title) {
    System.out.printf(
        Locale.ROOT, "%-30s %10s %10s %7s %6s%n", title, "redis", "redoubt", "ratio", "goal");
  }

  /** Prints the medians of a value over all rounds, their ratio, and the goal of the ratio. */
  void row(String title, ToDoubleFunction<R> value, double goal) {
    double theirs = median(redis.stream().mapToDouble(value).toArray());
    double ours = median(redoubt.stream().mapToDouble(value).toArray());
    System.out.printf(
        Locale.ROOT,
        "%-30s %10.2f %10.2f %7.2f %6s%n",
        title,
        theirs,
        ours,
        ours / theirs,
        goal == NO_GOAL ? "" : String.format(Locale.ROOT, "%.2f", goal));
  }
}
