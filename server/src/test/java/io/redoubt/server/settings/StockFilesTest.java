package io.redoubt.server.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.directive.Words;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The active lines of each redis.conf shipped with Redis, unchanged and as YAML. */
final class StockFilesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2.8", "3.0", "3.2", "4.0", "5.0", "6.0", "6.2", "7.0", "7.2"})
  void loadsAsItIsAndAsYaml(String version) throws Exception {
    String text = activeLines(version).replace("dir ./", "dir " + directory);
    ServerDirectives lines = loaded("redis.conf", text);
    ServerDirectives yaml = loaded("redis.yaml", toYaml(text));

    assertThat(lines.databases.value()).isEqualTo(16);
    assertThat(yaml.get(List.of("*"))).isEqualTo(lines.get(List.of("*")));
    assertThat(yaml.passedOver()).hasSameSizeAs(lines.passedOver());
    assertThat(lines.setInVain()).isEmpty();
  }

  private ServerDirectives loaded(String name, String text) throws Exception {
    Path file = directory.resolve(name);
    Files.writeString(file, text);
    ServerDirectives settings = new ServerDirectives();
    settings.load(file, new byte[0], "");
    return settings;
  }

  /**
   * Converts lines: several arguments become a list, and several lines of one name a list of lists.
   */
  private static String toYaml(String conf) throws Exception {
    Map<String, List<String>> byName = new LinkedHashMap<>();
    for (String line : conf.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
      List<String> words = Words.of(Words.stored(line));
      String arguments =
          String.join(", ", words.subList(1, words.size()).stream().map(w -> quoted(w)).toList());
      byName.computeIfAbsent(words.getFirst(), name -> new ArrayList<>()).add(arguments);
    }
    StringBuilder yaml = new StringBuilder();
    byName.forEach((name, lines) -> {
      yaml.append(name).append(lines.size() == 1 ? ": [" + lines.getFirst() + "]\n" : ":\n");
      if (lines.size() > 1) {
        lines.forEach(line -> yaml.append("  - [").append(line).append("]\n"));
      }
    });
    return yaml.toString();
  }

  private static String quoted(String word) {
    return '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String activeLines(String version) throws IOException {
    String resource = "active-lines-" + version + ".conf";
    try (InputStream in = StockFilesTest.class.getResourceAsStream(resource)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    }
  }
}
