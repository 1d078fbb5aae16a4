package io.redoubt.server.command.sortedset;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.StoreDestination;
import io.redoubt.server.command.sortedset.SortedSetRange.By;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.sortedset.SortedSetBuilder;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;
import org.jspecify.annotations.Nullable;

/** Ranges of sorted sets: by rank, by score, by member; returned, counted, stored, removed. */
public final class SortedSetRangeCommands extends CommandGroup<Call> {
  private static final CommandError LIMIT_BY_RANK =
      new CommandError(
          "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
  private static final CommandError SCORES_BY_LEX =
      new CommandError("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
  private static final String COSTS =
      "O(log(N)+M), N the size of the sorted set and M the number of members returned";
  private static final String REMOVAL_COSTS =
      "O(log(N)+M), N the size of the sorted set and M the number of members removed";

  private final SortedSetRange range = new SortedSetRange();

  // The options of the command that runs.
  private By by = By.RANK;
  private boolean reversed;
  private boolean withScores;
  private long offset;
  private long limit;

  final Command<Call> zcount =
      command("ZCOUNT key min{double} max{double}")
          .does("Returns the number of members of a sorted set with scores in a range.")
          .since("2.0.0")
          .costs("O(log(N)), N the size of the sorted set")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(call -> count(call, By.SCORE));

  final Command<Call> zlexcount =
      command("ZLEXCOUNT key min max")
          .does("Returns the number of members of a sorted set in a lexicographical range.")
          .since("2.8.9")
          .costs("O(log(N)), N the size of the sorted set")
          .is(READONLY, FAST)
          .keys(RO, ACCESS)
          .runs(call -> count(call, By.LEX));

  final Command<Call> zrange =
      reading(
              "ZRANGE key start{string} stop{string} [BYSCORE"
                  + " | BYLEX]{sortby, since 6.2.0} [REV]{since 6.2.0}"
                  + " [LIMIT offset count]{limit, since 6.2.0} [WITHSCORES]")
          .does("Returns the members of a sorted set in a range.")
          .since("1.2.0")
          .history("6.2.0", "Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")
          .runs(call -> reply(call, null, false));

  final Command<Call> zrangebylex =
      reading("ZRANGEBYLEX key min max [LIMIT offset count]{limit}")
          .does("Returns the members of a sorted set in a lexicographical range.")
          .since("2.8.9")
          .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument")
          .runs(call -> reply(call, By.LEX, false));

  final Command<Call> zrangebyscore =
      reading(
              "ZRANGEBYSCORE key min{double} max{double} [WITHSCORES]{since 2.0.0}"
                  + " [LIMIT offset count]{limit}")
          .does("Returns the members of a sorted set with scores in a range.")
          .since("1.0.5")
          .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
          .history("2.0.0", "Added the `WITHSCORES` modifier.")
          .runs(call -> reply(call, By.SCORE, false));

  final Command<Call> zrangestore =
      command(
              "ZRANGESTORE dst src min max [BYSCORE | BYLEX]{sortby} [REV]"
                  + " [LIMIT offset count]{limit}")
          .does("Stores the members of a sorted set in a range in another one.")
          .since("6.2.0")
          .costs("O(log(N)+M), N the size of the sorted set and M the number of members stored")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .keys(RO, ACCESS)
          .runs(this::store);

  final Command<Call> zremrangebylex =
      removing("ZREMRANGEBYLEX key min max")
          .does("Removes the members of a sorted set in a lexicographical range.")
          .since("2.8.9")
          .runs(call -> remove(call, By.LEX, KeyEvent.ZREMRANGEBYLEX));

  final Command<Call> zremrangebyrank =
      removing("ZREMRANGEBYRANK key start stop")
          .does("Removes the members of a sorted set in a range of indexes.")
          .since("2.0.0")
          .runs(call -> remove(call, By.RANK, KeyEvent.ZREMRANGEBYRANK));

  final Command<Call> zremrangebyscore =
      removing("ZREMRANGEBYSCORE key min{double} max{double}")
          .does("Removes the members of a sorted set with scores in a range.")
          .since("1.2.0")
          .runs(call -> remove(call, By.SCORE, KeyEvent.ZREMRANGEBYSCORE));

  final Command<Call> zrevrange =
      reading("ZREVRANGE key start stop [WITHSCORES]")
          .does("Returns the members of a sorted set in a range of indexes in reverse order.")
          .since("1.2.0")
          .deprecated("6.2.0", "`ZRANGE` with the `REV` argument")
          .runs(call -> reply(call, By.RANK, true));

  final Command<Call> zrevrangebylex =
      reading("ZREVRANGEBYLEX key max min [LIMIT offset count]{limit}")
          .does("Returns the members of a sorted set in a lexicographical range in reverse order.")
          .since("2.8.9")
          .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
          .runs(call -> reply(call, By.LEX, true));

  final Command<Call> zrevrangebyscore =
      reading(
              "ZREVRANGEBYSCORE key max{double} min{double} [WITHSCORES]"
                  + " [LIMIT offset count]{limit}")
          .does("Returns the members of a sorted set with scores in a range in reverse order.")
          .since("2.2.0")
          .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
          .history("2.1.6", "`min` and `max` can be exclusive.")
          .runs(call -> reply(call, By.SCORE, true));

  private Builder<Call> reading(String usage) {
    return command(usage).costs(COSTS).is(READONLY).keys(RO, ACCESS);
  }

  private Builder<Call> removing(String usage) {
    return command(usage).costs(REMOVAL_COSTS).is(WRITE).keys(RW, DELETE);
  }

  public SortedSetRangeCommands() {
    super(Group.SORTED_SET);
  }

  private void count(Call call, By kind) {
    range.parse(call, 2, kind, false);
    long set = call.read(1, Type.ZSET);
    if (set == Entry.NONE) {
      call.reply().integer(0);
    } else {
      range.resolve(call.values().sortedSets(), set);
      call.reply().integer(range.count());
    }
  }

  /**
   * Parses the options after the bounds, then the bounds.
   *
   * @param fixed the kind of bounds of the command, or null if kind and direction are options
   */
  private void parse(
      Call call, int boundsArg, @Nullable By fixed, boolean downwards, boolean stores) {
    by = fixed == null ? By.RANK : fixed;
    reversed = downwards;
    withScores = false;
    offset = 0;
    limit = -1;
    for (int i = boundsArg + 2; i < call.count(); i++) {
      if (!stores && call.is(i, "WITHSCORES")) {
        withScores = true;
      } else if (call.is(i, "LIMIT") && i + 2 < call.count()) {
        offset = call.argLong(i + 1);
        limit = call.argLong(i + 2);
        i += 2;
      } else if (fixed == null && call.is(i, "REV")) {
        reversed = true;
      } else if (fixed == null && call.is(i, "BYLEX")) {
        by = By.LEX;
      } else if (fixed == null && call.is(i, "BYSCORE")) {
        by = By.SCORE;
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (limit != -1 && by == By.RANK) {
      throw LIMIT_BY_RANK;
    }
    if (withScores && by == By.LEX) {
      throw SCORES_BY_LEX;
    }
    range.parse(call, boundsArg, by, reversed);
  }

  private void resolve(SortedSets sets, long set) {
    range.resolve(sets, set);
    if (by != By.RANK) {
      range.limit(offset, limit);
    }
  }

  private void reply(Call call, @Nullable By fixed, boolean downwards) {
    parse(call, 2, fixed, downwards, false);
    long set = call.read(1, Type.ZSET);
    ReplyWriter reply = call.reply();
    if (set == Entry.NONE) {
      reply.array(0);
      return;
    }
    SortedSets sets = call.values().sortedSets();
    resolve(sets, set);
    int count = (int) range.count();
    reply.array(withScores && reply.resp() == 2 ? count * 2 : count);
    if (count == 0) {
      return;
    }
    try (SortedSetCursor cursor = sets.cursor()) {
      cursor.seek(set, range.start());
      SortedSetCommands.replyMember(reply, cursor, withScores);
      for (int i = 1; i < count; i++) {
        step(cursor);
        SortedSetCommands.replyMember(reply, cursor, withScores);
      }
    }
  }

  private void step(SortedSetCursor cursor) {
    if (reversed) {
      cursor.previous();
    } else {
      cursor.next();
    }
  }

  private void store(Call call) {
    parse(call, 3, null, false, true);
    long set = call.read(2, Type.ZSET);
    SortedSets sets = call.values().sortedSets();
    SortedSetBuilder builder = sets.builder();
    builder.begin(0);
    if (set != Entry.NONE) {
      resolve(sets, set);
      copy(sets, set, builder);
    }
    call.reply().integer(store(call, builder, KeyEvent.ZRANGESTORE));
  }

  private void copy(SortedSets sets, long set, SortedSetBuilder builder) {
    try (SortedSetCursor cursor = sets.cursor()) {
      boolean more = range.count() > 0 && cursor.seek(set, range.first());
      for (long left = range.count(); more && left > 0; left--) {
        builder.add(cursor.memberAddress(), cursor.memberLength(), cursor.score());
        more = cursor.next();
      }
    }
  }

  /**
   * Stores the built set at the key of argument 1, replacing its value; removes the key if the set
   * is empty. Returns the number of members.
   */
  static long store(Call call, SortedSetBuilder builder, KeyEvent event) {
    long size = builder.size();
    if (size == 0) {
      builder.abandon();
      StoreDestination.remove(call, 1);
      return 0;
    }
    builder.store(call.database(), call.argAddress(1), call.argLength(1));
    call.recordChange(1, event, 1);
    return size;
  }

  private void remove(Call call, By kind, KeyEvent event) {
    range.parse(call, 2, kind, false);
    long set = call.findForWrite(1, Type.ZSET);
    if (set == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    SortedSets sets = call.values().sortedSets();
    range.resolve(sets, set);
    long count = range.count();
    if (count > 0) {
      boolean emptied = removeRange(call, set, range.first(), count);
      call.recordChange(1, event, count);
      if (emptied) {
        call.notifyEvent(1, KeyEvent.DEL);
      }
    }
    call.reply().integer(count);
  }

  /** Removes members, and the set if none is left; returns true if it was removed. */
  static boolean removeRange(Call call, long set, long first, long count) {
    SortedSets sets = call.values().sortedSets();
    if (count == sets.size(set)) {
      call.database().remove(set);
      return true;
    }
    sets.removeRange(call.database(), set, first, count);
    return false;
  }
}
