package io.redoubt.persistence.aof;

/** A manifest that can't be understood; the message is Redis'. */
public final class ManifestException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int line;
  private final String text;

  ManifestException(int line, String text, String message) {
    super(message);
    this.line = line;
    this.text = text;
  }

  /** The number of the line, from 1 on; 0 when it is not about a line. */
  public int line() {
    return line;
  }

  /** The line as it stands in the file, without its end. */
  public String text() {
    return text;
  }

  /** What Redis logs and prints before it gives up, in several lines, the last one ended too. */
  public String report() {
    String place =
        line == 0 ? "" : "Reading the manifest file, at line %d\n>>> '%s'\n".formatted(line, text);
    return "\n*** FATAL AOF MANIFEST FILE ERROR ***\n" + place + getMessage() + "\n";
  }
}
