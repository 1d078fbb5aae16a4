package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * COMMAND and COMMAND DOCS beside those of Redis 7.2.6, which are kept in {@code
 * commands-7.2.6.txt}: all but summaries and complexities. {@code -Dredoubt.commandsOf=PORT} writes
 * that file from a server.
 */
final class CommandFactsTest {
  private static final String FILE = "commands-7.2.6.txt";

  /** Commands that 7.2 does not have. */
  static final TreeSet<String> NEWER =
      new TreeSet<>(
          List.of(
              "client|write-acks",
              "delex",
              "delifeq",
              "hexpire",
              "hexpireat",
              "hexpiretime",
              "hgetdel",
              "hgetex",
              "hpersist",
              "hpexpire",
              "hpexpireat",
              "hpexpiretime",
              "hpttl",
              "hsetex",
              "httl",
              "xackdel",
              "xdelex"));

  /** Commands with options of later versions, which their argument trees show. */
  private static final TreeSet<String> WITH_NEWER_OPTIONS =
      new TreeSet<>(
          List.of("bitop", "client|kill", "client|list", "hscan", "set", "xadd", "xtrim"));

  @Test
  void matchesRedis() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    for (String line : kept()) {
      expected.put(line.substring(0, line.indexOf(' ')), line);
    }
    Map<String, String> own;
    try (RedisServer server = TestServers.start()) {
      own = facts(server.port());
    }
    var more = new TreeSet<>(own.keySet());
    more.removeAll(expected.keySet());
    assertThat(more).isEqualTo(NEWER);
    var fewer = new TreeSet<>(expected.keySet());
    fewer.removeAll(own.keySet());
    assertThat(fewer).isEmpty();
    var different = new TreeSet<String>();
    expected.forEach((name, line) -> {
      if (own.containsKey(name) && !own.get(name).equals(line)) {
        different.add(name);
        if (WITH_NEWER_OPTIONS.contains(name)) {
          assertThat(withoutOptions(own.get(name))).isEqualTo(withoutOptions(line));
        } else {
          assertThat(own.get(name)).isEqualTo(line);
        }
      }
    });
    assertThat(different).isEqualTo(WITH_NEWER_OPTIONS);
  }

  /** Returns the facts up to the history and the argument tree, which show options. */
  private static String withoutOptions(String line) {
    return line.replaceFirst(" (history|arguments)=.*", "");
  }

  private static List<String> kept() throws IOException {
    String port = System.getProperty("redoubt.commandsOf");
    if (port != null) {
      Path file = Path.of("src/test/resources/io/redoubt/server/differential", FILE);
      Files.write(file, facts(Integer.parseInt(port)).values());
      return Files.readAllLines(file);
    }
    try (InputStream in = CommandFactsTest.class.getResourceAsStream(FILE)) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }

  /** Returns a line for each command and subcommand of a server, by name. */
  private static Map<String, String> facts(int port) throws IOException {
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

  /** Returns a reply as text, in which the order of sets and maps is that of their texts. */
  private static String canonical(Reply reply) {
    return switch (reply) {
      case Reply.Array array ->
          array.elements().stream()
              .map(CommandFactsTest::canonical)
              .collect(Collectors.joining(",", "[", "]"));
      case Reply.Set set ->
          set.elements().stream()
              .map(CommandFactsTest::canonical)
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
