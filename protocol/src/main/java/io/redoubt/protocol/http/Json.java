package io.redoubt.protocol.http;

import io.redoubt.protocol.bytes.PlainText;
import java.util.Locale;

/**
 * Writes a JSON text (RFC 8259). Names are plain; values are escaped, and control characters in
 * them become underscores. The text may also stand in an event of an event stream: it holds no line
 * break.
 */
public final class Json {
  private final StringBuilder text = new StringBuilder(4096);
  private boolean first = true;

  /** Creates an empty text. */
  public Json() {}

  /** Starts an object in an array, or the outermost one. */
  public Json object() {
    return start('{');
  }

  /** Starts an object that is a member of an object. */
  public Json object(String name) {
    return name(name).start('{');
  }

  /** Starts an array that is a member of an object. */
  public Json array(String name) {
    return name(name).start('[');
  }

  public Json endObject() {
    return end('}');
  }

  public Json endArray() {
    return end(']');
  }

  /** Adds a text to an object. */
  public Json member(String name, String value) {
    return name(name).quoted(value);
  }

  /** Adds an integer to an object. */
  public Json member(String name, long value) {
    name(name).text.append(value);
    first = false;
    return this;
  }

  /** Adds a number with three decimal places to an object; NaN and infinities become 0. */
  public Json decimal(String name, double value) {
    name(name)
        .text
        .append(Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "0");
    first = false;
    return this;
  }

  /** Adds a boolean to an object. */
  public Json member(String name, boolean value) {
    name(name).text.append(value);
    first = false;
    return this;
  }

  /** Adds a text to an array. */
  public Json element(String value) {
    separate();
    return quoted(value);
  }

  private Json start(char bracket) {
    separate();
    text.append(bracket);
    first = true;
    return this;
  }

  private Json end(char bracket) {
    text.append(bracket);
    first = false;
    return this;
  }

  private Json name(String name) {
    separate();
    text.append('"').append(name).append("\":");
    first = true; // the value follows without a comma
    return this;
  }

  private void separate() {
    if (!first) {
      text.append(',');
    }
    first = false;
  }

  private Json quoted(String anyValue) {
    String value = PlainText.of(anyValue);
    first = false;
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (Character.isSurrogate(c)) {
        text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
