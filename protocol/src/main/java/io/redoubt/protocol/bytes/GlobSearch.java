package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Matches the rest of a pattern after a star without backtracking: each part between two stars is
 * searched for with one bit per element, set if the elements up to it match the text before the
 * current byte (Baeza-Yates and Gonnet's shift-and). A byte of the text costs one step for 64
 * elements.
 */
final class GlobSearch {
  /** The elements of a part beyond which its tables would take too much of the heap. */
  private static final int MAX_ELEMENTS = 1 << 16;

  private static final int BYTES = 256;
  private static final int NONE = -1;
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private final MemorySegment pattern;
  private final long patternOffset;
  private final int patternLength;
  private final MemorySegment text;
  private final long textOffset;
  private final int textLength;
  private final boolean ignoreCase;

  GlobSearch(
      MemorySegment pattern,
      long patternOffset,
      int patternLength,
      MemorySegment text,
      long textOffset,
      int textLength,
      boolean ignoreCase) {
    this.pattern = pattern;
    this.patternOffset = patternOffset;
    this.patternLength = patternLength;
    this.text = text;
    this.textOffset = textOffset;
    this.textLength = textLength;
    this.ignoreCase = ignoreCase;
  }

  /**
   * Returns true if the rest of the pattern, which follows a star and is not empty, matches some
   * end of the text.
   *
   * @param from the index in the text from which on the rest may match
   * @param stars the number of stars so far
   */
  boolean restMatches(int rest, int from, int stars) {
    int p = rest;
    int t = from;
    for (int passed = stars; t < textLength && passed <= Glob.MAX_STARS; passed++) {
      int end = p;
      int elements = 0;
      while (end < patternLength && pattern.get(BYTE, patternOffset + end) != '*') {
        end = Glob.after(pattern, patternOffset, end, patternLength);
        elements++;
      }
      if (elements > textLength - t) {
        return false;
      }
      if (end == patternLength) {
        return matchesAt(p, end, textLength - elements);
      }
      t = find(p, end, elements, t);
      if (t == NONE) {
        return false;
      }
      p = end;
      while (p < patternLength && pattern.get(BYTE, patternOffset + p) == '*') {
        p++;
      }
      if (p == patternLength) {
        return true;
      }
    }
    return false;
  }

  private boolean matchesAt(int start, int end, int textStart) {
    int t = textStart;
    for (int p = start; p < end; t++) {
      p = matchOne(p, text.get(BYTE, textOffset + t));
      if (p < 0) {
        return false;
      }
    }
    return true;
  }

  private int matchOne(int p, byte b) {
    return Glob.matchOne(pattern, patternOffset, p, patternLength, b, ignoreCase);
  }

  /** Returns the index after the first match of a part, {@link #NONE} if there is none. */
  private int find(int start, int end, int elements, int from) {
    if (elements > MAX_ELEMENTS) {
      return findPlain(start, end, elements, from);
    }
    int words = (elements + Long.SIZE - 1) / Long.SIZE;
    long last = 1L << (elements - 1);
    long[] matching = new long[words];
    @Nullable long[][] masks = new long[BYTES][];
    for (int t = from; t < textLength; t++) {
      byte b = text.get(BYTE, textOffset + t);
      long[] mask = masks[b & 0xff];
      if (mask == null) {
        mask = mask(start, end, words, b);
        masks[b & 0xff] = mask;
      }
      long carry = 1;
      for (int word = 0; word < words; word++) {
        long before = matching[word];
        matching[word] = (before << 1 | carry) & mask[word];
        carry = before >>> (Long.SIZE - 1);
      }
      if ((matching[words - 1] & last) != 0) {
        return t + 1;
      }
    }
    return NONE;
  }

  /** Returns the elements that match a byte, as bits. */
  private long[] mask(int start, int end, int words, byte b) {
    long[] mask = new long[words];
    int element = 0;
    for (int p = start; p < end; element++) {
      if (matchOne(p, b) >= 0) {
        mask[element / Long.SIZE] |= 1L << element;
      }
      p = Glob.after(pattern, patternOffset, p, patternLength);
    }
    return mask;
  }

  private int findPlain(int start, int end, int elements, int from) {
    for (int t = from; t + elements <= textLength; t++) {
      if (matchesAt(start, end, t)) {
        return t + elements;
      }
    }
    return NONE;
  }
}
