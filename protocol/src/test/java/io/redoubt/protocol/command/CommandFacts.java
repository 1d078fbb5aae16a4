package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The replies of COMMAND and COMMAND DOCS, without summaries and complexities, as lines. */
public final class CommandFacts {
  private CommandFacts() {}

  /** Returns a line for each command and subcommand of a process, by name. */
  public static Map<String, String> of(int port) throws IOException {
    Map<String, String> lines = new TreeMap<>();
    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
      client.call("HELLO", "3");
      for (Reply command : client.call("COMMAND").elements()) {
        addInfo(command.elements(), lines);
      }
      addDocs(client.call("COMMAND", "DOCS").elements(), lines);
    }
    return lines;
  }

  private static void addInfo(List<Reply> command, Map<String, String> lines) {
    String name = command.getFirst().text();
    List<String> facts = new ArrayList<>();
    facts.add(name);
    command.subList(1, 9).forEach(each -> facts.add(canonical(each)));
    lines.put(name, String.join(" ", facts));
    command.get(9).elements().forEach(subcommand -> addInfo(subcommand.elements(), lines));
  }

  private static void addDocs(List<Reply> namesAndDocs, Map<String, String> lines) {
    pairs(namesAndDocs)
        .forEach((name, docs) -> {
          Map<String, Reply> fields = pairs(docs.elements());
          Reply subcommands = fields.remove("subcommands");
          fields.remove("summary");
          fields.remove("complexity");
          String text =
              fields.entrySet().stream()
                  .map(field -> field.getKey() + "=" + canonical(field.getValue()))
                  .collect(Collectors.joining(" "));
          lines.merge(name, text, (info, docsText) -> info + " " + docsText);
          if (subcommands != null) {
            addDocs(subcommands.elements(), lines);
          }
        });
  }

  /** Returns the pairs of a map in the order of their keys. */
  private static Map<String, Reply> pairs(List<Reply> elements) {
    Map<String, Reply> pairs = new TreeMap<>();
    for (int i = 0; i < elements.size(); i += 2) {
      pairs.put(elements.get(i).text(), elements.get(i + 1));
    }
    return pairs;
  }

  /** Returns a reply as text, with sets and maps in the order of their texts. */
  private static String canonical(Reply reply) {
    return switch (reply) {
      case Reply.Array array ->
          array.elements().stream()
              .map(CommandFacts::canonical)
              .collect(Collectors.joining(",", "[", "]"));
      case Reply.Set set ->
          set.elements().stream()
              .map(CommandFacts::canonical)
              .sorted()
              .collect(Collectors.joining(",", "(", ")"));
      case Reply.Map map -> {
        Map<String, String> fields = new LinkedHashMap<>();
        pairs(map.elements())
            .forEach((name, value) -> {
              if (!name.equals("summary")) {
                fields.put(name, canonical(value));
              }
            });
        yield fields.toString();
      }
      case Reply.Integer integer -> Long.toString(integer.value());
      default -> reply.text();
    };
  }
}
