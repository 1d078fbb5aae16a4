package io.redoubt.protocol.config;

import io.redoubt.protocol.process.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A configuration error that prevents the start. */
public final class FatalConfigError extends Exception {
  private static final long serialVersionUID = 1;

  private final String where;
  private final String hints;

  private final transient @Nullable Mistake mistake;

  private FatalConfigError(
      @Nullable Mistake mistake, String where, String reason, List<String> hints) {
    super(reason, null, false, false);
    this.mistake = mistake;
    this.where = where;
    StringBuilder lines = new StringBuilder();
    hints.forEach(hint -> lines.append(hint).append('\n'));
    this.hints = lines.toString();
  }

  /** Creates the error of the first mistake in a configuration. */
  static FatalConfigError of(Mistake mistake) {
    StringBuilder where = new StringBuilder("Reading the configuration file, at line ");
    where.append(mistake.row());
    if (mistake.column() > 0) {
      where.append(", column ").append(mistake.column());
    }
    where.append('\n');
    if (!mistake.line().isEmpty()) {
      where.append(">>> '").append(mistake.line()).append("'\n");
    }
    return new FatalConfigError(mistake, where.toString(), mistake.reason(), mistake.hints());
  }

  /**
   * Creates the error of valid directives that contradict each other, or of a file that cannot be
   * opened.
   */
  public static FatalConfigError ofWhole(String reason) {
    return new FatalConfigError(null, "", reason, List.of());
  }

  /**
   * Returns the entry of a list of mistakes; starts with the place if there is one.
   *
   * @param configuration the name of the whole configuration
   */
  public String entry(String configuration) {
    return mistake == null ? configuration + ": " + getMessage() : mistake.text();
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
