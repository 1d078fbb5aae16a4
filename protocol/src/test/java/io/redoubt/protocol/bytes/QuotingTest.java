package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuotingTest {

  private static List<String> words(String line) {
    List<byte[]> words = Quoting.split(line);
    assertThat(words).as(line).isNotNull();
    return words.stream().map(word -> new String(word, ISO_8859_1)).toList();
  }

  @Test
  void splitsAtWhiteSpace() {
    assertThat(words("set  a\tb\r\n")).containsExactly("set", "a", "b");
    assertThat(words("\f\013a\fb\f c\013")).containsExactly("a\fb\f", "c\013");
    assertThat(words("   ")).isEmpty();
    assertThat(words("")).isEmpty();
  }

  @Test
  void readsQuotes() {
    assertThat(words("echo \"a b\" ''")).containsExactly("echo", "a b", "");
    assertThat(words("'it\\'s' \"\\x41\\n\\t\\q\\\"\"")).containsExactly("it's", "A\n\tq\"");
    assertThat(words("'a\\n'")).containsExactly("a\\n");
    assertThat(words("pre\"fix\"")).containsExactly("prefix");
    assertThat(words("a\\ b")).containsExactly("a\\", "b");
    assertThat(words("\"\\xzz\"")).containsExactly("xzz");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"", "'", "a \"b", "\"a\"b", "'a'b", "\"a\\\"", "'a\\'"})
  void refusesUnbalancedQuotes(String line) {
    assertThat(Quoting.split(line)).isNull();
  }

  @Test
  void quotes() {
    assertThat(Quoting.quote("a\"\\\n\r\t\b\u0007\0\u00ff".getBytes(ISO_8859_1)))
        .isEqualTo("\"a\\\"\\\\\\n\\r\\t\\b\\a\\x00\\xff\"");
  }

  @Test
  void splitsWhatItQuotes() {
    Random random = Seed.random("QuotingTest");
    for (int i = 0; i < 20_000; i++) {
      byte[] word = new byte[random.nextInt(20)];
      random.nextBytes(word);
      assertThat(Quoting.split("x " + Quoting.quote(word) + " y"))
          .containsExactly("x".getBytes(ISO_8859_1), word, "y".getBytes(ISO_8859_1));
    }
  }
}
