package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.Argument;
import io.redoubt.protocol.command.usage.UsageLine;
import io.redoubt.protocol.resp.ReplyWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Replies derived from declarations: HELP of a container, and the parts of COMMAND INFO and COMMAND
 * DOCS.
 */
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

  /** Returns the lines of a container's HELP. */
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

  /** Writes one element of COMMAND INFO. */
  static void info(ReplyWriter reply, Command<?> command) {
    reply.array(10);
    reply.bulk(command.name());
    reply.integer(command.arity());
    flags(reply, command);
    reply.integer(command.firstKey());
    reply.integer(command.lastKey());
    reply.integer(command.keyStep());
    categories(reply, command);
    List<String> tips = command.docs().tips();
    reply.set(tips.size());
    tips.forEach(reply::bulk);
    reply.set(command.keySpecs().list().size());
    for (KeySpec spec : command.keySpecs().list()) {
      keySpec(reply, spec);
    }
    Collection<? extends Command<?>> subcommands = command.subcommands();
    if (subcommands.isEmpty()) {
      reply.set(0);
    } else {
      reply.array(subcommands.size());
      subcommands.forEach(subcommand -> info(reply, subcommand));
    }
  }

  private static void flags(ReplyWriter reply, Command<?> command) {
    int count = 0;
    for (Flag flag : Flag.values()) {
      count += isShown(flag, command) ? 1 : 0;
    }
    reply.set(count);
    for (Flag flag : Flag.values()) {
      if (isShown(flag, command)) {
        reply.simple(flag.label());
      }
    }
  }

  private static boolean isShown(Flag flag, Command<?> command) {
    return flag == Flag.MOVABLEKEYS
        ? command.keySpecs().isMovable()
        : flag.isShown() && command.has(flag);
  }

  private static void categories(ReplyWriter reply, Command<?> command) {
    reply.set(Integer.bitCount(command.categories()));
    for (Category category : Category.values()) {
      if (command.isIn(category)) {
        reply.simple("@" + category.label());
      }
    }
  }

  /** Writes the flags of a key, for INFO and GETKEYSANDFLAGS. */
  static void keyFlags(ReplyWriter reply, int mask) {
    reply.set(Integer.bitCount(mask));
    for (KeyFlag flag : KeyFlag.values()) {
      if ((mask & flag.bit()) != 0) {
        reply.simple(flag.label());
      }
    }
  }

  private static void keySpec(ReplyWriter reply, KeySpec spec) {
    String notes = spec.notes();
    reply.map(notes == null ? 3 : 4);
    if (notes != null) {
      reply.bulk("notes");
      reply.bulk(notes);
    }
    reply.bulk("flags");
    keyFlags(reply, spec.flags());
    reply.bulk("begin_search");
    reply.map(2);
    reply.bulk("type");
    reply.bulk(spec.begin().name().toLowerCase(Locale.ROOT));
    reply.bulk("spec");
    String keyword = spec.keyword();
    switch (spec.begin()) {
      case INDEX -> {
        reply.map(1);
        field(reply, "index", spec.position());
      }
      case KEYWORD -> {
        reply.map(2);
        reply.bulk("keyword");
        reply.bulk(keyword == null ? "" : keyword);
        field(reply, "startfrom", spec.position());
      }
      case UNKNOWN -> reply.map(0);
    }
    reply.bulk("find_keys");
    reply.map(2);
    reply.bulk("type");
    reply.bulk(spec.find().name().toLowerCase(Locale.ROOT));
    reply.bulk("spec");
    switch (spec.find()) {
      case RANGE -> {
        reply.map(3);
        field(reply, "lastkey", spec.last());
        field(reply, "keystep", spec.step());
        field(reply, "limit", spec.limit());
      }
      case KEYNUM -> {
        reply.map(3);
        field(reply, "keynumidx", spec.last());
        field(reply, "firstkey", spec.limit());
        field(reply, "keystep", spec.step());
      }
      case UNKNOWN -> reply.map(0);
    }
  }

  private static void field(ReplyWriter reply, String name, long value) {
    reply.bulk(name);
    reply.integer(value);
  }

  /** Writes the name and the value of one entry of COMMAND DOCS. */
  static void docs(ReplyWriter reply, Command<?> command) {
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

  private static void field(ReplyWriter reply, String name, String value) {
    reply.bulk(name);
    reply.bulk(value);
  }

  private static void arguments(ReplyWriter reply, List<Argument> arguments) {
    reply.array(arguments.size());
    for (Argument argument : arguments) {
      argument(reply, argument);
    }
  }

  private static void argument(ReplyWriter reply, Argument argument) {
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
