package io.redoubt.protocol.process;

import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The template of a process' title: text with variables in braces. Two opening braces stand for
 * one.
 */
public final class TitleTemplate {
  private static final Set<String> VARIABLES =
      Set.of(
          "title", "listen-addr", "server-mode", "port", "tls-port", "config-file", "unixsocket");

  private static final Set<String> MAY_BE_EMPTY = Set.of("title", "server-mode", "unixsocket");

  private TitleTemplate() {}

  /**
   * Returns true if all braces are closed, all variables are known, and the title is not blank even
   * where the variables that may be empty are.
   */
  public static boolean isValid(String template) {
    String title =
        fill(
            template,
            name -> MAY_BE_EMPTY.contains(name) ? "" : VARIABLES.contains(name) ? name : null);
    return title != null && !title.isBlank();
  }

  /**
   * Renders the title.
   *
   * @param values the values by variable; missing ones are empty
   * @throws IllegalArgumentException if the template isn't valid
   */
  public static String render(String template, Map<String, String> values) {
    String title = fill(template, name -> values.getOrDefault(name, ""));
    if (title == null) {
      throw new IllegalArgumentException(template);
    }
    return title.strip();
  }

  private static @Nullable String fill(String template, UnaryOperator<@Nullable String> valueOf) {
    StringBuilder filled = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at);
      if (c != '{') {
        filled.append(c);
        at++;
      } else if (template.startsWith("{{", at)) {
        filled.append('{');
        at += 2;
      } else {
        int end = template.indexOf('}', at);
        String value = end < 0 ? null : valueOf.apply(template.substring(at + 1, end));
        if (value == null) {
          return null;
        }
        filled.append(value);
        at = end + 1;
      }
    }
    return filled.toString();
  }
}
