package io.redoubt.server.aof;

/** The outcome of a request to rewrite, with the text of the reply. */
public enum RewriteOutcome {
  /** Started at once. */
  STARTED("Background append only file rewriting started"),
  /** Postponed until the current save or rewrite has finished. */
  SCHEDULED("Background append only file rewriting scheduled"),
  /** An error: one at a time. */
  IN_PROGRESS("ERR Background append only file rewriting already in progress"),
  /** An error: it could not begin; the log says why. */
  FAILED(
      "ERR Can't execute an AOF background rewriting. Please check the server logs for more"
          + " information.");

  private final String text;

  RewriteOutcome(String text) {
    this.text = text;
  }

  /** Returns the text of the status or, if {@link #isError}, of the error. */
  public String text() {
    return text;
  }

  /** Returns true if the reply is an error. */
  public boolean isError() {
    return this == IN_PROGRESS || this == FAILED;
  }
}
