package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.Argument;
import io.redoubt.protocol.command.usage.UsageLine;
import io.redoubt.protocol.resp.ReplyText;
import io.redoubt.protocol.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Replies derived from declarations: HELP of a container, and the parts of COMMAND DOCS. */
public final class CommandReplies {
  private CommandReplies() {}

  /**
   * Replies to a HELP subcommand with usage line and summary of each subcommand of its container.
   */
  public static void help(Invocation call) {
    Command<?> container = call.command().container();
    if (container == null) {
      throw new IllegalStateException(call.command() + " is no subcommand");
    }
    List<String> lines = helpLines(container);
    ReplyWriter reply = call.reply();
    reply.array(lines.size());
    for (String line : lines) {
      reply.simple(line);
    }
  }

  public static List<String> helpLines(Command<?> container) {
    var lines = new ArrayList<String>();
    lines.add(
        container.name().toUpperCase(Locale.ROOT)
            + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    if (container.isRunnable()) {
      lines.add("(no subcommand)");
      lines.add("    " + container.docs().summary());
    }
    for (Command<?> subcommand : container.subcommands()) {
      if (!subcommand.shortName().equals("help")) {
        String usage = UsageLine.withoutNotes(subcommand.docs().usage());
        lines.add(usage.substring(usage.indexOf(' ') + 1).strip());
        lines.add("    " + subcommand.docs().summary());
      }
    }
    lines.add("HELP");
    lines.add("    Print this help.");
    return lines;
  }

  /** Writes the name and the value of one entry of COMMAND DOCS. */
  static void docs(ReplyText reply, Command<?> command) {
    CommandDocs docs = command.docs();
    CommandDocs.Versions versions = docs.versions();
    String deprecatedSince = versions.deprecatedSince();
    String replacedBy = versions.replacedBy();
    List<String> changes = versions.changes();
    reply.bulk(command.name());
    boolean isSystemCommand = command.has(Flag.SYSCMD);
    int fields = 4;
    fields += isSystemCommand || deprecatedSince != null ? 1 : 0;
    fields += deprecatedSince != null ? 1 : 0;
    fields += replacedBy != null ? 1 : 0;
    fields += changes.isEmpty() ? 0 : 1;
    fields += command.arguments().isEmpty() ? 0 : 1;
    fields += command.subcommands().isEmpty() ? 0 : 1;
    reply.map(fields);
    field(reply, "summary", docs.summary());
    field(reply, "since", versions.since());
    field(reply, "group", docs.group().label());
    field(reply, "complexity", docs.complexity());
    if (isSystemCommand || deprecatedSince != null) {
      reply.bulk("doc_flags");
      reply.set(1);
      reply.simple(isSystemCommand ? "syscmd" : "deprecated");
    }
    if (deprecatedSince != null) {
      field(reply, "deprecated_since", deprecatedSince);
    }
    if (replacedBy != null) {
      field(reply, "replaced_by", replacedBy);
    }
    if (!changes.isEmpty()) {
      reply.bulk("history");
      reply.set(changes.size() / 2);
      for (int i = 0; i < changes.size(); i += 2) {
        reply.array(2);
        reply.bulk(changes.get(i));
        reply.bulk(changes.get(i + 1));
      }
    }
    if (!command.arguments().isEmpty()) {
      reply.bulk("arguments");
      arguments(reply, command.arguments());
    }
    if (!command.subcommands().isEmpty()) {
      reply.bulk("subcommands");
      reply.map(command.subcommands().size());
      command.subcommands().forEach(subcommand -> docs(reply, subcommand));
    }
  }

  private static void field(ReplyText reply, String name, String value) {
    reply.bulk(name);
    reply.bulk(value);
  }

  private static void field(ReplyText reply, String name, int value) {
    reply.bulk(name);
    reply.integer(value);
  }

  private static void arguments(ReplyText reply, List<Argument> arguments) {
    reply.array(arguments.size());
    for (Argument argument : arguments) {
      argument(reply, argument);
    }
  }

  private static void argument(ReplyText reply, Argument argument) {
    String token = argument.token();
    String since = argument.versions().since();
    String deprecatedSince = argument.versions().deprecatedSince();
    var flags = new ArrayList<String>();
    if (argument.optional()) {
      flags.add("optional");
    }
    if (argument.multiple()) {
      flags.add("multiple");
    }
    if (argument.occurrence().multipleToken()) {
      flags.add("multiple_token");
    }
    boolean isLeaf = argument.parts().isEmpty();
    int fields = 2;
    fields += isLeaf ? 1 : 0;
    fields += argument.keySpec() >= 0 && isLeaf ? 1 : 0;
    fields += token != null ? 1 : 0;
    fields += since != null ? 1 : 0;
    fields += deprecatedSince != null ? 1 : 0;
    fields += flags.isEmpty() ? 0 : 1;
    fields += isLeaf ? 0 : 1;
    reply.map(fields);
    field(reply, "name", argument.name());
    field(reply, "type", argument.type().label());
    if (isLeaf) {
      field(reply, "display_text", argument.displayText());
    }
    if (argument.keySpec() >= 0 && isLeaf) {
      field(reply, "key_spec_index", argument.keySpec());
    }
    if (token != null) {
      field(reply, "token", token);
    }
    if (since != null) {
      field(reply, "since", since);
    }
    if (deprecatedSince != null) {
      field(reply, "deprecated_since", deprecatedSince);
    }
    if (!flags.isEmpty()) {
      reply.bulk("flags");
      reply.set(flags.size());
      flags.forEach(reply::simple);
    }
    if (!isLeaf) {
      reply.bulk("arguments");
      arguments(reply, argument.parts());
    }
  }
}
