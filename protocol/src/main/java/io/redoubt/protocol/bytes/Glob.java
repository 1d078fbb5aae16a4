package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Redis' glob patterns: {@code *} matches any bytes, {@code ?} any byte, {@code [abc]}, {@code
 * [a-z]} and {@code [^a]} a byte in a set or outside of it; a backslash escapes the next byte. An
 * unclosed set ends with the pattern.
 *
 * <p>Only the last star backtracks, because each part between two stars has already matched at its
 * earliest place. When that has cost several times the length of the text, {@link GlobSearch} takes
 * over, whose cost does not depend on how often a part almost matches.
 */
public final class Glob {

  /**
   * The maximum number of stars, beyond which nothing matches. Redis limits them because it
   * recurses for each star.
   */
  static final int MAX_STARS = 1000;

  /** The cost of backtracking, in bytes compared twice, up to which a search is not worth it. */
  private static final int FREE_STEPS = 512;

  private static final int STEPS_A_BYTE = 4;
  private static final int NO_LITERAL = -1;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

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
    if (!ignoreCase) {
      p = literalStart(pattern, patternOffset, patternLength, text, textOffset, textLength);
      if (p < 0) {
        return false;
      }
      t = p;
    }
    int afterStar = -1; // pattern index after the last star
    int starText = 0; // text index up to which that star matches
    int stars = 0;
    int first = NO_LITERAL; // the byte that must follow the last star
    long steps = FREE_STEPS + (long) STEPS_A_BYTE * textLength;
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
        first = ignoreCase ? NO_LITERAL : literal(pattern.get(BYTE, patternOffset + p));
        t = indexOf(first, text, textOffset, t, textLength);
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
        steps -= p - afterStar;
        starText = indexOf(first, text, textOffset, starText + 1, textLength);
        if (steps < 0) {
          return new GlobSearch(
                  pattern, patternOffset, patternLength, text, textOffset, textLength, ignoreCase)
              .restMatches(afterStar, starText, stars);
        }
        p = afterStar;
        t = starText;
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

  /**
   * Returns the number of bytes after which to continue, because that many at the start stand for
   * themselves and equal the text, or -1 if one differs. Compares whole words: most keys of a
   * database differ from a pattern in its first bytes.
   */
  private static int literalStart(
      MemorySegment pattern,
      long patternOffset,
      int patternLength,
      MemorySegment text,
      long textOffset,
      int textLength) {
    int last = Math.min(patternLength, textLength) - Long.BYTES;
    int at = 0;
    for (; at <= last; at += Long.BYTES) {
      long word = pattern.get(WORD, patternOffset + at);
      if (isSpecial(word)) {
        break;
      }
      if (word != text.get(WORD, textOffset + at)) {
        return -1;
      }
    }
    return at;
  }

  /** Returns true if one of eight bytes does not stand for itself. */
  private static boolean isSpecial(long word) {
    return (zeros(word ^ Ascii.ONES * '*')
            | zeros(word ^ Ascii.ONES * '?')
            | zeros(word ^ Ascii.ONES * '[')
            | zeros(word ^ Ascii.ONES * '\\'))
        != 0;
  }

  /** Returns the high bits of bytes of which the lowest one is the first zero; 0 without a zero. */
  private static long zeros(long word) {
    return (word - Ascii.ONES) & ~word & Ascii.HIGH_BITS;
  }

  /** Returns the byte if it stands for itself in a pattern, else {@link #NO_LITERAL}. */
  private static int literal(byte b) {
    return b == '?' || b == '[' || b == '\\' ? NO_LITERAL : b & 0xff;
  }

  /**
   * Returns the first index of a byte in {@code [from, length)}, {@code length} if there is none;
   * {@code from} for {@link #NO_LITERAL}.
   */
  private static int indexOf(int b, MemorySegment text, long offset, int from, int length) {
    if (b == NO_LITERAL) {
      return from;
    }
    long eight = Ascii.ONES * b;
    int t = from;
    for (; t + Long.BYTES <= length; t += Long.BYTES) {
      long zeros = zeros(text.get(WORD, offset + t) ^ eight);
      if (zeros != 0) {
        return t + (Long.numberOfTrailingZeros(zeros) >>> 3);
      }
    }
    while (t < length && (text.get(BYTE, offset + t) & 0xff) != b) {
      t++;
    }
    return t;
  }

  /** Returns the pattern index after the element at {@code p}. */
  static int after(MemorySegment pattern, long offset, int p, int length) {
    int c = pattern.get(BYTE, offset + p);
    if (c == '\\') {
      return Math.min(p + 2, length);
    }
    if (c != '[') {
      return p + 1;
    }
    int at = p + 1;
    if (at < length && pattern.get(BYTE, offset + at) == '^') {
      at++;
    }
    while (at < length) {
      int member = pattern.get(BYTE, offset + at);
      if (member == '\\' && at + 1 < length) {
        at += 2;
      } else if (member == ']') {
        return at + 1;
      } else {
        at += at + 2 < length && pattern.get(BYTE, offset + at + 1) == '-' ? 3 : 1;
      }
    }
    return at;
  }

  /** Returns the pattern index after the element at {@code p} if it matches, or -1. */
  static int matchOne(
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
