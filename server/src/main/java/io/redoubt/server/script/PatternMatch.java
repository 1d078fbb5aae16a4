package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.Region;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Matches Lua patterns by backtracking as Lua does. That can take unbounded time, so the search
 * regularly asks for permission to continue. Lua's own matcher cannot be interrupted and serves
 * only short texts and patterns.
 */
final class PatternMatch {

  /** Decides if a search may continue. */
  interface Permission {
    /** Called repeatedly, each time after less than a millisecond of work. */
    boolean mayGoOn();
  }

  private static final int STEPS_BETWEEN_QUESTIONS = 1 << 16;
  private static final int MAX_PATTERNS_KEPT = 64;

  private static final long NONE = -1;

  /** The length of an unfinished capture. */
  private static final long UNFINISHED = -1;

  /** The length of a position capture. */
  private static final long PLACE = -2;

  private final Permission permission;
  private final Map<ByteString, Pattern> searched = new HashMap<>();
  private final Map<ByteString, Pattern> iterated = new HashMap<>();

  private List<Pattern.Step> steps = List.of();
  private long text;
  private long textEnd;
  private long credit = STEPS_BETWEEN_QUESTIONS;

  private long start;
  private long end;
  private int captures;
  private final long[] captureStart = new long[32];
  private final long[] captureLength = new long[32];

  PatternMatch(Permission permission) {
    this.permission = permission;
  }

  /** Returns the start of the match, a region address. */
  long start() {
    return start;
  }

  long end() {
    return end;
  }

  /** Returns the number of captures. */
  int captures() {
    return captures;
  }

  long captureStart(int capture) {
    return captureStart[capture];
  }

  /** Returns the length of a capture; negative for a position capture. */
  long captureLength(int capture) {
    return captureLength[capture];
  }

  /**
   * Searches for a pattern.
   *
   * @param address the region address of the text
   * @param from the index in the text at which to start
   * @param mayBeAnchored true if a leading ^ is an anchor
   * @return true if it was found
   * @throws IllegalArgumentException with Lua's error message if the pattern is malformed
   * @throws ScriptBudget.Interrupted if the search may not continue
   */
  boolean find(ByteString pattern, boolean mayBeAnchored, long address, long length, long from) {
    Pattern compiled = compiled(pattern, mayBeAnchored);
    steps = compiled.steps();
    captures = compiled.captures();
    text = address;
    textEnd = address + length;
    long last = compiled.anchored() ? address + from : textEnd;
    for (start = address + from; start <= last; start++) {
      spend(1);
      end = match(start, 0);
      if (end != NONE) {
        return true;
      }
    }
    return false;
  }

  private Pattern compiled(ByteString text, boolean mayBeAnchored) {
    Map<ByteString, Pattern> kept = mayBeAnchored ? searched : iterated;
    Pattern pattern = kept.get(text);
    if (pattern == null) {
      pattern = Pattern.compile(text, mayBeAnchored);
      if (kept.size() == MAX_PATTERNS_KEPT) {
        kept.clear();
      }
      kept.put(text, pattern);
    }
    return pattern;
  }

  /**
   * Searches for a plain text.
   *
   * @return true if it was found
   * @throws ScriptBudget.Interrupted if the search may not continue
   */
  boolean findPlain(long wanted, int wantedLength, long address, long length, long from) {
    captures = 0;
    for (start = address + from; start + wantedLength <= address + length; start++) {
      int i = 0;
      while (i < wantedLength && Region.getByte(start + i) == Region.getByte(wanted + i)) {
        i++;
        spend(1);
      }
      if (i == wantedLength) {
        end = start + i;
        return true;
      }
      spend(1);
    }
    return false;
  }

  private void spend(long work) {
    credit -= work;
    if (credit < 0) {
      credit = STEPS_BETWEEN_QUESTIONS;
      if (!permission.mayGoOn()) {
        throw new ScriptBudget.Interrupted();
      }
    }
  }

  /** Matches the steps from an index on at a position; returns the end of the match, or NONE. */
  private long match(long at, int step) {
    long place = at;
    for (int i = step; i < steps.size(); i++) {
      spend(1);
      switch (steps.get(i)) {
        case Pattern.Characters(ByteSet set, Pattern.Times times) -> {
          if (times != Pattern.Times.ONE) {
            return matchSeveral(place, i, set, times);
          }
          if (!isAt(place, set)) {
            return NONE;
          }
          place++;
        }
        case Pattern.Open(int capture, boolean isPlace) -> {
          long oldStart = captureStart[capture];
          captureStart[capture] = place;
          captureLength[capture] = isPlace ? PLACE : UNFINISHED;
          long result = match(place, i + 1);
          if (result == NONE) {
            captureStart[capture] = oldStart;
          }
          return result;
        }
        case Pattern.Close(int capture) -> {
          captureLength[capture] = place - captureStart[capture];
          long result = match(place, i + 1);
          if (result == NONE) {
            captureLength[capture] = UNFINISHED;
          }
          return result;
        }
        case Pattern.Again(int capture) -> {
          long length = captureLength[capture];
          if (length == PLACE
              || textEnd - place < length
              || !isSame(captureStart[capture], place, length)) {
            return NONE;
          }
          place += length;
        }
        case Pattern.Balanced(int opening, int closing) -> {
          place = afterBalanced(place, opening, closing);
          if (place == NONE) {
            return NONE;
          }
        }
        case Pattern.Frontier(ByteSet set) -> {
          if (set.has(byteAt(place - 1)) || !set.has(byteAt(place))) {
            return NONE;
          }
        }
        case Pattern.End() -> {
          if (place != textEnd) {
            return NONE;
          }
        }
      }
    }
    return place;
  }

  private long matchSeveral(long place, int step, ByteSet set, Pattern.Times times) {
    if (times == Pattern.Times.FEW) {
      for (long next = place; ; next++) {
        long result = match(next, step + 1);
        if (result != NONE || !isAt(next, set)) {
          return result;
        }
        spend(1);
      }
    }
    long least = times == Pattern.Times.ONE_OR_MANY ? place + 1 : place;
    long most = times == Pattern.Times.OPTIONAL ? Math.min(place + 1, textEnd) : textEnd;
    long next = place;
    while (next < most && isAt(next, set)) {
      next++;
      spend(1);
    }
    for (; next >= least; next--) {
      long result = match(next, step + 1);
      if (result != NONE) {
        return result;
      }
    }
    return NONE;
  }

  private boolean isAt(long place, ByteSet set) {
    return place < textEnd && set.has(Region.getUnsignedByte(place));
  }

  /** Returns a byte of the text; 0 before and after it. */
  private int byteAt(long place) {
    return place < text || place >= textEnd ? 0 : Region.getUnsignedByte(place);
  }

  private boolean isSame(long a, long b, long length) {
    for (long i = 0; i < length; i++) {
      spend(1);
      if (Region.getByte(a + i) != Region.getByte(b + i)) {
        return false;
      }
    }
    return true;
  }

  private long afterBalanced(long place, int opening, int closing) {
    if (byteAt(place) != opening || place >= textEnd) {
      return NONE;
    }
    int depth = 1;
    for (long next = place + 1; next < textEnd; next++) {
      spend(1);
      int c = Region.getUnsignedByte(next);
      if (c == closing) {
        depth--;
        if (depth == 0) {
          return next + 1;
        }
      } else if (c == opening) {
        depth++;
      }
    }
    return NONE;
  }
}
