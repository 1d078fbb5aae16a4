package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
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

  private static String word(Random random, String alphabet, int maxLength) {
    StringBuilder word = new StringBuilder();
    for (int n = random.nextInt(maxLength + 1); n > 0; n--) {
      word.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return word.toString();
  }

  /** Matches naively: a star tries every length; every other element takes one character. */
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
