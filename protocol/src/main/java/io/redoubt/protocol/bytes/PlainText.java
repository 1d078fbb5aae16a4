package io.redoubt.protocol.bytes;

/**
 * Sanitizes texts chosen by clients and peers for line-based formats: INFO, CLIENT LIST, ACL LOG,
 * the log, metrics and the page. Line ends of any kind, other control characters and the format's
 * separators become underscores, as in Redis' INFO. A clean text is returned unchanged.
 */
public final class PlainText {
  private static final char SUBSTITUTE = '_';
  private static final char DELETE = 127;
  private static final char LAST_CONTROL = 0x9f;
  private static final char LINE_SEPARATOR = '\u2028';
  private static final char PARAGRAPH_SEPARATOR = '\u2029';

  private PlainText() {}

  /** Returns the text on one line and without control characters. */
  public static String of(String text) {
    return of(text, "");
  }

  /** Returns the text on one line, without control characters and without these separators. */
  public static String of(String text, String separators) {
    for (int i = 0; i < separators.length(); i++) {
      if (text.indexOf(separators.charAt(i)) >= 0) {
        return replaced(text, 0, separators);
      }
    }
    for (int i = 0; i < text.length(); i++) {
      if (isUnsafe(text.charAt(i))) {
        return replaced(text, i, separators);
      }
    }
    return text;
  }

  /** Returns bytes without control characters of ASCII, for formats that keep other bytes apart. */
  public static ByteString of(ByteString text) {
    byte[] bytes = text.toByteArray();
    boolean clean = true;
    for (int i = 0; i < bytes.length; i++) {
      if ((bytes[i] >= 0 && bytes[i] < ' ') || bytes[i] == DELETE) {
        bytes[i] = SUBSTITUTE;
        clean = false;
      }
    }
    return clean ? text : ByteString.of(bytes);
  }

  private static boolean isUnsafe(char c) {
    return c < ' '
        || (c >= DELETE && (c <= LAST_CONTROL || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR));
  }

  private static String replaced(String text, int from, String separators) {
    StringBuilder clean = new StringBuilder(text);
    for (int i = from; i < clean.length(); i++) {
      char c = clean.charAt(i);
      if (isUnsafe(c) || separators.indexOf(c) >= 0) {
        clean.setCharAt(i, SUBSTITUTE);
      }
    }
    return clean.toString();
  }
}
