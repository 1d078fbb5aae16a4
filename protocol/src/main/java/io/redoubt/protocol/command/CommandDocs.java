package io.redoubt.protocol.command;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The documentation of a command shown by COMMAND DOCS.
 *
 * @param usage the usage line, name included
 * @param summary one sentence on its effect
 * @param since the version of Redis that introduced it
 * @param group the group that lists it
 * @param complexity its time complexity
 * @param deprecatedSince the version that deprecated it, or null
 * @param replacedBy the replacement of a deprecated command, or null
 * @param history alternating versions and changes
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
