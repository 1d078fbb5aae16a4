package io.redoubt.dist.reference;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes the commands of a server and a sentinel, from their replies to COMMAND DOCS and INFO. */
final class CommandPages {
  private static final int FLAGS_AT = 2;
  private static final int CATEGORIES_AT = 6;
  private static final int SUBCOMMANDS_AT = 9;

  /** Versions of Redis later than 7.2, the version that this server is compatible with. */
  private static final Pattern LATER = Pattern.compile("(7\\.[3-9]|[89]\\.\\d+)\\.\\d+");

  private final ReferenceGroup group;
  private final Origins origins;

  /** A command and its replies to COMMAND INFO and COMMAND DOCS. */
  private record Described(String name, Map<String, Reply> docs, @Nullable Reply info) {
    String text(String field) {
      Reply value = docs.get(field);
      return value == null || value.isNull() ? "" : value.text();
    }
  }

  CommandPages(ReferenceGroup group, Origins origins) {
    this.group = group;
    this.origins = origins;
  }

  void write(HtmlPage page) throws IOException {
    Map<String, Described> server = commands(group.server());
    Map<String, Described> sentinel = commands(group.sentinel());
    sentinel.keySet().removeAll(server.keySet());
    Map<String, List<Described>> groups = new TreeMap<>();
    server
        .values()
        .forEach(it -> groups.computeIfAbsent(it.text("group"), _ -> new ArrayList<>()).add(it));
    groups.computeIfAbsent("only of a sentinel", _ -> new ArrayList<>()).addAll(sentinel.values());
    groups.forEach((name, commands) -> {
      page.section(HtmlPage.id("group", name), titleOf(name));
      commands.forEach(command -> write(page, command));
    });
  }

  private void write(HtmlPage page, Described command) {
    page.entry(HtmlPage.id("command", command.name()), command.name(), badges(command));
    page.paragraph(command.text("summary"));
    page.code((command.name() + " " + UsageText.of(command.docs().get("arguments"))).strip());
    page.facts(
        List.of(
            List.of("since", command.text("since")),
            List.of("complexity", command.text("complexity")),
            List.of("deprecated since", command.text("deprecated_since")),
            List.of("replaced by", command.text("replaced_by")),
            List.of("changes", history(command.docs().get("history"))),
            List.of("flags", words(command.info(), FLAGS_AT)),
            List.of("ACL categories", words(command.info(), CATEGORIES_AT))));
  }

  /** Returns Sorted set for sorted-set. */
  private static String titleOf(String group) {
    String words = group.replace('-', ' ');
    return words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
  }

  private List<String> badges(Described command) {
    List<String> badges = origins.badges(Origins.COMMAND, command.name());
    Matcher later = LATER.matcher(command.text("since"));
    return badges.isEmpty() && later.matches() ? List.of("since Redis " + later.group(1)) : badges;
  }

  private static String history(@Nullable Reply history) {
    List<String> changes = new ArrayList<>();
    if (history != null && !history.isNull()) {
      for (Reply change : history.elements()) {
        changes.add(
            change.elements().getFirst().text() + ": " + change.elements().getLast().text());
      }
    }
    return String.join(" ", changes);
  }

  private static String words(@Nullable Reply info, int index) {
    return info == null
        ? ""
        : String.join(
            ", ",
            info.elements().get(index).elements().stream().map(Reply::text).sorted().toList());
  }

  private static Map<String, Described> commands(RespClient client) throws IOException {
    Map<String, Reply> infos = new HashMap<>();
    addInfos(client.call("COMMAND"), infos);
    Map<String, Described> commands = new TreeMap<>();
    addDocs(client.call("COMMAND", "DOCS"), infos, commands);
    return commands;
  }

  private static void addInfos(Reply list, Map<String, Reply> infos) {
    for (Reply info : list.elements()) {
      infos.put(title(info.elements().getFirst().text()), info);
      if (info.elements().size() > SUBCOMMANDS_AT) {
        addInfos(info.elements().get(SUBCOMMANDS_AT), infos);
      }
    }
  }

  private static void addDocs(
      Reply docs, Map<String, Reply> infos, Map<String, Described> commands) {
    List<Reply> pairs = docs.elements();
    for (int i = 0; i + 1 < pairs.size(); i += 2) {
      String name = title(pairs.get(i).text());
      Map<String, Reply> fields = UsageText.fields(pairs.get(i + 1));
      commands.put(name, new Described(name, fields, infos.get(name)));
      Reply subcommands = fields.get("subcommands");
      if (subcommands != null) {
        addDocs(subcommands, infos, commands);
      }
    }
  }

  /** Returns CLIENT LIST for client|list. */
  private static String title(String name) {
    return name.replace('|', ' ').toUpperCase(Locale.ROOT);
  }
}
