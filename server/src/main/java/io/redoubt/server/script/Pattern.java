package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import java.util.ArrayList;
import java.util.List;

/**
 * A pattern of Lua 5.1 (manual, section 5.4.1), compiled into steps.
 *
 * @param anchored true if it matches at the start position only
 */
record Pattern(List<Step> steps, int captures, boolean anchored) {

  /** Lua's limit of captures. */
  private static final int MAX_CAPTURES = 32;

  /** The maximum number of steps that can match in several ways, since each takes stack frames. */
  private static final int MAX_BRANCHES = 1_000;

  /** The quantifier of a character. */
  enum Times {
    ONE,
    OPTIONAL,
    MANY,
    ONE_OR_MANY,
    FEW
  }

  /** A step of the match. */
  sealed interface Step {}

  /** A character of a set. */
  record Characters(ByteSet set, Times times) implements Step {}

  /** The start of a capture, or the capture of a position. */
  record Open(int capture, boolean place) implements Step {}

  /** The end of a capture. */
  record Close(int capture) implements Step {}

  /** A back-reference to a capture. */
  record Again(int capture) implements Step {}

  /** A balanced range from an opening character to its closing one. */
  record Balanced(int opening, int closing) implements Step {}

  /** A position between a character outside of the set and one in it. */
  record Frontier(ByteSet set) implements Step {}

  /** The end of the text. */
  record End() implements Step {}

  /**
   * Compiles a pattern.
   *
   * @param mayBeAnchored true if a leading ^ is an anchor
   * @throws IllegalArgumentException with Lua's error message if the pattern is malformed
   */
  static Pattern compile(ByteString text, boolean mayBeAnchored) {
    boolean anchored = mayBeAnchored && !text.isEmpty() && text.byteAt(0) == '^';
    return new Compiler(text, anchored ? 1 : 0).compile(anchored);
  }

  private static final class Compiler {
    private final ByteString text;
    private int at;
    private final List<Step> steps = new ArrayList<>();
    private final List<Integer> open = new ArrayList<>();
    private int captures;
    private int branches;

    Compiler(ByteString text, int start) {
      this.text = text;
      at = start;
    }

    private boolean more() {
      return at < text.length();
    }

    private int next() {
      return text.byteAt(at++) & 0xff;
    }

    private boolean follows(char c) {
      return more() && text.byteAt(at) == c;
    }

    Pattern compile(boolean anchored) {
      while (more()) {
        int c = next();
        switch (c) {
          case '(' -> open();
          case ')' -> close();
          case '%' -> escape();
          case '$' -> {
            if (more()) {
              characters(ByteSet.of('$'));
            } else {
              steps.add(new End());
            }
          }
          case '[' -> characters(set());
          case '.' -> characters(ByteSet.ALL);
          default -> characters(ByteSet.of(c));
        }
      }
      if (!open.isEmpty()) {
        throw new IllegalArgumentException("unfinished capture");
      }
      return new Pattern(steps, captures, anchored);
    }

    private void open() {
      if (captures == MAX_CAPTURES) {
        throw new IllegalArgumentException("too many captures");
      }
      boolean place = follows(')');
      steps.add(new Open(captures, place));
      if (place) {
        at++;
      } else {
        open.add(captures);
      }
      captures++;
    }

    private void close() {
      if (open.isEmpty()) {
        throw new IllegalArgumentException("invalid pattern capture");
      }
      steps.add(new Close(open.removeLast()));
    }

    private void escape() {
      if (!more()) {
        throw new IllegalArgumentException("malformed pattern (ends with '%')");
      }
      int c = next();
      if (c == 'b') {
        if (text.length() - at < 2) {
          throw new IllegalArgumentException("unbalanced pattern");
        }
        steps.add(new Balanced(next(), next()));
      } else if (c == 'f') {
        if (!follows('[')) {
          throw new IllegalArgumentException("missing '[' after '%f' in pattern");
        }
        at++;
        steps.add(new Frontier(set()));
      } else if (c >= '0' && c <= '9') {
        int capture = c - '1';
        if (capture < 0 || capture >= captures || open.contains(capture)) {
          throw new IllegalArgumentException("invalid capture index");
        }
        steps.add(new Again(capture));
      } else {
        characters(ByteSet.ofClass(c));
      }
    }

    /** Parses the set after its opening bracket. */
    private ByteSet set() {
      ByteSet set = new ByteSet();
      boolean others = follows('^');
      if (others) {
        at++;
      }
      boolean first = true;
      while (first
          || !follows(']')) { // a closing bracket in first position is one of the characters
        first = false;
        int c = member();
        if (c == '%') {
          set.add(ByteSet.ofClass(member()));
        } else if (follows('-') && at + 1 < text.length() && text.byteAt(at + 1) != ']') {
          at++;
          set.addRange(c, next());
        } else {
          set.add(c);
        }
      }
      at++;
      return others ? set.others() : set;
    }

    private int member() {
      if (!more()) {
        throw new IllegalArgumentException("malformed pattern (missing ']')");
      }
      return next();
    }

    private void characters(ByteSet set) {
      Times times = Times.ONE;
      if (more()) {
        times =
            switch (text.byteAt(at)) {
              case '?' -> Times.OPTIONAL;
              case '*' -> Times.MANY;
              case '+' -> Times.ONE_OR_MANY;
              case '-' -> Times.FEW;
              default -> Times.ONE;
            };
      }
      if (times != Times.ONE) {
        at++;
        branches++;
        if (branches > MAX_BRANCHES) {
          throw new IllegalArgumentException("pattern too complex");
        }
      }
      steps.add(new Characters(set, times));
    }
  }
}
