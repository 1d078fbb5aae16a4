package io.redoubt.protocol.metrics;

import io.redoubt.protocol.bytes.PlainText;
import java.util.function.BiConsumer;

/** Labels of a sample in text form, without braces. */
public final class Labels {
  /** No labels. */
  public static final String NONE = "";

  private Labels() {}

  /**
   * Returns labels in text form, their values escaped and without control characters.
   *
   * @param namesAndValues names and values in turn
   */
  public static String of(String... namesAndValues) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (i > 0) {
        text.append(',');
      }
      text.append(namesAndValues[i]).append("=\"");
      escape(namesAndValues[i + 1], text);
      text.append('"');
    }
    return text.toString();
  }

  /**
   * Passes the names and values of labels in text form, in their order and without escapes.
   *
   * @param labels made by {@link #of}, or several of these joined by commas
   */
  public static void forEach(String labels, BiConsumer<String, String> receiver) {
    int start = 0;
    StringBuilder value = new StringBuilder();
    while (start < labels.length()) {
      int equals = labels.indexOf('=', start);
      String name = labels.substring(start, equals);
      value.setLength(0);
      int i = equals + 2; // after the quote
      for (; labels.charAt(i) != '"'; i++) {
        if (labels.charAt(i) == '\\') {
          i++;
        }
        value.append(labels.charAt(i));
      }
      receiver.accept(name, value.toString());
      start = i + 2; // after the quote and a comma
    }
  }

  private static void escape(String anyValue, StringBuilder into) {
    String value = PlainText.of(anyValue);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> into.append("\\\\");
        case '"' -> into.append("\\\"");
        default -> into.append(Character.isSurrogate(c) && !isPaired(value, i) ? '\ufffd' : c);
      }
    }
  }

  private static boolean isPaired(String value, int i) {
    return Character.isHighSurrogate(value.charAt(i))
        ? i + 1 < value.length() && Character.isLowSurrogate(value.charAt(i + 1))
        : i > 0 && Character.isHighSurrogate(value.charAt(i - 1));
  }
}
