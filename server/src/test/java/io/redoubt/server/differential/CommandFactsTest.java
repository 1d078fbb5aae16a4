package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.command.CommandFacts;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Compares COMMAND and COMMAND DOCS with those of Redis 7.2.6, except for summaries and
 * complexities. They are kept in {@code commands-7.2.6.txt}; {@code -Dredoubt.commandsOf=PORT}
 * writes that file from a server.
 */
final class CommandFactsTest {
  private static final String FILE = "commands-7.2.6.txt";

  /** Commands that 7.2 lacks. */
  static final TreeSet<String> NEWER =
      new TreeSet<>(
          List.of(
              "client|capa",
              "client|write-acks",
              "cluster|cancelslotmigrations",
              "cluster|doctor",
              "cluster|flushslot",
              "cluster|getslotmigrations",
              "cluster|migrateslots",
              "cluster|slot-stats",
              "cluster|syncslots",
              "clusterscan",
              "delex",
              "delifeq",
              "digest",
              "hexpire",
              "hexpireat",
              "hexpiretime",
              "hgetdel",
              "hgetex",
              "hotkeys",
              "hotkeys|get",
              "hotkeys|help",
              "hotkeys|reset",
              "hotkeys|start",
              "hotkeys|stop",
              "hpersist",
              "hpexpire",
              "hpexpireat",
              "hpexpiretime",
              "hpttl",
              "hsetex",
              "httl",
              "increx",
              "msetex",
              "replication",
              "replication|fence",
              "replication|group",
              "replication|remove",
              "xackdel",
              "xcfgset",
              "xdelex",
              "xidmprecord",
              "xnack"));

  /** Commands with options of later versions, which appear in their argument trees. */
  static final TreeSet<String> WITH_NEWER_OPTIONS =
      new TreeSet<>(
          List.of(
              "acl|getuser",
              "acl|setuser",
              "bgsave",
              "bitop",
              "client|kill",
              "client|list",
              "cluster|replicate",
              "geosearch",
              "geosearchstore",
              "hscan",
              "set",
              "shutdown",
              "xadd",
              "xinfo|stream",
              "xreadgroup",
              "xtrim",
              "zinter",
              "zinterstore",
              "zscan",
              "zunion",
              "zunionstore"));

  @Test
  void matchesRedis() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    for (String line : kept()) {
      expected.put(line.substring(0, line.indexOf(' ')), line);
    }
    Map<String, String> own;
    try (RedisServer server = TestServers.start()) {
      own = CommandFacts.of(server.port());
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

  /**
   * Returns the facts before the history and the argument tree, which contain options; an arity is
   * negative if there are options.
   */
  private static String withoutOptions(String line) {
    return line.replaceFirst(" (history|arguments)=.*", "").replaceFirst(" -", " ");
  }

  private static List<String> kept() throws IOException {
    String port = System.getProperty("redoubt.commandsOf");
    if (port != null) {
      Path file = Path.of("src/test/resources/io/redoubt/server/differential", FILE);
      Files.write(file, CommandFacts.of(Integer.parseInt(port)).values());
      return Files.readAllLines(file);
    }
    try (InputStream in = CommandFactsTest.class.getResourceAsStream(FILE)) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
