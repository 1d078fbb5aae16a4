package io.redoubt.protocol.info;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.PlainText;

/**
 * Receives fields whose names are not fixed, such as one per client or command. Names and values
 * chosen by clients are sanitized so that they can't end a line and a name can't start another
 * field or section; the caller must handle separators within a value.
 */
public final class InfoLines {
  private static final String SEPARATORS = "#:";

  private final InfoText into;

  InfoLines(InfoText into) {
    this.into = into;
  }

  /** Returns the line of a field that never changes. */
  static byte[] line(String name, String value) {
    return (name + ':' + PlainText.of(value) + "\r\n").getBytes(UTF_8);
  }

  /** Adds a line of {@link #line}. */
  void constant(byte[] line) {
    into.add(line);
  }

  /** Adds a field of a fixed name, given with its colon. */
  void number(byte[] label, long value) {
    into.addLine(label, value);
  }

  /** Adds a field of a fixed name, given with its colon. */
  void decimal(byte[] label, double value, int digits) {
    into.add(label).add(value, digits).endLine();
  }

  /** Adds a field of a fixed name, given with its colon. */
  void text(byte[] label, String value) {
    into.add(label).add(PlainText.of(value)).endLine();
  }

  public InfoLines field(String name, Object value) {
    into.add(PlainText.of(name, SEPARATORS)).add(":");
    into.add(PlainText.of(value.toString())).endLine();
    return this;
  }
}
