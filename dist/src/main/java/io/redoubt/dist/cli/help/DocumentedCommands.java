package io.redoubt.dist.cli.help;

import io.redoubt.dist.client.ClientConnection;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The documentation of a server's commands: its reply to COMMAND DOCS or, of a server before Redis
 * 7, the names in its reply to COMMAND.
 */
public final class DocumentedCommands {
  private static final int MOST_WORDS = 3;

  private final TreeMap<String, CommandDoc> commands = new TreeMap<>();

  private DocumentedCommands() {}

  /** Returns empty documentation. */
  public static DocumentedCommands none() {
    return new DocumentedCommands();
  }

  /**
   * Loads the documentation from a server. The result is empty if the server replies with errors.
   */
  public static DocumentedCommands load(ClientConnection connection)
      throws IOException, ProtocolException {
    DocumentedCommands docs = new DocumentedCommands();
    try {
      Reply reply = connection.call("COMMAND", "DOCS");
      if (!reply.isError() && !reply.isNull() && !reply.elements().isEmpty()) {
        docs.addAll(reply, "");
        return docs;
      }
      reply = connection.call("COMMAND");
      if (!reply.isError()) {
        for (Reply command : reply.elements()) {
          String name = command.elements().getFirst().text().toUpperCase(Locale.ROOT);
          docs.commands.put(name, new CommandDoc(name, "", "", "", List.of()));
        }
      }
    } catch (IllegalStateException e) {
      throw new ProtocolException("unexpected reply to COMMAND: " + e.getMessage());
    }
    return docs;
  }

  /** Returns true if no command is known. */
  public boolean isEmpty() {
    return commands.isEmpty();
  }

  public Collection<CommandDoc> all() {
    return commands.values();
  }

  /** Returns a command by its name in any case, or null. */
  public @Nullable CommandDoc get(String name) {
    return commands.get(name.toUpperCase(Locale.ROOT));
  }

  public List<String> groups() {
    return commands.values().stream()
        .map(CommandDoc::group)
        .filter(group -> !group.isEmpty())
        .distinct()
        .sorted()
        .toList();
  }

  /** Returns the command with the longest name that the words start with, or null. */
  @Nullable CommandDoc startOf(List<String> words) {
    for (int count = Math.min(words.size(), MOST_WORDS); count > 0; count--) {
      CommandDoc doc = get(String.join(" ", words.subList(0, count)));
      if (doc != null) {
        return doc;
      }
    }
    return null;
  }

  private void addAll(Reply docs, String container) {
    List<Reply> pairs = docs.elements();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      // Subcommands are named client|list; some servers leave out the container.
      String own = pairs.get(i).text().toUpperCase(Locale.ROOT);
      String name = container + own.substring(own.indexOf('|') + 1);
      Map<String, Reply> doc = fields(pairs.get(i + 1));
      commands.put(
          name,
          new CommandDoc(
              name,
              text(doc, "summary"),
              text(doc, "since"),
              text(doc, "group"),
              arguments(doc.get("arguments"))));
      Reply subcommands = doc.get("subcommands");
      if (subcommands != null) {
        addAll(subcommands, name + " ");
      }
    }
  }

  private static List<HelpArgument> arguments(@Nullable Reply reply) {
    List<HelpArgument> arguments = new ArrayList<>();
    if (reply != null) {
      for (Reply argument : reply.elements()) {
        arguments.add(argument(fields(argument)));
      }
    }
    return arguments;
  }

  private static HelpArgument argument(Map<String, Reply> fields) {
    HelpArgument.Kind kind =
        switch (text(fields, "type")) {
          case "pure-token" -> HelpArgument.Kind.TOKEN;
          case "oneof" -> HelpArgument.Kind.CHOICE;
          case "block" -> HelpArgument.Kind.SEQUENCE;
          default -> HelpArgument.Kind.VALUE;
        };
    List<String> flags = new ArrayList<>();
    Reply declared = fields.get("flags");
    if (declared != null) {
      declared.elements().forEach(flag -> flags.add(flag.text()));
    }
    String shown = text(fields, "display_text");
    return new HelpArgument(
        shown.isEmpty() ? text(fields, "name") : shown,
        kind,
        text(fields, "token"),
        flags.contains("optional"),
        flags.contains("multiple"),
        flags.contains("multiple_token"),
        arguments(fields.get("arguments")));
  }

  private static Map<String, Reply> fields(Reply map) {
    Map<String, Reply> fields = new HashMap<>();
    List<Reply> pairs = map.elements();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      fields.put(pairs.get(i).text(), pairs.get(i + 1));
    }
    return fields;
  }

  private static String text(Map<String, Reply> fields, String name) {
    Reply value = fields.get(name);
    return value == null || value.isNull() ? "" : value.text();
  }
}
