package io.redoubt.server.command.sortedset;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.sortedset.SortedSets;

/**
 * A range of a sorted set, given by two arguments as ranks, scores or members. {@link #resolve}
 * converts it to ranks counted from the lowest score: {@link #first} and {@link #count}.
 */
final class SortedSetRange {

  /** The kind of bounds. */
  enum By {
    RANK,
    SCORE,
    LEX
  }

  private static final CommandError NOT_SCORES = new CommandError("ERR min or max is not a float");
  private static final CommandError NOT_MEMBERS =
      new CommandError("ERR min or max not valid string range item");

  private final Bound min = new Bound();
  private final Bound max = new Bound();
  private By by = By.RANK;
  private boolean reversed;
  private long first;
  private long count;

  /** One end of a range. */
  private static final class Bound {
    private long rank;
    private double score;
    private boolean exclusive;

    /** For members: -1 before all, 1 after all, 0 at the given bytes. */
    private int beyond;

    private long address;
    private int length;

    void parseScore(Call call, int arg) {
      address = call.argAddress(arg);
      length = call.argLength(arg);
      exclusive = length > 0 && Region.getByte(address) == '(';
      if (exclusive) {
        address++;
        length--;
      }
      score = Doubles.parseLeniently(Region.MEMORY, address, length);
      if (Double.isNaN(score)) {
        throw NOT_SCORES;
      }
    }

    void parseMember(Call call, int arg) {
      address = call.argAddress(arg) + 1;
      length = call.argLength(arg) - 1;
      int mark = length < 0 ? 0 : Region.getByte(address - 1);
      exclusive = mark == '(';
      beyond = length > 0 ? 0 : mark == '-' ? -1 : mark == '+' ? 1 : 0;
      if (beyond == 0 && mark != '(' && mark != '[') {
        throw NOT_MEMBERS;
      }
    }

    long countBelow(SortedSets sets, long set, By by, boolean orEqual) {
      if (by == By.SCORE) {
        return sets.countBelow(set, score, orEqual);
      }
      if (beyond != 0) {
        return beyond < 0 ? 0 : sets.size(set);
      }
      return sets.countBelow(set, address, length, orEqual);
    }
  }

  /**
   * Reads the bounds.
   *
   * @param downwards true if ranks count from the highest score and the higher bound comes first
   * @throws CommandError if they are not valid bounds
   */
  void parse(Call call, int firstArg, By kind, boolean downwards) {
    by = kind;
    reversed = downwards;
    int lowArg = downwards && kind != By.RANK ? firstArg + 1 : firstArg;
    int highArg = 2 * firstArg + 1 - lowArg;
    switch (kind) {
      case RANK -> {
        min.rank = call.argLong(lowArg);
        max.rank = call.argLong(highArg);
      }
      case SCORE -> {
        min.parseScore(call, lowArg);
        max.parseScore(call, highArg);
      }
      case LEX -> {
        min.parseMember(call, lowArg);
        max.parseMember(call, highArg);
      }
    }
  }

  void resolve(SortedSets sets, long set) {
    long size = sets.size(set);
    long end;
    if (by == By.RANK) {
      first = Math.max(0, min.rank < 0 ? size + min.rank : min.rank);
      end = (max.rank < 0 ? size + max.rank : Math.min(size - 1, max.rank)) + 1;
    } else {
      first = min.countBelow(sets, set, by, min.exclusive);
      end = max.countBelow(sets, set, by, !max.exclusive);
    }
    count = end > first ? end - first : 0;
    if (by == By.RANK && reversed) {
      first = size - first - count;
    }
  }

  /**
   * Restricts the range found to a part, as LIMIT does.
   *
   * @param offset the number of members to skip, in reading order; if negative, the range becomes
   *     empty
   * @param limit the number of members to keep; if negative, all
   */
  void limit(long offset, long limit) {
    long rest = offset < 0 ? 0 : Math.max(0, count - offset);
    long kept = limit < 0 ? rest : Math.min(rest, limit);
    if (kept > 0 && !reversed) {
      first += offset;
    } else if (kept > 0) {
      first += rest - kept;
    }
    count = kept;
  }

  /** Returns the number of members below the range. */
  long first() {
    return first;
  }

  long count() {
    return count;
  }

  /** Returns the rank of the first member in reading order. */
  long start() {
    return reversed ? first + count - 1 : first;
  }
}
