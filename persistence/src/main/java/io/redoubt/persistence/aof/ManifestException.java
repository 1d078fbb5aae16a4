package io.redoubt.persistence.aof;

import java.util.List;
import java.util.Locale;

/** Signals an invalid manifest, with Redis' message. */
public final class ManifestException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final String text;

  public ManifestException(int line, String text, String message) {
    super(message);
    this.line = line;
    this.text = text;
  }

  /** Returns the number of the line, starting at 1; 0 if the error is not about a line. */
  public int line() {
    return line;
  }

  /** Returns the messages that Redis logs before it exits; some end with an empty line. */
  public List<String> report() {
    String title = "\n*** FATAL AOF MANIFEST FILE ERROR ***\n";
    String reason = getMessage() + "\n";
    return line == 0
        ? List.of(title, reason)
        : List.of(
            title,
            String.format(Locale.ROOT, "Reading the manifest file, at line %d\n", line),
            String.format(Locale.ROOT, ">>> '%s'\n", text),
            reason);
  }
}
