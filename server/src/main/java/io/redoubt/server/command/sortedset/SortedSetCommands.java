package io.redoubt.server.command.sortedset;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.Repetitions;
import io.redoubt.server.command.common.ScanOptions;
import io.redoubt.server.command.common.ScanPage;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.sortedset.ScoredMember;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import io.redoubt.server.value.sortedset.SortedSets.Outcome;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** The sorted set group except ranges, popping and algebra. */
public final class SortedSetCommands extends CommandGroup<Call> {
  private static final CommandError XX_AND_NX =
      new CommandError("ERR XX and NX options at the same time are not compatible");
  private static final CommandError GT_LT_NX =
      new CommandError("ERR GT, LT, and/or NX options at the same time are not compatible");
  private static final CommandError SINGLE_INCREMENT =
      new CommandError("ERR INCR option supports a single increment-element pair");
  private static final CommandError NOT_A_NUMBER =
      new CommandError("ERR resulting score is not a number (NaN)");
  private static final CommandError COUNT_RANGE =
      new CommandError(
          "ERR value is out of range, value must between -9223372036854775807 and"
              + " 9223372036854775807");
  private static final CommandError OUT_OF_RANGE = new CommandError("ERR value is out of range");

  private static final int SCAN_DIGITS = 17;

  /**
   * Random members are picked one by one if at most 1/SPARSE of the set is wanted, else in one
   * pass.
   */
  private static final int SPARSE = 3;

