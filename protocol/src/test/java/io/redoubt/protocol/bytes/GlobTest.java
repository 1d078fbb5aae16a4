package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

  @ParameterizedTest
  @CsvSource({
    "*,hello",
    "h*o,hello",
    "h?llo,hello",
    "h[ae]llo,hallo",
    "h[^e]llo,hallo",
    "h[a-c]llo,hbllo",
    "h[c-a]llo,hbllo",
    "he\\*o,he*o",
    "*:*:c,a:b:c",
    "a**b,axxb",
    "[a,a",
    "[^b,a",
    "[a-,-",
    "a[]a]b,aa]b",
    "[\\]],]",
    "[a-\\]],a]",
    "'\\',\\",
    "*a*,a",
    "a*,a",
    "'',''",
    "[!-],!"
  })
  void matches(String pattern, String text) {
    boolean expected = !pattern.equals("a[]a]b");
    assertThat(Glob.matches(pattern, text, false)).isEqualTo(expected);
    assertThat(Glob.matches(ByteString.of(pattern), ByteString.of(text))).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "*,''",
    "h*o,hell",
    "?,''",
    "h[^e]llo,hello",
    "a,b",
    "a,aa",
    "aa,a",
    "*b,abc",
    "[^a,a",
    "[],a",
    "H*,hello"
  })
  void doesNotMatch(String pattern, String text) {
    assertThat(Glob.matches(pattern, text, false)).isFalse();
  }

  @Test
  void comparesTheStartAsFarAsItIsLiteral() {
    String key = "user:0123456789:name";
    for (int at = 0; at < key.length(); at++) {
      String start = key.substring(0, at);
      String rest = key.substring(at + 1);
      List<String> patterns =
          List.of(start + '?' + rest, start + '[' + key.charAt(at) + ']' + rest, start + '*');
      for (String pattern : patterns) {
        assertThat(Glob.matches(pattern, key, false)).as(pattern).isTrue();
      }
      assertThat(Glob.matches(start + '\\' + key.charAt(at) + rest, key, false)).isTrue();
      assertThat(Glob.matches(key, start + '#' + rest, false)).isFalse();
      assertThat(Glob.matches(key, start, false)).isFalse();
      assertThat(Glob.matches(start, key, false)).isFalse();
    }
    assertThat(Glob.matches(key, key, false)).isTrue();
    assertThat(Glob.matches("USER:0123456789:*", key, true)).isTrue();
  }

  @Test
  void ignoresCaseOnRequest() {
    assertThat(Glob.matches("MAX*", "maxmemory", true)).isTrue();
    assertThat(Glob.matches("[A-C]x", "bX", true)).isTrue();
    assertThat(Glob.matches("[Z-a]", "b", true)).isFalse();
  }

  @Test
  void costIsBoundedByTheProductOfTheLengths() {
    String pattern = "a*".repeat(500) + "b";
    assertThat(Glob.matches(pattern, "a".repeat(20_000), false)).isFalse();
  }

  @Test
  void matchesNothingBeyondRedisLimitOfStars() {
    assertThat(Glob.matches("*a".repeat(1000), "a".repeat(1000), false)).isTrue();
    assertThat(Glob.matches("*a".repeat(1001), "a".repeat(1001), false)).isFalse();
    assertThat(Glob.matches("*a".repeat(1000) + "**", "a".repeat(1001), false)).isTrue();
    assertThat(Glob.matches("*".repeat(5000) + "b", "aab", false)).isTrue();
  }

  @Test
  void agreesWithANaiveMatcher() {
    Random random = Seed.random("GlobTest");
    String patternBytes = "ab*?[]^-\\c";
    String textBytes = "abc-]^\\";
    int found = 0;
    for (int i = 0; i < 300_000; i++) {
      String pattern = word(random, patternBytes, 8);
      String text = word(random, textBytes, 6);
      boolean expected = text.isEmpty() ? pattern.isEmpty() : slow(pattern, 0, text, 0);
      assertThat(Glob.matches(pattern, text, false))
          .as("pattern %s text %s", pattern, text)
          .isEqualTo(expected);
      found += expected ? 1 : 0;
    }
    assertThat(found).isGreaterThan(1000);
  }

  /** Parts that repeatedly almost match, with lengths up to several words of bits. */
  @Test
  void agreesWithAnIndependentMatcherOnLongRepetitions() {
    Random random = Seed.random("GlobTest.long");
    int found = 0;
    int searched = 0;
    for (int i = 0; i < 1000; i++) {
      StringBuilder pattern = new StringBuilder("*");
      for (int parts = 1 + random.nextInt(4); parts > 0; parts--) {
        pattern.append("a".repeat(random.nextInt(150)));
        String[] rare = {"b", "?", "[ab]", "[^c]", "\\b", "ab", "aab", "?b", ""};
        pattern.append(rare[random.nextInt(rare.length)]);
        pattern.append(parts > 1 || random.nextBoolean() ? "*" : "");
      }
      StringBuilder text = new StringBuilder();
      for (int runs = 1 + random.nextInt(6); runs > 0; runs--) {
        text.append("a".repeat(random.nextInt(300))).append(random.nextInt(3) == 0 ? "c" : "b");
      }
      boolean expected = byRows(pattern.toString(), text.toString());
      assertThat(Glob.matches(pattern.toString(), text.toString(), false))
          .as("pattern %s text %s", pattern, text)
          .isEqualTo(expected);
      byte[] p = pattern.toString().getBytes(StandardCharsets.US_ASCII);
      byte[] t = text.toString().getBytes(StandardCharsets.US_ASCII);
      MemorySegment patternBytes = MemorySegment.ofArray(p);
      int rest = 0;
      while (rest < p.length && p[rest] == '*') {
        rest++;
      }
      if (rest < p.length) {
        searched++;
        assertThat(
                new GlobSearch(
                        patternBytes, 0, p.length, MemorySegment.ofArray(t), 0, t.length, false)
                    .restMatches(rest, 0, 1))
            .as("search for pattern %s text %s", pattern, text)
            .isEqualTo(expected);
      }
      found += expected ? 1 : 0;
    }
    assertThat(found).isBetween(100, 900);
    assertThat(searched).isGreaterThan(650);
  }

  /**
   * Matches by dynamic programming: a table with a row per pattern part marks the prefixes of the
   * text that match.
   */
  private static boolean byRows(String pattern, String text) {
    boolean[] row = new boolean[text.length() + 1];
    row[0] = true;
    for (int at = 0; at < pattern.length(); ) {
      boolean[] next = new boolean[row.length];
      int end = pattern.charAt(at) == '[' ? pattern.indexOf(']', at) + 1 : at + 1;
      end += pattern.charAt(at) == '\\' ? 1 : 0;
      String part = pattern.substring(at, end);
      for (int i = 0; i < row.length; i++) {
        if (part.equals("*")) {
          next[i] = row[i] || i > 0 && next[i - 1];
        } else if (i > 0) {
          next[i] = row[i - 1] && isOneOf(part, text.charAt(i - 1));
        }
      }
      row = next;
      at = end;
    }
    return row[text.length()];
  }

  private static boolean isOneOf(String part, char c) {
    return switch (part) {
      case "?" -> true;
      case "[ab]" -> c == 'a' || c == 'b';
      case "[^c]" -> c != 'c';
      default -> part.charAt(part.length() - 1) == c;
    };
  }

  /**
   * Verifies that the cost of a part that almost matches everywhere is proportional to the text,
   * not to the product of text and part: the same work covers far more bytes if the part is longer.
   */
  @Test
  void searchesLongPartsInTimeOfTheText() {
    // 200 000 x 30 000 comparisons took many seconds; the limit is generous.
    String pattern = "*" + "a".repeat(30_000) + "?b*";
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          for (int i = 0; i < 2; i++) {
            assertThat(Glob.matches(pattern, "a".repeat(200_000), false)).isFalse();
          }
        });
  }

  private static String word(Random random, String alphabet, int maxLength) {
    StringBuilder word = new StringBuilder();
    for (int n = random.nextInt(maxLength + 1); n > 0; n--) {
      word.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return word.toString();
  }

  /** Matches naively: a star tries every length; every other element consumes one character. */
  private static boolean slow(String pattern, int p, String text, int t) {
    if (p == pattern.length()) {
      return t == text.length();
    }
    if (pattern.charAt(p) == '*') {
      for (int rest = t; rest <= text.length(); rest++) {
        if (slow(pattern, p + 1, text, rest)) {
          return true;
        }
      }
      return false;
    }
    if (t == text.length()) {
      return false;
    }
    char c = text.charAt(t);
    switch (pattern.charAt(p)) {
      case '?':
        return slow(pattern, p + 1, text, t + 1);
      case '\\':
        int literal = p + 1 < pattern.length() ? p + 1 : p;
        return pattern.charAt(literal) == c && slow(pattern, literal + 1, text, t + 1);
      case '[':
        boolean[] member = new boolean[128];
        int at = p + 1;
        boolean inverted = at < pattern.length() && pattern.charAt(at) == '^';
        at += inverted ? 1 : 0;
        while (at < pattern.length() && pattern.charAt(at) != ']') {
          if (pattern.charAt(at) == '\\' && at + 1 < pattern.length()) {
            member[pattern.charAt(at + 1)] = true;
            at += 2;
          } else if (at + 2 < pattern.length() && pattern.charAt(at + 1) == '-') {
            int from = Math.min(pattern.charAt(at), pattern.charAt(at + 2));
            int to = Math.max(pattern.charAt(at), pattern.charAt(at + 2));
            for (int m = from; m <= to; m++) {
              member[m] = true;
            }
            at += 3;
          } else {
            member[pattern.charAt(at)] = true;
            at++;
          }
        }
        int after = Math.min(at + 1, pattern.length());
        return member[c] != inverted && slow(pattern, after, text, t + 1);
      default:
        return pattern.charAt(p) == c && slow(pattern, p + 1, text, t + 1);
    }
  }
}
