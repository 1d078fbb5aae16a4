package io.redoubt.bench;

import picocli.CommandLine.Option;

/** The option for the number of rounds that count, whose default is up to the benchmark. */
final class RoundCount {
  @Option(
      names = "--rounds",
      paramLabel = "COUNT",
      description = "Rounds that count (default: ${DEFAULT-VALUE}).")
  private int count;

  RoundCount(int defaultCount) {
    count = defaultCount;
  }

  int count() {
    return count;
  }
}
