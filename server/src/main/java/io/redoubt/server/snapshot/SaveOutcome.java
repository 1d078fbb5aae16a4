package io.redoubt.server.snapshot;

/** What came of a wish to save, with the text of the reply. */
public enum SaveOutcome {
  /** Saved. */
  SAVED("OK"),
  /** The background save runs. */
  STARTED("Background saving started"),
  /** The background save will run when what runs now is over. */
  SCHEDULED("Background saving scheduled"),
  /** An error: the append-only file is being rewritten. */
  BLOCKED(
      "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in"
          + " order to schedule a BGSAVE whenever possible."),
  /** An error: one save at a time. */
  IN_PROGRESS("ERR Background save already in progress"),
  /** An error: the file could not be written; the log says why. */
  FAILED("ERR");

  private final String text;

  SaveOutcome(String text) {
    this.text = text;
  }

  /** The text of the status or, when {@link #isError}, of the error. */
  public String text() {
    return text;
  }

  /** Whether the reply is an error. */
  public boolean isError() {
    return this == BLOCKED || this == IN_PROGRESS || this == FAILED;
  }
}
