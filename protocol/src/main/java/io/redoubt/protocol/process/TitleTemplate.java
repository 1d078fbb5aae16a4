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

  private TitleTemplate() {}

  /** Returns true if all braces are closed and all variables are known. */
  public static boolean isValid(String template) {
    return fill(template, name -> VARIABLES.contains(name) ? "" : null) != null;
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
