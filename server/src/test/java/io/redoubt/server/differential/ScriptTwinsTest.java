package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scripts have the same results and errors, to the letter, as in a real Redis. */
final class ScriptTwinsTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void repliesLikeRedis(String protocol) throws Exception {
    List<String> scripts = scripts();
    assertThat(scripts).hasSizeGreaterThan(150);
    try (var twins = Twins.start(directory, "enable-debug-command yes");
        var conversation = new Conversation(twins, 1, protocol)) {
      for (String script : scripts) {
        conversation.say(0, List.of(bytes("EVAL"), bytes(script), bytes("0")));
      }
      conversation.say(
          0,
          List.of(
              bytes("EVAL"),
              bytes("return {KEYS,ARGV,#KEYS}"),
              bytes("1"),
              bytes("k"),
              bytes("a")));
    }
  }

  /** Returns the scripts, one per line; {@code ⏎} is a line break within a script. */
  private static List<String> scripts() throws Exception {
    try (InputStream in = ScriptTwinsTest.class.getResourceAsStream("scripts.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.replace('⏎', '\n'))
          .toList();
    }
  }
}
