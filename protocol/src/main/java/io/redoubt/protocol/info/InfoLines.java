package io.redoubt.protocol.info;

import io.redoubt.protocol.bytes.Decimals;
import io.redoubt.protocol.bytes.PlainText;

/**
 * Receives fields whose names are not fixed, such as one per client or command. Names and values
 * chosen by clients are sanitized so that they can't end a line and a name can't start another
 * field or section; the caller must handle separators within a value.
 */
public final class InfoLines {
  private static final String SEPARATORS = "#:";

  private final StringBuilder into;

  InfoLines(StringBuilder into) {
    this.into = into;
  }

  /** Adds a field of a fixed name. */
  void number(String name, long value) {
    into.append(name).append(':').append(value).append("\r\n");
  }

  /** Adds a field of a fixed name. */
  void decimal(String name, double value, int digits) {
    into.append(name).append(':');
    Decimals.append(into, value, digits);
    into.append("\r\n");
  }

  /** Adds a field of a fixed name. */
  void text(String name, String value) {
    into.append(name).append(':').append(PlainText.of(value)).append("\r\n");
  }

  public InfoLines field(String name, Object value) {
    into.append(PlainText.of(name, SEPARATORS)).append(':');
    into.append(PlainText.of(value.toString())).append("\r\n");
    return this;
  }
}
