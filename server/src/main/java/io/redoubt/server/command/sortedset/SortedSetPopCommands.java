package io.redoubt.server.command.sortedset;

import static io.redoubt.protocol.command.Flag.BLOCKING;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.sortedset.SortedSets;

/** The commands that pop members off an end of a sorted set, including the blocking ones. */
public final class SortedSetPopCommands extends CommandGroup<Call> {
  private static final byte[] ZPOPMIN = "ZPOPMIN".getBytes(US_ASCII);
  private static final byte[] ZPOPMAX = "ZPOPMAX".getBytes(US_ASCII);
  private static final CommandError NUMKEYS =
      new CommandError("ERR numkeys should be greater than 0");
  private static final CommandError COUNT = new CommandError("ERR count should be greater than 0");
  private static final String COSTS =
      "O(log(N)*M), N the size of the sorted set and M the number of members popped";
  private static final String MULTI_COSTS =
      "O(K) + O(M*log(N)), K the number of keys, N the size of the sorted set and M the number of"
          + " members popped";

  /** The form of a reply. */
  private enum Shape {
    /** Member, score, member, ... */
    FLAT,
    /** Pairs of member and score. */
    PAIRS,
    /** The key, and one member and its score. */
    KEY_AND_ONE,
    /** The key, and pairs of member and score. */
    KEY_AND_PAIRS
  }

  final Command<Call> bzmpop =
      command("BZMPOP timeout numkeys key... (MIN | MAX){where} [COUNT count]")
          .does(
              "Removes and returns members of the first non-empty sorted set, blocking until there"
                  + " is one.")
          .since("7.0.0")
          .costs(MULTI_COSTS)
          .is(WRITE, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> multi(call, 2, true));

  final Command<Call> bzpopmax =
      command("BZPOPMAX key... timeout")
          .does(
              "Removes and returns the member with the highest score, blocking until there is one.")
          .since("5.0.0")
          .costs("O(log(N)), N the size of the sorted set")
          .history("6.0.0", "`timeout` is interpreted as a double instead of an integer.")
          .is(WRITE, FAST, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> popOrWait(call, true));

  final Command<Call> bzpopmin =
      command("BZPOPMIN key... timeout")
          .does(
              "Removes and returns the member with the lowest score, blocking until there is one.")
          .since("5.0.0")
          .costs("O(log(N)), N the size of the sorted set")
          .history("6.0.0", "`timeout` is interpreted as a double instead of an integer.")
          .is(WRITE, FAST, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> popOrWait(call, false));

