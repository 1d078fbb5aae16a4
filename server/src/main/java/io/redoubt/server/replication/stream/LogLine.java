package io.redoubt.server.replication.stream;

/**
 * A log line produced by a class that has no log.
 *
 * @param warning true for level warning, false for notice
 * @param text the line, without a line end
 */
public record LogLine(boolean warning, String text) {
  public static LogLine notice(String text) {
    return new LogLine(false, text);
  }

  public static LogLine warning(String text) {
    return new LogLine(true, text);
  }
}
