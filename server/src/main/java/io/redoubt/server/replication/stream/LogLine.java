package io.redoubt.server.replication.stream;

/**
 * Something to log, said by a part that has no log itself.
 *
 * @param warning whether it is logged as a warning; otherwise as a notice
 * @param text the line without a line end
 */
public record LogLine(boolean warning, String text) {
  /** Returns a line of level notice. */
  public static LogLine notice(String text) {
    return new LogLine(false, text);
  }

  /** Returns a line of level warning. */
  public static LogLine warning(String text) {
    return new LogLine(true, text);
  }
}
