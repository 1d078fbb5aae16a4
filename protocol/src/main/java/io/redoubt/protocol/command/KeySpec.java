package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * Where some keys of a command stand and what is done to them: first a place to begin (an index, or
 * after a keyword), then a way to go on (a range, or a count given by an argument). The model and
 * its names are those of COMMAND INFO.
 */
public final class KeySpec {
  enum Begin {
    INDEX,
    KEYWORD,
    UNKNOWN
  }

  enum Find {
    RANGE,
    KEYNUM,
    UNKNOWN
  }

  private final Begin begin;
  private final @Nullable String keyword;
  private final int position;
  private final Find find;
  private final int last;
  private final int step;
  private final int limit;
  private final int flags;
  private final @Nullable String notes;

  private KeySpec(
      Begin begin,
      @Nullable String keyword,
      int position,
      Find find,
      int last,
      int step,
      int limit,
      int flags,
      @Nullable String notes) {
    this.begin = begin;
    this.keyword = keyword;
    this.position = position;
    this.find = find;
    this.last = last;
    this.step = step;
    this.limit = limit;
    this.flags = flags;
    this.notes = notes;
  }

  /** Begins at that argument (0 is the command's name); by itself just that one key. */
  public static KeySpec index(int argument) {
    return new KeySpec(Begin.INDEX, null, argument, Find.RANGE, 0, 1, 0, 0, null);
  }

  /**
   * Begins after a keyword.
   *
   * @param word the keyword, any case
   * @param startFrom where the search starts: forward from that argument, or, negative, backward
   *     from that far before the end
   */
  public static KeySpec keyword(String word, int startFrom) {
    return new KeySpec(Begin.KEYWORD, word, startFrom, Find.RANGE, 0, 1, 0, 0, null);
  }

  /** Keys of which a spec can tell nothing; the command needs {@link MovableKeys}. */
  public static KeySpec unknown() {
    return new KeySpec(Begin.UNKNOWN, null, 0, Find.UNKNOWN, 0, 0, 0, 0, null);
  }

  /**
   * Goes on as a range.
   *
   * @param lastKey the last key: relative to the first, or, negative, to the end of the arguments
   *     (-1 the last one)
   * @param keyStep the distance from key to key
   * @param keyLimit with lastKey -1: the keys stop at this fraction of the rest (2: half of it);
   *     otherwise 0
   */
  public KeySpec range(int lastKey, int keyStep, int keyLimit) {
    return new KeySpec(
        begin, keyword, position, Find.RANGE, lastKey, keyStep, keyLimit, flags, notes);
  }

  /** {@link #range(int, int, int)} without a limit. */
  public KeySpec range(int lastKey, int keyStep) {
    return range(lastKey, keyStep, 0);
  }

  /**
   * Goes on for as many keys as an argument says.
   *
   * @param countIndex the argument with the count, relative to the beginning
   * @param firstKey the first key, relative to the beginning
   * @param keyStep the distance from key to key
   */
  public KeySpec keynum(int countIndex, int firstKey, int keyStep) {
    return new KeySpec(
        begin, keyword, position, Find.KEYNUM, countIndex, keyStep, firstKey, flags, notes);
  }

  /** The same place with what is done to its keys. */
  public KeySpec is(KeyFlag... keyFlags) {
    return with(KeyFlag.mask(keyFlags));
  }

  /** The same spec with a remark for COMMAND INFO. */
  public KeySpec note(String text) {
    return new KeySpec(begin, keyword, position, find, last, step, limit, flags, text);
  }

  KeySpec with(int mask) {
    return new KeySpec(begin, keyword, position, find, last, step, limit, mask, notes);
  }

  /** What is done to the keys, bits of {@link KeyFlag}. */
  public int flags() {
    return flags;
  }

  Begin begin() {
    return begin;
  }

  Find find() {
    return find;
  }

  /** The argument or the start of the search. */
  int position() {
    return position;
  }

  @Nullable String keyword() {
    return keyword;
  }

  @Nullable String notes() {
    return notes;
  }

  /** Last key of a range; index of the count of a keynum. */
  int last() {
    return last;
  }

  int step() {
    return step;
  }

  /** Limit of a range; first key of a keynum. */
  int limit() {
    return limit;
  }

  /** Whether first, last and step can say what this spec says. */
  boolean isPlainRange() {
    return begin == Begin.INDEX && find == Find.RANGE && limit == 0;
  }

  /**
   * Visits the keys.
   *
   * @return false when the arguments do not fit the spec
   */
  boolean forEach(Request request, KeyVisitor keys) {
    int count = request.count();
    int first = first(request);
    if (first < 0) {
      return find != Find.UNKNOWN;
    }
    int end;
    if (find == Find.RANGE) {
      if (last >= 0) {
        end = first + last;
      } else if (limit == 0) {
        end = count + last;
      } else {
        end = first + (count - first) / limit + last;
      }
    } else {
      int countAt = first + last;
      if (countAt >= count) {
        return false;
      }
      long number = decimal(request, countAt);
      if (number < 0 || number > count) {
        return false;
      }
      first += limit;
      end = first + ((int) number - 1) * step;
      if (number == 0) {
        return true;
      }
    }
    if (first >= count || end >= count || end < first) {
      return false;
    }
    for (int i = first; i <= end; i += step) {
      keys.key(i, flags);
    }
    return true;
  }

  /** Where the keys begin, or -1 when the keyword is absent or nothing is known. */
  private int first(Request request) {
    if (begin == Begin.INDEX) {
      return position;
    }
    if (keyword == null) {
      return -1;
    }
    int count = request.count();
    int start = position > 0 ? position : count + position;
    int direction = position > 0 ? 1 : -1;
    for (int i = start; i > 0 && i < count; i += direction) {
      if (request.is(i, keyword)) {
        return i + 1 < count ? i + 1 : -1;
      }
    }
    return -1;
  }

  /** The argument as a small decimal number, or -1. */
  private static long decimal(Request request, int argument) {
    int length = request.length(argument);
    if (length == 0 || length > 9) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      byte digit =
          request
              .memory()
              .get(java.lang.foreign.ValueLayout.JAVA_BYTE, request.offset(argument) + i);
      if (digit < '0' || digit > '9') {
        return -1;
      }
      value = value * 10 + (digit - '0');
    }
    return value;
  }
}
