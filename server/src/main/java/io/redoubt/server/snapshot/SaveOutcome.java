package io.redoubt.server.snapshot;

/** The outcomes of SAVE and BGSAVE, also with CANCEL, each with the text of its reply. */
public enum SaveOutcome {
  /** The data set was saved. */
  SAVED("OK"),
  /** The background save was started. */
  STARTED("Background saving started"),
  /** The background save will start when the current one finishes. */
  SCHEDULED("Background saving scheduled"),
  /** The snapshot in progress was aborted. */
  CANCELLED("Background saving cancelled"),
  /** The scheduled background save will not start. */
  UNSCHEDULED("Scheduled background saving cancelled"),
  /** An error: there is nothing to cancel. */
  NONE("ERR Background saving is currently not in progress or scheduled"),
  /** An error: the append-only file is being rewritten. */
  BLOCKED(
      "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in"
          + " order to schedule a BGSAVE whenever possible."),
  /** An error: a save is in progress. */
  IN_PROGRESS("ERR Background save already in progress"),
  /** An error: the file could not be written; the log has the reason. */
  FAILED("ERR");

  private final String text;

  SaveOutcome(String text) {
    this.text = text;
  }

  /** Returns the text of the status or, if {@link #isError}, of the error. */
  public String text() {
    return text;
  }

  public boolean isError() {
    return this == BLOCKED || this == IN_PROGRESS || this == FAILED || this == NONE;
  }
}
