package io.redoubt.protocol.command;

import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * The positions of some keys of a command and the access to them: a start (an index, or after a
 * keyword), then an extent (a range, or a count given by an argument). The model and its names are
 * those of COMMAND INFO.
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

  /**
   * The start of the keys.
   *
   * @param keyword the word before the first key, or null
   * @param position the argument, or the start of the search for the keyword
   */
  private record Start(Begin begin, @Nullable String keyword, int position) {}

  /**
   * The extent of the keys from the start.
   *
   * @param last the last key of a range, or the index of the count of a keynum
   * @param limit the limit of a range, or the first key of a keynum
   */
  private record Extent(Find find, int last, int step, int limit) {}

  private static final Extent ONE_KEY = new Extent(Find.RANGE, 0, 1, 0);

  private final Start start;
  private final Extent extent;
  private final int flags;
  private final @Nullable String notes;

  private KeySpec(Start start, Extent extent, int flags, @Nullable String notes) {
    this.start = start;
    this.extent = extent;
    this.flags = flags;
    this.notes = notes;
  }

  /** Starts at the given argument (0 is the command's name); without an extent just that key. */
  public static KeySpec index(int argument) {
    return new KeySpec(new Start(Begin.INDEX, null, argument), ONE_KEY, 0, null);
  }

  /**
   * Starts after a keyword.
   *
   * @param word the keyword, any case
   * @param startFrom the start of the search: forward from that argument, or, if negative, backward
   *     from that far before the end
   */
  public static KeySpec keyword(String word, int startFrom) {
    return new KeySpec(new Start(Begin.KEYWORD, word, startFrom), ONE_KEY, 0, null);
  }

  /** Returns a spec for keys at unknown positions; the command needs {@link MovableKeys}. */
  public static KeySpec unknown() {
    return new KeySpec(
        new Start(Begin.UNKNOWN, null, 0), new Extent(Find.UNKNOWN, 0, 0, 0), 0, null);
  }

  /**
   * Extends over a range.
   *
   * @param lastKey the last key, relative to the first; if negative, relative to the end of the
   *     arguments (-1 is the last one)
   * @param keyStep the distance between keys
   * @param keyLimit with lastKey -1, the divisor of the remaining arguments that are keys (2: half
   *     of them); otherwise 0
   */
  public KeySpec range(int lastKey, int keyStep, int keyLimit) {
    return new KeySpec(start, new Extent(Find.RANGE, lastKey, keyStep, keyLimit), flags, notes);
  }

  /** Extends over a range without a limit. */
  public KeySpec range(int lastKey, int keyStep) {
    return range(lastKey, keyStep, 0);
  }

  /**
   * Extends over the number of keys given by an argument.
   *
   * @param countIndex the argument with the count, relative to the start
   * @param firstKey the first key, relative to the start
   * @param keyStep the distance between keys
   */
  public KeySpec keynum(int countIndex, int firstKey, int keyStep) {
    return new KeySpec(start, new Extent(Find.KEYNUM, countIndex, keyStep, firstKey), flags, notes);
  }

  public KeySpec is(KeyFlag... keyFlags) {
    return with(KeyFlag.mask(keyFlags));
  }

  /** Returns this spec with a remark for COMMAND INFO. */
  public KeySpec note(String text) {
    return new KeySpec(start, extent, flags, text);
  }

  KeySpec with(int mask) {
    return new KeySpec(start, extent, mask, notes);
  }

  /** Returns the access flags, bits of {@link KeyFlag}. */
  public int flags() {
    return flags;
  }

  Begin begin() {
    return start.begin();
  }

  Find find() {
    return extent.find();
  }

  /** Returns the argument, or the start of the search. */
  int position() {
    return start.position();
  }

  @Nullable String keyword() {
    return start.keyword();
  }

  @Nullable String notes() {
    return notes;
  }

  /** Returns the last key of a range, or the index of the count of a keynum. */
  int last() {
    return extent.last();
  }

  int step() {
    return extent.step();
  }

  /** Returns the limit of a range, or the first key of a keynum. */
  int limit() {
    return extent.limit();
  }

  /** Returns true if first, last and step can express this spec. */
  boolean isPlainRange() {
    return begin() == Begin.INDEX && find() == Find.RANGE && limit() == 0;
  }

  /**
   * Visits the keys.
   *
   * @return false if the arguments do not fit the spec
   */
  boolean forEach(Request request, KeyVisitor keys) {
    int count = request.count();
    Find find = extent.find();
    int last = extent.last();
    int step = extent.step();
    int limit = extent.limit();
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
        return false; // no error where a command needs no keys
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

  /** Returns the index of the first key, or -1 if the keyword is absent or the position unknown. */
  private int first(Request request) {
    int position = start.position();
    if (start.begin() == Begin.INDEX) {
      return position;
    }
    String keyword = start.keyword();
    if (keyword == null) {
      return -1;
    }
    int count = request.count();
    int searchFrom = position > 0 ? position : count + position;
    int direction = position > 0 ? 1 : -1;
    for (int i = searchFrom; i > 0 && i < count; i += direction) {
      if (request.is(i, keyword)) {
        return i + 1 < count ? i + 1 : -1;
      }
    }
    return -1;
  }

  /** Returns the argument as a small decimal number, or -1. */
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
