package io.redoubt.server.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.directive.RefusedValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Compares CONFIG SET and GET of each directive with the recorded replies of Redis 7.2.6. */
class ConfigSetRepliesTest {
  private static final String RECORDED = "config-set-7.2.6.txt";

  private final ServerDirectives settings = new ServerDirectives();
  private final Set<String> otherwise = new HashSet<>();
  private final List<String> differences = new ArrayList<>();

  @Test
  void repliesAndShowsValuesAsRedisDoes() {
    for (String line : lines()) {
      String[] fields = line.split("\t", -1);
      if (line.startsWith("!")) {
        values(fields[1]).forEach(value -> otherwise.add(fields[0].substring(1) + " " + value));
        continue;
      }
      for (String value : values(fields[2])) {
        compare(fields[0], value, fields[1]);
      }
    }

    assertThat(differences).isEmpty();
  }

  private void compare(String name, String value, String expected) {
    String outcome = withoutLetters(set(name, value));
    String same = withoutLetters(expected.equals("=") ? "=" + value : plain(expected));
    boolean lengthensList =
        same.startsWith("argument(s) must be one of ") && outcome.startsWith(same + ", ");
    boolean differs = !outcome.equals(same) && !lengthensList;
    if (differs != otherwise.contains(name + " " + value)) {
      differences.add(name + " '" + value + "': " + outcome + ", but Redis: " + same);
    }
  }

  /** Drops the letters of notify-keyspace-events, of which Redoubt has more. */
  private static String withoutLetters(String reply) {
    return reply.replaceFirst("(event class character. Use ').*'", "$1'");
  }

  private String set(String name, String value) {
    try {
      settings.set(List.of(name, value), true);
      return "=" + settings.get(List.of(name)).get(name);
    } catch (RefusedValue e) {
      return String.valueOf(e.getMessage()).replaceFirst("^CONFIG SET failed [^)]*\\) - ", "");
    }
  }

  private static List<String> values(String field) {
    return List.of(field.split("\\|", -1)).stream().map(ConfigSetRepliesTest::plain).toList();
  }

  private static String plain(String escaped) {
    return escaped.replace("\\s", " ").replace("\\p", "|");
  }

  private static List<String> lines() {
    try (InputStream in = ConfigSetRepliesTest.class.getResourceAsStream(RECORDED)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
      return text.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
