package io.redoubt.protocol.config;

import io.redoubt.protocol.process.Version;
import java.util.List;

/** A configuration error that prevents the start. */
public final class FatalConfigError extends Exception {
  private static final long serialVersionUID = 1;

  private final String where;
  private final String hints;

  private FatalConfigError(String where, String reason, List<String> hints) {
    super(reason, null, false, false);
    this.where = where;
    StringBuilder lines = new StringBuilder();
    hints.forEach(hint -> lines.append(hint).append('\n'));
    this.hints = lines.toString();
  }

  /**
   * Creates the error of an invalid line.
   *
   * @param number the line's number in its file, from 1
   * @param line the line without surrounding white space
   * @param hints likely mistakes, one sentence each; may be empty
   */
  static FatalConfigError atLine(int number, String line, String reason, List<String> hints) {
    String where = "Reading the configuration file, at line " + number + "\n>>> '" + line + "'\n";
    return new FatalConfigError(where, reason, hints);
  }

  /**
   * Creates the error of a place in a file in YAML.
   *
   * @param row from 1
   * @param column from 1
   * @param line the line of a config file that the place stands for; may be empty
   * @param hints likely mistakes, one sentence each; may be empty
   */
  static FatalConfigError atPlace(
      int row, int column, String line, String reason, List<String> hints) {
    String where = "Reading the configuration file, at line " + row + ", column " + column + "\n";
    return new FatalConfigError(
        line.isEmpty() ? where : where + ">>> '" + line + "'\n", reason, hints);
  }

  /**
   * Creates the error of valid directives that contradict each other, or of a file that cannot be
   * opened.
   */
  public static FatalConfigError ofWhole(String reason) {
    return new FatalConfigError("", reason, List.of());
  }

  /**
   * Returns the lines for standard error: Redis' own, then the hints; starts and ends with a
   * newline.
   */
  public String text() {
    return "\n*** FATAL CONFIG FILE ERROR (Redis "
        + Version.REDIS
        + ") ***\n"
        + where
        + getMessage()
        + "\n"
        + hints;
  }
}
