package io.redoubt.server.aof;

/** The outcomes of BGREWRITEAOF, each with the text of its reply. */
public enum RewriteOutcome {
  /** Started at once. */
  STARTED("Background append only file rewriting started"),
  /** Postponed until the current save or rewrite has finished. */
  SCHEDULED("Background append only file rewriting scheduled"),
  /** An error: a rewrite is already running. */
  IN_PROGRESS("ERR Background append only file rewriting already in progress"),
  /** An error: the rewrite could not start; the log has the reason. */
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

  public boolean isError() {
    return this == IN_PROGRESS || this == FAILED;
  }
}
