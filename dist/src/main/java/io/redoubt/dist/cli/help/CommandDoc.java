package io.redoubt.dist.cli.help;

import java.util.List;

/**
 * The documentation of a command or subcommand.
 *
 * @param name the name in capitals, such as {@code CLIENT LIST}
 * @param summary a sentence; empty if unknown
 * @param since the first version with the command; empty if unknown
 * @param group the group, such as {@code string}; empty if unknown
 * @param arguments the arguments after the name
 */
public record CommandDoc(
    String name, String summary, String since, String group, List<HelpArgument> arguments) {

  /** Returns the form of the arguments, such as {@code key value [NX|XX]}. */
  public String usage() {
    return HelpArgument.usage(arguments);
  }
}
