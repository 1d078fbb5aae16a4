package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.KeySpec;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import java.nio.charset.StandardCharsets;

/**
 * MSETEX of Redis 8.4 and Valkey 9.1. Propagated as an MSET, or as a SET for each key if they
 * expire.
 */
public final class MultipleSetCommand extends CommandGroup<Call> {
  private static final byte[] MSET = word("MSET");
  private static final byte[] SET = word("SET");
  private static final byte[] PXAT = word("PXAT");

  private static final CommandError NUMKEYS = new CommandError("ERR invalid numkeys value");

  /** The argument of the first key. */
  private static final int FIRST = 2;

  /** The conditions under which the keys are set. */
  private enum Condition {
    NONE,
    NX,
    XX
  }

  final Command<Call> msetex =
      command(
              "MSETEX numkeys (key value){data}... [NX | XX]{condition}"
                  + " [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                  + " | PXAT unix-time-milliseconds | KEEPTTL]{expiration}")
          .does("Sets the string values of several keys at once, with a common expiration.")
          .since("8.4.0")
          .costs("O(N), N the number of keys")
          .is(WRITE, DENYOOM)
          .keys(KeySpec.index(1).keynum(0, 1, 2).is(OW, UPDATE))
          .tips("request_policy:multi_shard", "response_policy:all_succeeded")
          .runs(MultipleSetCommand::msetex);

  public MultipleSetCommand() {
    super(Group.STRING);
  }

  private static byte[] word(String word) {
    return word.getBytes(StandardCharsets.US_ASCII);
  }

  private static void msetex(Call call) {
    long keys = call.argAtLeast(1, 1, NUMKEYS);
    if (keys > (call.count() - FIRST) / 2) {
      throw Errors.wrongArity(call.command());
    }
    int end = FIRST + 2 * (int) keys;
    Condition condition = Condition.NONE;
    long expireAt = Entry.NO_EXPIRY;
    ExpireUnit unit;
    for (int i = end; i < call.count(); i++) {
      if (condition == Condition.NONE && call.is(i, "NX")) {
        condition = Condition.NX;
      } else if (condition == Condition.NONE && call.is(i, "XX")) {
        condition = Condition.XX;
      } else if (expireAt == Entry.NO_EXPIRY && call.is(i, "KEEPTTL")) {
        expireAt = Database.KEEP_EXPIRY;
      } else if (expireAt == Entry.NO_EXPIRY
          && i + 1 < call.count()
          && (unit = ExpireUnit.named(call, i)) != null) {
        expireAt = unit.positiveTime(call, ++i);
      } else {
        throw Errors.SYNTAX;
      }
    }
    if (!isMet(call, condition, end)) {
      call.reply().integer(0);
      return;
    }
    for (int i = FIRST; i < end; i += 2) {
      set(call, i, expireAt);
    }
    if (call.propagates()) {
      propagate(call, end, expireAt);
    }
    call.reply().integer(1);
  }

  private static boolean isMet(Call call, Condition condition, int end) {
    if (condition != Condition.NONE) {
      for (int i = FIRST; i < end; i += 2) {
        if ((call.findForWrite(i) != Entry.NONE) != (condition == Condition.XX)) {
          return false;
        }
      }
    }
    return true;
  }

  private static void set(Call call, int keyArg, long expireAt) {
    if (expireAt == Database.KEEP_EXPIRY) {
      call.findForWrite(keyArg); // removes a due key, whose expiry must not be kept
    } else {
      call.touchOverwritten(keyArg);
    }
    call.database()
        .putString(
            call.argAddress(keyArg),
            call.argLength(keyArg),
            call.argAddress(keyArg + 1),
            call.argLength(keyArg + 1),
            expireAt);
    call.recordChange(keyArg, KeyEvent.SET, 1);
    if (expireAt > Entry.NO_EXPIRY) {
      call.notifyEvent(keyArg, KeyEvent.EXPIRE);
    }
  }

  private static void propagate(Call call, int end, long expireAt) {
    if (expireAt == Entry.NO_EXPIRY) {
      Effect effect = call.propagateAs(1 + end - FIRST).word(MSET);
      for (int i = FIRST; i < end; i++) {
        effect.argument(i);
      }
      return;
    }
    for (int i = FIRST; i < end; i += 2) {
      long time = expireAt > Entry.NO_EXPIRY ? expireAt : Entry.expireAt(call.findAgain(i));
      boolean expires = time != Entry.NO_EXPIRY;
      Effect effect = call.propagateAs(expires ? 5 : 3).word(SET).argument(i).argument(i + 1);
      if (expires) {
        effect.word(PXAT).number(time);
      }
    }
  }
}
