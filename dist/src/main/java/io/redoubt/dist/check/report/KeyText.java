package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.persistence.rdb.report.KeyName;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;

/**
 * Keys as text on one line that changes nothing around it. Printable characters stand for
 * themselves; bytes that are no UTF-8, and control characters, are escaped as redis-cli does, and
 * characters that are invisible or turn the direction of the text as {@code \}{@code u{202e}}.
 */
final class KeyText {

  private KeyText() {}

  /** Returns the key; if its end is missing, with its length. */
  static String of(KeyName key) {
    String text = of(key.start());
    return key.isCut()
        ? String.format(Locale.ROOT, "%s… (%,d bytes)", text, key.lengthBytes())
        : text;
  }

  /** Returns the bytes of a key. */
  static String of(ByteString bytes) {
    StringBuilder shown = new StringBuilder();
    Utf8.decode(bytes.toByteArray()).codePoints().forEach(point -> append(shown, point));
    return shown.toString();
  }

  /** Returns a text of the file, such as an auxiliary field. */
  static String of(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints().forEach(point -> append(shown, point));
    return shown.toString();
  }

  private static void append(StringBuilder shown, int point) {
    if (point < 0x80) {
      byte[] escape = point == '"' ? null : Quoting.escape(point);
      if (escape == null) {
        shown.append((char) point);
      } else {
        for (byte b : escape) {
          shown.append((char) b);
        }
      }
    } else if (point >= 0xdc80 && point <= 0xdcff) { // a byte of no character
      shown.append(String.format(Locale.ROOT, "\\x%02x", point - 0xdc00));
    } else if (isPrintable(point)) {
      shown.appendCodePoint(point);
    } else {
      shown.append(String.format(Locale.ROOT, "\\u{%x}", point));
    }
  }

  private static boolean isPrintable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }

  /** Returns true if the bytes are the UTF-8 of a text. */
  static boolean isUtf8(ByteString bytes) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