  final Command<Call> zadd =
      command(
              "ZADD key [NX | XX]{condition, since 3.0.2} [GT"
                  + " | LT]{comparison, since 6.2.0} [CH]{change, since 3.0.2}"
                  + " [INCR]{increment, since 3.0.2} (score member){data}...")
          .does("Adds members to a sorted set or updates their scores, creating the set if needed.")
          .since("1.2.0")
          .costs("O(log(N)) for each member, N the size of the sorted set")
          .history("2.4.0", "Accepts multiple elements.")
          .history("3.0.2", "Added the `XX`, `NX`, `CH` and `INCR` options.")
          .history("6.2.0", "Added the `GT` and `LT` options.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, UPDATE)
          .runs(call -> add(call, 0));

  final Command<Call> zcard =
      command("ZCARD key")
          .does("Returns the number of members of a sorted set.")
          .since("1.2.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(SortedSetCommands::zcard);

  final Command<Call> zincrby =
      command("ZINCRBY key increment member")
          .does("Increments the score of a member of a sorted set.")
          .since("1.2.0")
          .costs("O(log(N)), N the size of the sorted set")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(call -> add(call, SortedSets.INCREMENT));

  final Command<Call> zmscore =
      command("ZMSCORE key member...")
          .does("Returns the scores of members of a sorted set.")
          .since("6.2.0")
          .costs("O(N), N the number of members asked for")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(SortedSetCommands::zmscore);

  final Command<Call> zrandmember =
      command("ZRANDMEMBER key [count [WITHSCORES]]{options}")
          .does("Returns random members of a sorted set.")
          .since("6.2.0")
          .costs("O(N), N the number of members returned")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(SortedSetCommands::zrandmember);

  final Command<Call> zrank =
      command("ZRANK key member [WITHSCORE]")
          .does("Returns the index of a member of a sorted set, the lowest score first.")
          .since("2.0.0")
          .costs("O(log(N))")
          .history("7.2.0", "Added the optional `WITHSCORE` argument.")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(call -> rank(call, false));

  final Command<Call> zrem =
      command("ZREM key member...")
          .does("Removes members from a sorted set, and the set with the last one.")
          .since("1.2.0")
          .costs("O(M*log(N)), N the size of the sorted set and M the number of members removed")
          .history("2.4.0", "Accepts multiple elements.")
          .is(WRITE, FAST)
          .keys(RW, DELETE)
          .runs(SortedSetCommands::zrem);

  final Command<Call> zrevrank =
      command("ZREVRANK key member [WITHSCORE]")
          .does("Returns the index of a member of a sorted set, the highest score first.")
          .since("2.0.0")
          .costs("O(log(N))")
          .history("7.2.0", "Added the optional `WITHSCORE` argument.")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(call -> rank(call, true));

  final Command<Call> zscan =
      command("ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]{since 8.0.0}")
          .does("Iterates over the members and scores of a sorted set.")
          .since("2.8.0")
          .costs("O(1) a call, O(N) for an iteration over N members")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output")
          .runs(SortedSetCommands::zscan);

  final Command<Call> zscore =
      command("ZSCORE key member")
          .does("Returns the score of a member of a sorted set.")
          .since("1.2.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(SortedSetCommands::zscore);

  public SortedSetCommands() {
    super(Group.SORTED_SET);
  }

  private static void add(Call call, int given) {
    boolean replyChanged = false;
    int options = given;
    int arg = 2;
    for (; arg < call.count(); arg++) {
      if (call.is(arg, "NX")) {
        options |= SortedSets.ONLY_NEW;
      } else if (call.is(arg, "XX")) {
        options |= SortedSets.ONLY_EXISTING;
      } else if (call.is(arg, "CH")) {
        replyChanged = true;
      } else if (call.is(arg, "INCR")) {
        options |= SortedSets.INCREMENT;
      } else if (call.is(arg, "GT")) {
        options |= SortedSets.ONLY_GREATER;
      } else if (call.is(arg, "LT")) {
        options |= SortedSets.ONLY_LESS;
      } else {
        break;
      }
    }
    checkOptions(options, call.count() - arg);
    double first = checkScores(call, arg);
    SortedSets sets = call.values().sortedSets();
    long set = call.findForWrite(1, Type.ZSET);
    if (set != Entry.NONE) {
      set = sets.expect(call.database(), set, (call.count() - arg) / 2);
    } else if (has(options, SortedSets.ONLY_EXISTING)) {
      replyAdded(call, options, Outcome.SKIPPED, 0);
      return;
    } else {
      set =
          sets.create(
              call.database(),
              call.argAddress(1),
              call.argLength(1),
              (call.count() - arg) / 2,
              call.argLength(arg + 1));
    }
    int added = 0;
    int changed = 0;
    double score = first;
    for (int i = arg; i < call.count(); i += 2) {
      if (i > arg) {
        score = call.argDouble(i);
      }
      set =
          sets.add(
              call.database(), set, call.argAddress(i + 1), call.argLength(i + 1), score, options);
      switch (sets.outcome()) {
        case ADDED -> added++;
        case CHANGED -> changed++;
        case NOT_A_NUMBER -> throw NOT_A_NUMBER;
        default -> {}
      }
    }
    if (added + changed > 0) {
      boolean increments = has(options, SortedSets.INCREMENT);
      call.recordChange(1, increments ? KeyEvent.ZINCR : KeyEvent.ZADD, added + changed);
    }
    replyAdded(call, options, sets.outcome(), replyChanged ? added + changed : added);
  }

  private static boolean has(int options, int option) {
    return (options & option) != 0;
  }

  private static void checkOptions(int options, int words) {
    if (words == 0 || words % 2 != 0) {
      throw Errors.SYNTAX;
    }
    boolean onlyNew = has(options, SortedSets.ONLY_NEW);
    boolean greater = has(options, SortedSets.ONLY_GREATER);
    boolean less = has(options, SortedSets.ONLY_LESS);
    if (onlyNew && has(options, SortedSets.ONLY_EXISTING)) {
      throw XX_AND_NX;
    }
    if ((greater && less) || ((greater || less) && onlyNew)) {
      throw GT_LT_NX;
    }
    if (has(options, SortedSets.INCREMENT) && words > 2) {
      throw SINGLE_INCREMENT;
    }
  }

  /** Checks that all scores are numbers, before any change; returns the first. */
  private static double checkScores(Call call, int firstArg) {
    for (int i = firstArg + 2; i < call.count(); i += 2) {
      call.argDouble(i);
    }
    return call.argDouble(firstArg);
  }

  private static void replyAdded(Call call, int options, Outcome outcome, int count) {
    if (!has(options, SortedSets.INCREMENT)) {
      call.reply().integer(count);
    } else if (outcome == Outcome.SKIPPED) {
      call.reply().nil();
    } else {
      call.reply().doubleValue(call.values().sortedSets().newScore());
    }
  }

  private static void zcard(Call call) {
    long set = call.read(1, Type.ZSET);
    call.reply().integer(set == Entry.NONE ? 0 : call.values().sortedSets().size(set));
  }

  private static double score(Call call, long set, int arg) {
    return set == Entry.NONE
        ? Double.NaN
        : call.values().sortedSets().score(set, call.argAddress(arg), call.argLength(arg));
  }

  private static void zscore(Call call) {
    replyScore(call.reply(), score(call, call.read(1, Type.ZSET), 2));
  }

  private static void zmscore(Call call) {
    long set = call.read(1, Type.ZSET);
    call.reply().array(call.count() - 2);
    for (int i = 2; i < call.count(); i++) {
      replyScore(call.reply(), score(call, set, i));
    }
  }

  private static void replyScore(ReplyWriter reply, double score) {
    if (Double.isNaN(score)) {
      reply.nil();
    } else {
      reply.doubleValue(score);
    }
  }

  private static void rank(Call call, boolean reversed) {
    if (call.count() > 4) {
      throw Errors.wrongArity(call.command());
    }
    boolean withScore = call.count() == 4;
    if (withScore && !call.is(3, "WITHSCORE")) {
      throw Errors.SYNTAX;
    }
    SortedSets sets = call.values().sortedSets();
    long set = call.read(1, Type.ZSET);
    long rank = set == Entry.NONE ? -1 : sets.rank(set, call.argAddress(2), call.argLength(2));
    ReplyWriter reply = call.reply();
    if (rank < 0) {
      if (withScore) {
        reply.nilArray();
      } else {
        reply.nil();
      }
      return;
    }
    if (withScore) {
      reply.array(2);
    }
    reply.integer(reversed ? sets.size(set) - 1 - rank : rank);
    if (withScore) {
      reply.doubleValue(score(call, set, 2));
    }
  }

  private static void zrem(Call call) {
    SortedSets sets = call.values().sortedSets();
    long set = call.findForWrite(1, Type.ZSET);
    int removed = 0;
    boolean emptied = false;
    for (int i = 2; i < call.count() && set != Entry.NONE && !emptied; i++) {
      set = sets.remove(call.database(), set, call.argAddress(i), call.argLength(i));
      if (sets.outcome() == Outcome.REMOVED) {
        removed++;
        emptied = sets.size(set) == 0;
      }
    }
    if (emptied) {
      call.database().remove(set);
    }
    if (removed > 0) {
      call.recordChange(1, KeyEvent.ZREM, removed);
    }
    if (emptied) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
    call.reply().integer(removed);
  }

  private static void zrandmember(Call call) {
    if (call.count() == 2) {
      randomMember(call);
      return;
    }
    long count = call.argLong(2);
    if (count == Long.MIN_VALUE) {
      throw COUNT_RANGE;
    }
    boolean withScores = call.count() == 4 && call.is(3, "WITHSCORES");
    if (call.count() > 4 || (call.count() == 4 && !withScores)) {
      throw Errors.SYNTAX;
    }
    if (withScores && Math.abs(count) > Long.MAX_VALUE / 2) {
      throw OUT_OF_RANGE;
    }
    long set = call.read(1, Type.ZSET);
    if (set == Entry.NONE || count == 0) {
      call.reply().array(0);
      return;
    }
    SortedSets sets = call.values().sortedSets();
    RandomGenerator random = call.keyspace().random();
    long size = sets.size(set);
    int wanted = count < 0 ? Repetitions.of(call, count) : (int) Math.min(count, size);
    boolean flat = withScores && call.reply().resp() == 2;
    call.reply().array(flat ? wanted * 2 : wanted);
    try (SortedSetCursor cursor = sets.cursor()) {
      if (count < 0) {
        for (int i = 0; i < wanted && !call.reply().isInVain(); i++) {
          cursor.seek(set, random.nextLong(size));
          replyMember(call.reply(), cursor, withScores);
        }
      } else if (wanted > size / SPARSE) {
        passAll(call.reply(), cursor, set, size, wanted, withScores, random);
      } else {
        Set<Long> picked = new HashSet<>();
        while (picked.size() < wanted) {
          long rank = random.nextLong(size);
          if (picked.add(rank)) {
            cursor.seek(set, rank);
            replyMember(call.reply(), cursor, withScores);
          }
        }
      }
    }
  }

  /**
   * Selects random members in one pass, each with the probability wanted / remaining; the highest
   * score first, as Redis does.
   */
  private static void passAll(
      ReplyWriter reply,
      SortedSetCursor cursor,
      long set,
      long size,
      int wanted,
      boolean withScores,
      RandomGenerator random) {
    int missing = wanted;
    cursor.seek(set, size - 1);
    for (long left = size; missing > 0; left--) {
      if (random.nextLong(left) < missing) {
        replyMember(reply, cursor, withScores);
        missing--;
      }
      cursor.previous();
    }
  }

  private static void randomMember(Call call) {
    long set = call.read(1, Type.ZSET);
    if (set == Entry.NONE) {
      call.reply().nil();
      return;
    }
    SortedSets sets = call.values().sortedSets();
    try (SortedSetCursor cursor = sets.cursor()) {
      cursor.seek(set, call.keyspace().random().nextLong(sets.size(set)));
      cursor.writeMember(call.reply());
    }
  }

  /** Writes the member at a cursor; with its score, a pair in RESP3 and two elements in RESP2. */
  static void replyMember(ReplyWriter reply, SortedSetCursor cursor, boolean withScore) {
    if (withScore && reply.resp() > 2) {
      reply.array(2);
    }
    cursor.writeMember(reply);
    if (withScore) {
      reply.doubleValue(cursor.score());
    }
  }

  private static void zscan(Call call) {
    long cursor = call.argCursor(2);
    long set = call.read(1, Type.ZSET);
    ReplyWriter reply = call.reply();
    if (set == Entry.NONE) {
      ScanPage.replyCursor(reply, 0);
      reply.array(0);
      return;
    }
    ScanOptions options = ScanOptions.ofPairs(call, 3, "NOSCORES");
    SortedSets sets = call.values().sortedSets();
    if (PackedValue.isPacked(set)) {
      scanAll(reply, sets, set, options);
      return;
    }
    ScanPage page = new ScanPage();
    long next = page.collect((place, consumer) -> sets.scan(set, place, consumer), cursor, options);
    page.retain(block -> options.matches(ScoredMember.address(block), ScoredMember.length(block)));
    ScanPage.replyCursor(reply, next);
    reply.array(options.onlyNames() ? page.size() : page.size() * 2);
    for (int i = 0; i < page.size(); i++) {
      long block = page.block(i);
      reply.bulk(Region.MEMORY, ScoredMember.address(block), ScoredMember.length(block));
      if (!options.onlyNames()) {
        reply.bulk(scanned(ScoredMember.score(block)));
      }
    }
  }

  /** Formats a score as ZSCAN shows it for large sets: 17 digits, like C's {@code %.17g}. */
  private static String scanned(double score) {
    if (Double.isInfinite(score)) {
      return score < 0 ? "-inf" : "inf";
    }
    if (score == 0) {
      return Double.doubleToRawLongBits(score) == 0 ? "0" : "-0";
    }
    BigDecimal digits =
        new BigDecimal(score)
            .round(new MathContext(SCAN_DIGITS, RoundingMode.HALF_EVEN))
            .stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (exponent >= -4 && exponent < SCAN_DIGITS) {
      return digits.toPlainString();
    }
    String sign = exponent < 0 ? "-" : "+";
    String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    return digits.scaleByPowerOfTen(-exponent).toPlainString() + "e" + sign + power;
  }

  /** Replies with all matching members of a small set at once. */
  private static void scanAll(ReplyWriter reply, SortedSets sets, long set, ScanOptions options) {
    ScanPage.replyCursor(reply, 0);
    long mark = reply.deferArray();
    int found = 0;
    try (SortedSetCursor cursor = sets.cursor()) {
      for (boolean more = cursor.seek(set, 0); more; more = cursor.next()) {
        if (options.matches(cursor.memberAddress(), cursor.memberLength())) {
          cursor.writeMember(reply);
          found++;
          if (!options.onlyNames()) {
            reply.bulkDouble(cursor.score());
            found++;
          }
        }
      }
    }
    reply.resolve(mark, found);
  }
}
