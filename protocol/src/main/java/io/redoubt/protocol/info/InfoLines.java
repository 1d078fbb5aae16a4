package io.redoubt.protocol.info;

/** Where fields go whose names are known only in the moment of asking: one a client, a command. */
public final class InfoLines {
  private final StringBuilder into;

  InfoLines(StringBuilder into) {
    this.into = into;
  }

  /** Adds a field. */
  public InfoLines field(String name, Object value) {
    into.append(name).append(':').append(value).append("\r\n");
    return this;
  }
}