  final Command<Call> zmpop =
      command("ZMPOP numkeys key... (MIN | MAX){where} [COUNT count]")
          .does("Removes and returns members of the first non-empty sorted set.")
          .since("7.0.0")
          .costs(MULTI_COSTS)
          .is(WRITE)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> multi(call, 1, false));

  final Command<Call> zpopmax =
      command("ZPOPMAX key [count]")
          .does("Removes and returns the members with the highest scores.")
          .since("5.0.0")
          .costs(COSTS)
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> popOfOne(call, true));

  final Command<Call> zpopmin =
      command("ZPOPMIN key [count]")
          .does("Removes and returns the members with the lowest scores.")
          .since("5.0.0")
          .costs(COSTS)
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> popOfOne(call, false));

  public SortedSetPopCommands() {
    super(Group.SORTED_SET);
  }

  private static void popOfOne(Call call, boolean highest) {
    if (call.count() > 3) {
      throw Errors.SYNTAX;
    }
    boolean counted = call.count() == 3;
    long count = counted ? call.argAtLeast(0, 2, Errors.NOT_POSITIVE) : 1;
    long set = call.findForWrite(1, Type.ZSET);
    if (set == Entry.NONE || count == 0) {
      call.reply().array(0);
    } else {
      boolean pairs = counted && call.reply().resp() > 2;
      pop(call, 1, set, highest, count, pairs ? Shape.PAIRS : Shape.FLAT);
    }
  }

  private static void popOrWait(Call call, boolean highest) {
    int timeoutArg = call.count() - 1;
    long timeoutMillis = call.argTimeoutMillis(timeoutArg);
    for (int key = 1; key < timeoutArg; key++) {
      long set = call.findForWrite(key, Type.ZSET);
      if (set != Entry.NONE) {
        pop(call, key, set, highest, 1, Shape.KEY_AND_ONE);
        if (call.propagates()) {
          call.propagateAs(2).word(highest ? ZPOPMAX : ZPOPMIN).argument(key);
        }
        return;
      }
    }
    if (call.mayWait()) {
      call.waitForKeys(Type.ZSET, 1, timeoutArg - 1, timeoutMillis, true);
    } else {
      call.reply().nilArray();
    }
  }

  private static void multi(Call call, int numkeysArg, boolean waits) {
    long numkeys = call.argAtLeast(1, numkeysArg, NUMKEYS);
    int firstKey = numkeysArg + 1;
    if (numkeys >= call.count() - firstKey) {
      throw Errors.SYNTAX;
    }
    int whereArg = firstKey + (int) numkeys;
    boolean highest = call.is(whereArg, "MAX");
    if (!highest && !call.is(whereArg, "MIN")) {
      throw Errors.SYNTAX;
    }
    long count = 1;
    if (call.count() > whereArg + 1) {
      if (call.count() < whereArg + 3 || !call.is(whereArg + 1, "COUNT")) {
        throw Errors.SYNTAX;
      }
      count = call.argAtLeast(1, whereArg + 2, COUNT);
      if (call.count() > whereArg + 3) {
        throw Errors.SYNTAX;
      }
    }
    long timeoutMillis = waits ? call.argTimeoutMillis(1) : 0;
    for (int key = firstKey; key < whereArg; key++) {
      long set = call.findForWrite(key, Type.ZSET);
      if (set != Entry.NONE) {
        long popped = pop(call, key, set, highest, count, Shape.KEY_AND_PAIRS);
        if (call.propagates()) {
          Effect effect = call.propagateAs(3);
          effect.word(highest ? ZPOPMAX : ZPOPMIN).argument(key).number(popped);
        }
        return;
      }
    }
    if (waits && call.mayWait()) {
      call.waitForKeys(Type.ZSET, firstKey, (int) numkeys, timeoutMillis, true);
    } else {
      call.reply().nilArray();
    }
  }

  /** Removes members at an end of a set and replies with them; returns their number. */
  private static long pop(
      Call call, int keyArg, long set, boolean highest, long wanted, Shape shape) {
    SortedSets sets = call.values().sortedSets();
    long size = sets.size(set);
    int count = (int) Math.min(wanted, size);
    ReplyWriter reply = call.reply();
    begin(call, keyArg, shape, count);
    boolean pairs = shape == Shape.PAIRS || shape == Shape.KEY_AND_PAIRS;
    try (SortedSetCursor cursor = sets.cursor()) {
      boolean more = cursor.seek(set, highest ? size - 1 : 0);
      for (int left = count; more && left > 0; left--) {
        if (pairs) {
          reply.array(2);
        }
        cursor.writeMember(reply);
        reply.doubleValue(cursor.score());
        more = highest ? cursor.previous() : cursor.next();
      }
    }
    boolean emptied =
        SortedSetRangeCommands.removeRange(call, set, highest ? size - count : 0, count);
    call.recordChange(keyArg, highest ? KeyEvent.ZPOPMAX : KeyEvent.ZPOPMIN, count);
    if (emptied) {
      call.notifyEvent(keyArg, KeyEvent.DEL);
    }
    return count;
  }

  private static void begin(Call call, int keyArg, Shape shape, int count) {
    ReplyWriter reply = call.reply();
    switch (shape) {
      case FLAT -> reply.array(count * 2);
      case PAIRS -> reply.array(count);
      case KEY_AND_ONE -> {
        reply.array(3);
        reply.bulk(Region.MEMORY, call.argAddress(keyArg), call.argLength(keyArg));
      }
      case KEY_AND_PAIRS -> {
        reply.array(2);
        reply.bulk(Region.MEMORY, call.argAddress(keyArg), call.argLength(keyArg));
        reply.array(count);
      }
    }
  }
}
