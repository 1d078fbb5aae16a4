package io.redoubt.dist.cli.session;

import java.util.List;
import java.util.Set;

/** Recognizes commands with a password, which a history must not keep. */
public final class SensitiveCommands {
  private static final Set<String> DIRECTIVES =
      Set.of(
          "masterauth",
          "masteruser",
          "requirepass",
          "rejoin-auth-pass",
          "rejoin-auth-user",
          "tls-key-file-pass",
          "tls-client-key-file-pass",
          "sentinel-pass",
          "sentinel-user",
          "auth-pass",
          "auth-user");

  private SensitiveCommands() {}

  /**
   * Returns true if a command may contain a password.
   *
   * @param words the words in lower case, without a number of repetitions
   */
  public static boolean isSensitive(List<String> words) {
    String second = words.size() > 1 ? words.get(1) : "";
    return switch (words.getFirst()) {
      case "auth" -> true;
      case "acl" -> second.equals("setuser") || second.equals("deluser");
      case "config" -> second.equals("set") && namesOne(words.subList(2, words.size()));
      case "sentinel" ->
          (second.equals("set") || second.equals("config"))
              && namesOne(words.subList(2, words.size()));
      case "hello", "migrate" -> words.contains("auth") || words.contains("auth2");
      default -> false;
    };
  }

  private static boolean namesOne(List<String> words) {
    return words.stream().anyMatch(DIRECTIVES::contains);
  }
}
