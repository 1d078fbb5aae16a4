package io.redoubt.protocol.info;

/**
 * Receives fields whose names are known only when INFO is rendered, such as one per client or
 * command.
 */
public final class InfoLines {
  private final StringBuilder into;

  InfoLines(StringBuilder into) {
    this.into = into;
  }

  /** Adds a field. */
  InfoLines field(String name, long value) {
    into.append(name).append(':').append(value).append("\r\n");
    return this;
  }

  /** Adds a field. */
  public InfoLines field(String name, Object value) {
    into.append(name).append(':').append(value).append("\r\n");
    return this;
  }
}
