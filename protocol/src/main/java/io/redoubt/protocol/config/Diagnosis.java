package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the likely mistake in a refused line: look-alike characters, a comment after arguments, a
 * misspelled name.
 */
final class Diagnosis {
  private static final Map<Integer, Character> LOOK_ALIKES =
      Map.ofEntries(
          Map.entry(0x00AB, '"'),
          Map.entry(0x00BB, '"'),
          Map.entry(0x2018, '\''),
          Map.entry(0x2019, '\''),
          Map.entry(0x201A, '\''),
          Map.entry(0x201C, '"'),
          Map.entry(0x201D, '"'),
          Map.entry(0x201E, '"'),
          Map.entry(0x2024, '.'),
          Map.entry(0x2044, '/'),
          Map.entry(0x2212, '-'),
          Map.entry(0x3001, ','),
          Map.entry(0x3002, '.'),
          Map.entry(0xFE58, '-'),
          Map.entry(0xFE63, '-'));
  private static final int FULL_WIDTH_FIRST = 0xFF01;
  private static final int FULL_WIDTH_LAST = 0xFF5E;
  private static final int FULL_WIDTH_FROM_ASCII = 0xFEE0;
  private static final Map<String, String> YES_AND_NO =
      Map.of("on", "yes", "true", "yes", "off", "no", "false", "no");

  private final String line;
  private final Collection<String> names;
  private final List<String> hints = new ArrayList<>();

  private Diagnosis(String line, Collection<String> names) {
    this.line = line;
    this.names = names;
  }

  /**
   * Returns hints to print below a refused line, most specific first; often none.
   *
   * @param names all names that a line may start with
   */
  static List<String> of(String line, Collection<String> names) {
    Diagnosis diagnosis = new Diagnosis(line, names);
    boolean plain = !diagnosis.hintLookAlikes();
    diagnosis.hintTrailingComment();
    if (plain) {
      diagnosis.hintNearestName();
      diagnosis.hintYesOrNo();
    }
    return diagnosis.hints;
  }

  private boolean hintLookAlikes() {
    StringBuilder plain = new StringBuilder();
    int position = 0;
    int firstHint = hints.size();
    List<Integer> seen = new ArrayList<>();
    for (int c : line.codePoints().toArray()) {
      position++;
      String meant = plainForm(c);
      if (meant == null) {
        plain.appendCodePoint(c);
        continue;
      }
      plain.append(meant);
      if (!seen.contains(c)) {
        seen.add(c);
        hints.add(describe(position, c, meant));
      }
    }
    if (hints.size() == firstHint) {
      return false;
    }
    hints.add("Hint: in plain characters the line is: " + plain.toString().strip());
    return true;
  }

  private static String describe(int position, int c, String meant) {
    String text =
        String.format(
            Locale.ROOT, "Hint: character %d is U+%04X (%s)", position, c, Character.getName(c));
    return switch (meant) {
      case "" -> text + ", which can't be seen";
      case " " -> text + ", which looks like a blank and is none";
      default -> text + ", which looks like '" + meant + "', but is not that character";
    };
  }

  /** Returns the ASCII that {@code c} was likely meant to be, or null if there is none. */
  private static @Nullable String plainForm(int c) {
    Character known = LOOK_ALIKES.get(c);
    if (known != null) {
      return known.toString();
    }
    if (c >= FULL_WIDTH_FIRST && c <= FULL_WIDTH_LAST) {
      return Character.toString(c - FULL_WIDTH_FROM_ASCII);
    }
    if (c < 0x80) {
      return null;
    }
    return switch (Character.getType(c)) {
      case Character.DASH_PUNCTUATION -> "-";
      case Character.SPACE_SEPARATOR -> " ";
      case Character.FORMAT -> "";
      default -> null;
    };
  }

  private void hintTrailingComment() {
    int start = trailingComment(line);
    if (start > 0) {
      hints.add(
          "Hint: a comment needs a line of its own; '"
              + line.substring(start)
              + "' was read as arguments");
    }
  }

  /** Returns the index of the first number sign outside of quotes, or -1. */
  static int trailingComment(String line) {
    char quote = 0;
    for (int at = 1; at < line.length(); at++) {
      char c = line.charAt(at);
      if (quote != 0) {
        at += c == '\\' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#') {
        return at;
      }
    }
    return -1;
  }

  private void hintNearestName() {
    String name = Words.lower(line.split("\\s", 2)[0]);
    if (names.contains(name)) {
      return;
    }
    String nearest = nearest(name, names);
    if (!nearest.isEmpty()) {
      hints.add("Hint: did you mean '" + nearest + "'?");
    }
  }

  /** Returns the name that differs least from a word, empty if none resembles it. */
  static String nearest(String word, Collection<String> names) {
    String nearest = "";
    int min = Math.min(3, word.length() / 3) + 1;
    for (String known : names) {
      int distance = distance(word, known);
      if (distance < min) {
        min = distance;
        nearest = known;
      }
    }
    return nearest;
  }

  private void hintYesOrNo() {
    String[] words = line.split("\\s+", -1);
    String meant = words.length == 2 ? YES_AND_NO.get(Words.lower(words[1])) : null;
    if (meant != null && names.contains(Words.lower(words[0]))) {
      hints.add("Hint: write '" + meant + "' instead of '" + words[1] + "'");
    }
  }

  /** Returns the edit distance: insertions, deletions, replacements, and swaps of neighbours. */
  private static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int differs = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(cost[i - 1][j - 1] + differs, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[a.length()][b.length()];
  }
}
