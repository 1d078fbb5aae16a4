package io.redoubt.server.command.key;

import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import java.nio.charset.StandardCharsets;

/** The part of the generic group about the expiry of keys. */
public final class ExpireCommands extends CommandGroup<Call> {
  private static final byte[] PEXPIREAT = "PEXPIREAT".getBytes(StandardCharsets.US_ASCII);

  private static final CommandError NX_WITH_OTHERS =
      new CommandError("ERR NX and XX, GT or LT options at the same time are not compatible");
  private static final CommandError GT_WITH_LT =
      new CommandError("ERR GT and LT options at the same time are not compatible");

  private static final String CONDITION = " [NX | XX | GT | LT]{condition, since 7.0.0}";

  final Command<Call> expire =
      setting("EXPIRE key seconds")
          .does("Sets the time to live of a key in seconds.")
          .since("1.0.0")
          .runs(call -> expire(call, ExpireUnit.EX));

  final Command<Call> pexpire =
      setting("PEXPIRE key milliseconds")
          .does("Sets the time to live of a key in milliseconds.")
          .since("2.6.0")
          .runs(call -> expire(call, ExpireUnit.PX));

  final Command<Call> expireat =
      setting("EXPIREAT key unix-time-seconds")
          .does("Sets the point in time at which a key expires, in Unix seconds.")
          .since("1.2.0")
          .runs(call -> expire(call, ExpireUnit.EXAT));

  final Command<Call> pexpireat =
      setting("PEXPIREAT key unix-time-milliseconds")
          .does("Sets the point in time at which a key expires, in Unix milliseconds.")
          .since("2.6.0")
          .runs(call -> expire(call, ExpireUnit.PXAT));

  final Command<Call> ttl =
      asking("TTL key")
          .does("Returns the remaining time to live of a key in seconds.")
          .since("1.0.0")
          .tips("nondeterministic_output")
          .history("2.8.0", "Added the -2 reply.")
          .runs(call -> replyTimeLeft(call, 1000, true));

  final Command<Call> pttl =
      asking("PTTL key")
          .does("Returns the remaining time to live of a key in milliseconds.")
          .since("2.6.0")
          .tips("nondeterministic_output")
          .history("2.8.0", "Added the -2 reply.")
          .runs(call -> replyTimeLeft(call, 1, true));

  final Command<Call> expiretime =
      asking("EXPIRETIME key")
          .does("Returns the point in time at which a key expires, in Unix seconds.")
          .since("7.0.0")
          .runs(call -> replyTimeLeft(call, 1000, false));

  final Command<Call> pexpiretime =
      asking("PEXPIRETIME key")
          .does("Returns the point in time at which a key expires, in Unix milliseconds.")
          .since("7.0.0")
          .runs(call -> replyTimeLeft(call, 1, false));

  final Command<Call> persist =
      command("PERSIST key")
          .does("Removes the expiry of a key.")
          .since("2.2.0")
          .costs("O(1)")
          .is(WRITE, FAST)
          .keys(RW, UPDATE)
          .runs(ExpireCommands::persist);

  private Builder<Call> setting(String usage) {
    return command(usage + CONDITION)
        .costs("O(1)")
        .is(WRITE, FAST)
        .keys(RW, UPDATE)
        .history("7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`.");
  }

  private Builder<Call> asking(String usage) {
    return command(usage).costs("O(1)").is(READONLY, FAST).keys(RO, ACCESS);
  }

  public ExpireCommands() {
    super(Group.GENERIC);
  }

  private static void expire(Call call, ExpireUnit unit) {
    boolean nx = false;
    boolean xx = false;
    boolean gt = false;
    boolean lt = false;
    for (int i = 3; i < call.count(); i++) {
      if (call.is(i, "NX")) {
        nx = true;
      } else if (call.is(i, "XX")) {
        xx = true;
      } else if (call.is(i, "GT")) {
        gt = true;
      } else if (call.is(i, "LT")) {
        lt = true;
      } else {
        throw new CommandError("ERR Unsupported option " + Errors.excerpt(call.request(), i));
      }
    }
    if (nx && (xx || gt || lt)) {
      throw NX_WITH_OTHERS;
    }
    if (gt && lt) {
      throw GT_WITH_LT;
    }
    long expireAt = unit.anyTime(call, 2);
    long entry = call.findForWrite(1);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long current = Entry.expireAt(entry);
    boolean forEver = current == Entry.NO_EXPIRY;
    if ((nx && !forEver)
        || (xx && forEver)
        // For GT and LT, a key without expiry counts as one that expires last.
        || (gt && (forEver || expireAt <= current))
        || (lt && !forEver && expireAt >= current)) {
      call.reply().integer(0);
      return;
    }
    if (call.isPast(expireAt)) {
      call.database().delete(call.argAddress(1), call.argLength(1));
      call.recordChange(1, KeyEvent.DEL, 1);
      call.propagateRemoval(1, call.settings().memory.lazyfreeLazyExpire.value());
    } else {
      call.database().setExpiry(entry, expireAt);
      call.recordChange(1, KeyEvent.EXPIRE, 1);
      if (call.propagates()) {
        call.propagateAs(3).word(PEXPIREAT).argument(1).number(expireAt);
      }
    }
    call.reply().integer(1);
  }

  private static void replyTimeLeft(Call call, long unitMillis, boolean relative) {
    long entry = call.readQuietly(1);
    if (entry == Entry.NONE) {
      call.reply().integer(-2);
      return;
    }
    long expireAt = Entry.expireAt(entry);
    if (expireAt == Entry.NO_EXPIRY) {
      call.reply().integer(-1);
      return;
    }
    long time = relative ? Math.max(expireAt - call.now(), 0) : expireAt;
    // Unsigned, because adding half a second may exceed the maximum of a long.
    call.reply().integer(Long.divideUnsigned(time + unitMillis / 2, unitMillis));
  }

  private static void persist(Call call) {
    long entry = call.findForWrite(1);
    if (entry == Entry.NONE || Entry.expireAt(entry) == Entry.NO_EXPIRY) {
      call.reply().integer(0);
      return;
    }
    call.database().persist(entry);
    call.recordChange(1, KeyEvent.PERSIST, 1);
    call.reply().integer(1);
  }
}
