package io.redoubt.protocol.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.bytes.Utf8;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a line. A file's lines are kept as one character a byte, so that those nobody edits
 * survive whatever their encoding; words are texts in UTF-8, with {@link Utf8}'s escapes for other
 * bytes.
 */
final class Words {
  private Words() {}

  /** The words of a line of one character a byte. */
  static List<String> of(String line) throws RefusedValue {
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

  /** Refuses words that are not texts, for those who can do nothing with other bytes. */
  static void checkTexts(List<String> words) throws RefusedValue {
    for (String word : words) {
      if (!UTF_8.newEncoder().canEncode(word)) {
        throw new RefusedValue("argument is not a text in UTF-8");
      }
    }
  }

  /** A line of one character a byte as a text, for people to read. */
  static String readable(String line) {
    return new String(line.getBytes(ISO_8859_1), UTF_8);
  }

  /** A text as a line of one character a byte. */
  static String stored(String text) {
    return new String(Utf8.encode(text), ISO_8859_1);
  }

  /** The line without the blanks, tabs and line ends around it. */
  static String trimmed(String line) {
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

  /** The word in lower case, whatever the language of the machine. */
  static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }

  /** The word for a constant: its name in lower case, hyphens for underscores. */
  static String ofConstant(Enum<?> constant) {
    return lower(constant.name()).replace('_', '-');
  }
}
