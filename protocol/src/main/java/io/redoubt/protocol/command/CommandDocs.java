package io.redoubt.protocol.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What COMMAND DOCS tells of a command.
 *
 * @param usage the usage line, name included
 * @param summary what it does
 * @param since the version of Redis that brought it
 * @param group where it is listed
 * @param complexity its cost
 * @param deprecatedSince the version that deprecated it, or null
 * @param replacedBy what to use instead of a deprecated command, or null
 * @param history version and change, alternating
 * @param tips hints to clients that route commands
 * @param arguments the argument tree
 */
public record CommandDocs(
    String usage,
    String summary,
    String since,
    Group group,
    String complexity,
    @Nullable String deprecatedSince,
    @Nullable String replacedBy,
    List<String> history,
    List<String> tips,
    List<Argument> arguments) {}
