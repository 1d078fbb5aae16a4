package io.redoubt.protocol.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The documentation of a command shown by COMMAND DOCS.
 *
 * @param usage the usage line, name included
 * @param summary one sentence on its effect
 * @param tips hints to clients that route commands
 */
public record CommandDocs(
    String usage,
    String summary,
    Versions versions,
    Group group,
    String complexity,
    List<String> tips) {

  /**
   * The versions of Redis in which a command came, changed and was deprecated.
   *
   * @param since the version that introduced it
   * @param deprecatedSince the version that deprecated it, or null
   * @param replacedBy the replacement of a deprecated command, or null
   * @param changes alternating versions and changes
   */
  public record Versions(
      String since,
      @Nullable String deprecatedSince,
      @Nullable String replacedBy,
      List<String> changes) {}
}
