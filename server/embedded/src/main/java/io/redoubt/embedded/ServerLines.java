package io.redoubt.embedded;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The lines of redis.conf that a user sets for all servers of a group or a cluster. */
final class ServerLines {
  private final String whole;
  private final Set<String> own;
  private final StringBuilder lines = new StringBuilder();

  /**
   * Starts without lines.
   *
   * @param whole the noun for error messages, such as {@code group}
   * @param own the directives that the whole sets itself, in lower case
   */
  ServerLines(String whole, Set<String> own) {
    this.whole = whole;
    this.own = own;
  }

  /** Adds a directive by its words. */
  void with(String name, String... words) {
    if (own.contains(name.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("a " + whole + " chooses " + name + " itself");
    }
    lines.append(ServerBuilder.configLine(name, words));
  }

  /** Adds a whole line. */
  void line(String text) {
    List<String> words = List.of(text.strip().split("\\s+", -1));
    if (text.lines().count() > 1 || own.contains(words.getFirst().toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("not a directive that a " + whole + " takes: " + text);
    }
    lines.append(text).append('\n');
  }

  /** Returns all lines. */
  String text() {
    return lines.toString();
  }
}
