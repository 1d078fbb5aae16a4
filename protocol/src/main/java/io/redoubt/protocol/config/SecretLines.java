package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.Words;
import java.util.List;

/**
 * Cuts secrets from lines of a configuration that are printed or logged: passwords of directives,
 * of users and of {@code sentinel auth-pass}, also where the name is misspelled.
 */
final class SecretLines {
  private static final String HIDDEN = "***";
  private static final List<String> SECRETS_OF_SENTINEL = List.of("auth-pass", "sentinel-pass");

  /** The first characters of rules that hold a password or its hash. */
  private static final String PASSWORD_RULES = "<>#!";

  private final DirectiveTable directives;

  SecretLines(DirectiveTable directives) {
    this.directives = directives;
  }

  /** Returns the line with {@code ***} in the place of secrets. */
  String cut(String line) {
    String[] words = line.split("\\s+", -1);
    String name = meant(words[0]);
    Directive<?, ?> directive = directives.find(name);
    if (directive != null && directive.isSensitive()) {
      return kept(words, 1);
    }
    if (name.equals("user")) {
      boolean isQuoted = line.chars().anyMatch(c -> c == '"' || c == '\'');
      return isQuoted ? kept(words, 2) : withoutPasswords(words);
    }
    if (name.equals("sentinel") && words.length > 2) {
      String option = Diagnosis.nearest(Words.lower(words[1]), SECRETS_OF_SENTINEL);
      return option.isEmpty() ? line : kept(words, option.equals("auth-pass") ? 3 : 2);
    }
    return line;
  }

  private String meant(String word) {
    String name = Words.lower(word.endsWith(":") ? word.substring(0, word.length() - 1) : word);
    if (directives.names().contains(name)) {
      return name;
    }
    return Diagnosis.nearest(name, directives.names());
  }

  private static String kept(String[] words, int count) {
    return words.length <= count
        ? String.join(" ", words)
        : String.join(" ", List.of(words).subList(0, count)) + " " + HIDDEN;
  }

  private static String withoutPasswords(String[] words) {
    for (int i = 2; i < words.length; i++) {
      if (!words[i].isEmpty() && PASSWORD_RULES.indexOf(words[i].charAt(0)) >= 0) {
        words[i] = words[i].charAt(0) + HIDDEN;
      }
    }
    return String.join(" ", words);
  }
}
