package io.redoubt.bench;

import java.util.List;
import picocli.CommandLine.Option;

/** The option that selects rows of a benchmark. */
final class RowFilter {
  @Option(
      names = "--only",
      split = ",",
      paramLabel = "TEXT",
      description = "Only the rows whose titles contain one of these texts.")
  private List<String> only = List.of("");

  /** Returns true if the row of this title is to be measured. */
  boolean includes(String title) {
    return only.stream().anyMatch(title::contains);
  }
}
