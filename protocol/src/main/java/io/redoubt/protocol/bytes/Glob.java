package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Redis' glob patterns: {@code *} matches any bytes, {@code ?} any byte, {@code [abc]}, {@code
 * [a-z]} and {@code [^a]} a byte in a set or outside of it; a backslash escapes the next byte. An
 * unclosed set ends with the pattern.
 *
 * <p>Only the last star backtracks, because each part between two stars has already matched at its
 * earliest place. The cost is thus at most the product of the two lengths, for any pattern.
 */
public final class Glob {

  /**
   * The maximum number of stars, beyond which nothing matches. Redis limits them because it
   * recurses for each star.
   */
  private static final int MAX_STARS = 1000;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private Glob() {}

  /** Returns true if the whole text matches the pattern. */
  public static boolean matches(ByteString pattern, ByteString text) {
    return matches(
        pattern.asSegment(), 0, pattern.length(), text.asSegment(), 0, text.length(), false);
  }

  /** Returns true if the whole text matches the pattern, both in UTF-8. */
  public static boolean matches(String pattern, String text, boolean ignoreCase) {
    byte[] p = pattern.getBytes(UTF_8);
    byte[] t = text.getBytes(UTF_8);
    return matches(
        MemorySegment.ofArray(p), 0, p.length, MemorySegment.ofArray(t), 0, t.length, ignoreCase);
  }

  /**
   * Returns true if the bytes {@code [textOffset, textOffset + textLength)} match the whole
   * pattern.
   *
   * @param ignoreCase ignores the case of ASCII letters
   */
  public static boolean matches(
      MemorySegment pattern,
      long patternOffset,
      int patternLength,
      MemorySegment text,
      long textOffset,
      int textLength,
      boolean ignoreCase) {
    int p = 0;
    int t = 0;
    int afterStar = -1; // pattern index after the last star
    int starText = 0; // text index up to which that star matches
    int stars = 0;
    while (t < textLength) {
      if (p < patternLength && pattern.get(BYTE, patternOffset + p) == '*') {
        do {
          p++;
        } while (p < patternLength && pattern.get(BYTE, patternOffset + p) == '*');
        if (p == patternLength) {
          return true;
        }
        if (++stars > MAX_STARS) {
          return false;
        }
        afterStar = p;
        starText = t;
        continue;
      }
      int next =
          p < patternLength
              ? matchOne(
                  pattern,
                  patternOffset,
                  p,
                  patternLength,
                  text.get(BYTE, textOffset + t),
                  ignoreCase)
              : -1;
      if (next >= 0) {
        p = next;
        t++;
      } else if (afterStar >= 0) {
        p = afterStar;
        t = ++starText;
      } else {
        return false;
      }
    }
    if (textLength == 0) {
      return patternLength == 0; // as Redis has it: nothing but the empty pattern matches nothing
    }
    while (p < patternLength && pattern.get(BYTE, patternOffset + p) == '*') {
      p++;
    }
    return p == patternLength;
  }

  /** Returns the pattern index after the element at {@code p} if it matches, or -1. */
  private static int matchOne(
      MemorySegment pattern, long offset, int p, int length, byte b, boolean ignoreCase) {
    int c = pattern.get(BYTE, offset + p);
    switch (c) {
      case '?':
        return p + 1;
      case '[':
        return matchSet(pattern, offset, p + 1, length, b, ignoreCase);
      case '\\':
        if (p + 1 < length) {
          return same(pattern.get(BYTE, offset + p + 1), b, ignoreCase) ? p + 2 : -1;
        }
        return b == '\\' ? p + 1 : -1;
      default:
        return same(c, b, ignoreCase) ? p + 1 : -1;
    }
  }

  private static int matchSet(
      MemorySegment pattern, long offset, int from, int length, byte b, boolean ignoreCase) {
    int p = from;
    boolean inverted = p < length && pattern.get(BYTE, offset + p) == '^';
    if (inverted) {
      p++;
    }
    boolean found = false;
    while (p < length) {
      int c = pattern.get(BYTE, offset + p);
      if (c == '\\' && p + 1 < length) {
        found |= pattern.get(BYTE, offset + p + 1) == b;
        p += 2;
      } else if (c == ']') {
        return found != inverted ? p + 1 : -1;
      } else if (p + 2 < length && pattern.get(BYTE, offset + p + 1) == '-') {
        found |= inRange(c, pattern.get(BYTE, offset + p + 2), b, ignoreCase);
        p += 3;
      } else {
        found |= same(c, b, ignoreCase);
        p++;
      }
    }
    return found != inverted ? p : -1;
  }

  /** Tests a range; its ends are ordered as signed bytes before folding the case, like Redis. */
  private static boolean inRange(int one, int other, byte b, boolean ignoreCase) {
    int from = Math.min(one, other);
    int to = Math.max(one, other);
    if (!ignoreCase) {
      return b >= from && b <= to;
    }
    int c = (byte) Ascii.lower(b);
    return c >= (byte) Ascii.lower(from) && c <= (byte) Ascii.lower(to);
  }

  private static boolean same(int one, int other, boolean ignoreCase) {
    return one == other || (ignoreCase && Ascii.lower(one) == Ascii.lower(other));
  }
}
