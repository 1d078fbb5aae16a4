package io.redoubt.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.command.CommandFacts;
import io.redoubt.protocol.net.FreePorts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares COMMAND and COMMAND DOCS of a sentinel with those of Redis 7.2.6, except for summaries
 * and complexities. They are kept in {@code sentinel-commands-7.2.6.txt}; {@code
 * -Dredoubt.commandsOf=PORT} writes that file from a sentinel.
 */
final class SentinelCommandFactsTest {
  private static final String FILE = "sentinel-commands-7.2.6.txt";

  /** Commands that 7.2 lacks: the doctor is Redoubt's own, the other names are Valkey's. */
  private static final Set<String> NEWER =
      Set.of(
          "sentinel|doctor",
          "sentinel|get-primary-addr-by-name",
          "sentinel|is-primary-down-by-addr",
          "sentinel|primaries",
          "sentinel|primary");

  /**
   * Commands with options of later versions (ACL, CLIENT) and of Redoubt (COORDINATED), and
   * SIMULATE-FAILURE, whose modes 7.2 declares without their tokens, so that no client can show
   * them.
   */
  private static final Set<String> DIFFERENT =
      Set.of(
          "acl|getuser",
          "acl|setuser",
          "client|kill",
          "client|list",
          "sentinel|failover",
          "sentinel|is-master-down-by-addr",
          "sentinel|simulate-failure");

  @TempDir private Path folder;

  @Test
  void matchesRedis() throws Exception {
    Map<String, String> expected = new TreeMap<>();
    for (String line : kept()) {
      expected.put(line.substring(0, line.indexOf(' ')), line);
    }
    Map<String, String> own = own();
    var more = new TreeSet<>(own.keySet());
    more.removeAll(expected.keySet());
    assertThat(more).isEqualTo(NEWER);
    assertThat(own.keySet()).containsAll(expected.keySet());
    var different = new TreeSet<String>();
    expected.forEach((name, line) -> {
      if (!own.get(name).equals(line)) {
        different.add(name);
        if (DIFFERENT.contains(name)) {
          assertThat(withoutOptions(own.get(name))).isEqualTo(withoutOptions(line));
        } else {
          assertThat(own.get(name)).isEqualTo(line);
        }
      }
    });
    assertThat(different).isEqualTo(DIFFERENT);
  }

  private Map<String, String> own() throws Exception {
    int port = FreePorts.one();
    Path file = folder.resolve("sentinel.conf");
    Files.writeString(file, "port " + port + "\nbind 127.0.0.1\n");
    try (SentinelServer sentinel = TestSentinels.start(TestSentinels.load(file))) {
      assertThat(sentinel.loop()).isNotNull();
      return CommandFacts.of(port);
    }
  }

  /** Returns the facts without arity, history and argument tree, which contain options. */
  private static String withoutOptions(String line) {
    return line.replaceFirst(" -?[0-9]+ ", " ").replaceFirst(" (history|arguments)=.*", "");
  }

  private static List<String> kept() throws IOException {
    String port = System.getProperty("redoubt.commandsOf");
    if (port != null) {
      Path file = Path.of("src/test/resources/io/redoubt/sentinel", FILE);
      Files.write(file, CommandFacts.of(Integer.parseInt(port)).values());
      return Files.readAllLines(file);
    }
    try (InputStream in = SentinelCommandFactsTest.class.getResourceAsStream(FILE)) {
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
