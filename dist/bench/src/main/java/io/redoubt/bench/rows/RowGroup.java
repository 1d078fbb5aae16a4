package io.redoubt.bench.rows;

import java.util.List;

/** Rows that share prepared data. */
public record RowGroup(String title, List<Step> steps, List<Row> rows) {

  /** The kinds of preparation. */
  public enum Kind {
    /** Runs a command once. */
    ONCE,
    /** Runs a command for each number. */
    EACH,
    /** Runs a command for each hundred numbers, with the arguments of each number. */
    GROW,
    /** Opens connections, runs the commands in each, and reads whatever they receive. */
    LISTEN,
    /** Runs a command and keeps its reply under a name. */
    CAPTURE
  }

  /**
   * A step of the preparation.
   *
   * @param name the name of a captured reply, otherwise empty
   * @param text the commands, with placeholders
   */
  public record Step(Kind kind, int count, String name, String text) {}
}
