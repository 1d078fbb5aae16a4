package io.redoubt.protocol.config.directive;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Converts lines and arguments. Lines are kept as one character per byte, so that unedited lines
 * survive in any encoding; arguments are UTF-8 texts with {@link Utf8}'s escapes for other bytes.
 */
public final class Words {
  private Words() {}

  /** Returns the arguments of a line of one character per byte. */
  public static List<String> of(String line) throws RefusedValue {
    List<byte[]> split = Quoting.split(line);
    if (split == null) {
      throw new RefusedValue("Unbalanced quotes in configuration line");
    }
    List<String> words = new ArrayList<>(split.size());
    for (byte[] word : split) {
      words.add(Utf8.decode(word));
    }
    return words;
  }

  /** Returns the arguments of a line, or the line as the only one if its quotes don't match. */
  public static List<String> orWhole(String line) {
    try {
      return of(line);
    } catch (RefusedValue e) {
      return List.of(line);
    }
  }

  /** Refuses arguments that are not UTF-8, for directives that cannot handle other bytes. */
  public static void checkTexts(List<String> words) throws RefusedValue {
    for (String word : words) {
      if (!UTF_8.newEncoder().canEncode(word)) {
        throw new RefusedValue("argument is not a text in UTF-8");
      }
    }
  }

  /** Decodes a line of one character per byte to a readable text. */
  public static String readable(String line) {
    return new String(line.getBytes(ISO_8859_1), UTF_8);
  }

  /** Encodes a text as a line of one character per byte. */
  public static String stored(String text) {
    return new String(Utf8.encode(text), ISO_8859_1);
  }

  /** Returns the line without surrounding blanks, tabs and line ends. */
  public static String trimmed(String line) {
    int from = 0;
    int to = line.length();
    while (from < to && isWhite(line.charAt(from))) {
      from++;
    }
    while (to > from && isWhite(line.charAt(to - 1))) {
      to--;
    }
    return line.substring(from, to);
  }

  private static boolean isWhite(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  /** Returns the word in lower case, independent of the machine's locale. */
  public static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  /** Returns the word for a constant: its name in lower case, with hyphens for underscores. */
  public static String ofConstant(Enum<?> constant) {
    return lower(constant.name()).replace('_', '-');
  }
}
