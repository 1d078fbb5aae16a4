package io.redoubt.dist.reference;

import java.util.ArrayList;
import java.util.List;

/**
 * The texts of all pages by heading, as a script: a page that was opened as a file may load a
 * script, but not JSON.
 */
final class SearchIndex {
  static final String FILE = "search-index.js";

  private final List<String> entries = new ArrayList<>();

  /**
   * Adds the text below a heading.
   *
   * @param id the heading's id
   */
  void add(String file, String page, String id, String heading, String text) {
    String plain = text.strip().replaceAll("\\s+", " ");
    List<String> columns = List.of(file, page, id, heading, plain);
    entries.add("[" + String.join(",", columns.stream().map(SearchIndex::quoted).toList()) + "]");
  }

  /** Returns a text as a literal of JavaScript. */
  static String quoted(String text) {
    StringBuilder literal = new StringBuilder(text.length() + 2).append('"');
    text.chars()
        .forEach(each -> {
          if (each < ' ' || each == '"' || each == '\\' || each == '<' || each > '~') {
            literal.append(String.format(java.util.Locale.ROOT, "\\u%04x", each));
          } else {
            literal.append((char) each);
          }
        });
    return literal.append('"').toString();
  }

  String script() {
    return "window.redoubtIndex = [\n" + String.join(",\n", entries) + "\n];\n";
  }
}
