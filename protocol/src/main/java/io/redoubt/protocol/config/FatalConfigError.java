package io.redoubt.protocol.config;

import io.redoubt.protocol.process.Version;
import java.util.List;

/** A configuration that a process must not start with. */
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
   * A line that can't be read.
   *
   * @param number the line's number in its file, from 1
   * @param line the line without the white space around it
   * @param hints what may be wrong with it, one sentence each; may be empty
   */
  static FatalConfigError atLine(int number, String line, String reason, List<String> hints) {
    String where = "Reading the configuration file, at line " + number + "\n>>> '" + line + "'\n";
    return new FatalConfigError(where, reason, hints);
  }

  /** Directives that can be read but not be served together, or a file that can't be opened. */
  public static FatalConfigError ofWhole(String reason) {
    return new FatalConfigError("", reason, List.of());
  }

  /** The lines for standard error: Redis' own, then the hints; begins and ends with a newline. */
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
