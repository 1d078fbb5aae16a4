package io.redoubt.server.command.list;

import static io.redoubt.protocol.command.Flag.BLOCKING;
import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.RW;

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
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.list.ListCursor;
import io.redoubt.server.value.Lists;
import java.nio.charset.StandardCharsets;

/**
 * The part of the list group that moves elements between lists, pops off the first non-empty of
 * several lists, or blocks.
 */
public final class ListMoveCommands extends CommandGroup<Call> {
  private static final byte[] LPOP = word("LPOP");
  private static final byte[] RPOP = word("RPOP");
  private static final byte[] LMOVE = word("LMOVE");
  private static final byte[] RPOPLPUSH = word("RPOPLPUSH");

  private static final CommandError NUMKEYS =
      new CommandError("ERR numkeys should be greater than 0");
  private static final CommandError COUNT = new CommandError("ERR count should be greater than 0");

  final Command<Call> blmove =
      command(
              "BLMOVE source destination (LEFT | RIGHT){wherefrom} (LEFT"
                  + " | RIGHT){whereto} timeout")
          .does("Moves an element from a list to another, blocking until one is available.")
          .since("6.2.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .keys(RW, INSERT)
          .runs(ListMoveCommands::blmove);

  final Command<Call> blmpop =
      command("BLMPOP timeout numkeys key... (LEFT | RIGHT){where} [COUNT count]")
          .does("Pops elements of the first non-empty list, blocking until one is available.")
          .since("7.0.0")
          .costs("O(N+M), N the number of keys, M the number of elements returned")
          .is(WRITE, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> mpop(call, 2));

  final Command<Call> blpop =
      command("BLPOP key... timeout")
          .does(
              "Pops the first element of the first non-empty list, blocking until one is"
                  + " available.")
          .since("2.0.0")
          .costs("O(N), N the number of keys")
          .history("6.0.0", "`timeout` is interpreted as a double instead of an integer.")
          .is(WRITE, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> bpop(call, true));

  final Command<Call> brpop =
      command("BRPOP key... timeout")
          .does(
              "Pops the last element of the first non-empty list, blocking until one is available.")
          .since("2.0.0")
          .costs("O(N), N the number of keys")
          .history("6.0.0", "`timeout` is interpreted as a double instead of an integer.")
          .is(WRITE, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> bpop(call, false));

  final Command<Call> brpoplpush =
      command("BRPOPLPUSH source destination timeout")
          .does(
              "Moves the last element of a list to the head of another, blocking until there is"
                  + " one.")
          .since("2.2.0")
          .costs("O(1)")
          .history("6.0.0", "`timeout` is interpreted as a double instead of an integer.")
          .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")
          .is(WRITE, DENYOOM, BLOCKING)
          .keys(RW, ACCESS, DELETE)
          .keys(RW, INSERT)
          .runs(ListMoveCommands::brpoplpush);

  final Command<Call> lmove =
      command("LMOVE source destination (LEFT | RIGHT){wherefrom} (LEFT | RIGHT){whereto}")
          .does("Moves an element from an end of a list to an end of another.")
          .since("6.2.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, DELETE)
          .keys(RW, INSERT)
          .runs(call -> move(call, isHead(call, 3), isHead(call, 4)));

  final Command<Call> lmpop =
      command("LMPOP numkeys key... (LEFT | RIGHT){where} [COUNT count]")
          .does("Pops elements of the first non-empty list.")
          .since("7.0.0")
          .costs("O(N+M), N the number of keys, M the number of elements returned")
          .is(WRITE)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> mpop(call, 1));

  final Command<Call> rpoplpush =
      command("RPOPLPUSH source destination")
          .does("Moves the last element of a list to the head of another.")
          .since("1.2.0")
          .costs("O(1)")
          .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")
          .is(WRITE, DENYOOM)
          .keys(RW, ACCESS, DELETE)
          .keys(RW, INSERT)
          .runs(call -> move(call, false, true));

  public ListMoveCommands() {
    super(Group.LIST);
  }

  private static byte[] word(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static boolean isHead(Call call, int i) {
    if (call.is(i, "LEFT")) {
      return true;
    }
    if (call.is(i, "RIGHT")) {
      return false;
    }
    throw Errors.SYNTAX;
  }

  // Popping off one of several.

  private static void bpop(Call call, boolean atHead) {
    int last = call.count() - 1;
    long timeoutMillis = call.argTimeoutMillis(last);
    for (int i = 1; i < last; i++) {
      long entry = call.findForWrite(i, Type.LIST);
      if (entry != Entry.NONE) {
        call.reply().array(2);
        call.replyKey(entry);
        ListCommands.popTo(call.reply(), call, i, entry, 1, atHead);
        if (call.propagates()) {
          call.propagateAs(2).word(atHead ? LPOP : RPOP).argument(i);
        }
        return;
      }
    }
    if (call.mayWait()) {
      call.waitForKeys(Type.LIST, 1, last - 1, timeoutMillis, true);
    } else {
      call.reply().nilArray();
    }
  }

  /** Runs LMPOP and BLMPOP; argument {@code numkeysArg} is the number of keys. */
  private static void mpop(Call call, int numkeysArg) {
    boolean blocking = numkeysArg > 1;
    long timeoutMillis = blocking ? call.argTimeoutMillis(1) : 0;
    long keys = ListCommands.positive(call, numkeysArg, 1, NUMKEYS);
    long whereArg = numkeysArg + keys + 1;
    if (whereArg >= call.count() || whereArg < 0) {
      throw Errors.SYNTAX;
    }
    int where = (int) whereArg;
    boolean atHead = isHead(call, where);
    long count = 1;
    if (call.count() > where + 1) {
      if (call.count() < where + 3 || !call.is(where + 1, "COUNT")) {
        throw Errors.SYNTAX;
      }
      count = ListCommands.positive(call, where + 2, 1, COUNT);
      if (call.count() > where + 3) {
        throw Errors.SYNTAX;
      }
    }
    for (int i = numkeysArg + 1; i < where; i++) {
      long entry = call.findForWrite(i, Type.LIST);
      if (entry != Entry.NONE) {
        mpopFrom(call, i, entry, Math.min(count, Lists.length(entry)), atHead);
        return;
      }
    }
    if (blocking && call.mayWait()) {
      call.waitForKeys(Type.LIST, numkeysArg + 1, (int) keys, timeoutMillis, true);
    } else {
      call.reply().nilArray();
    }
  }

  private static void mpopFrom(Call call, int i, long entry, long count, boolean atHead) {
    ReplyWriter reply = call.reply();
    reply.array(2);
    call.replyKey(entry);
    reply.array((int) count);
    ListCommands.popTo(reply, call, i, entry, count, atHead);
    if (call.propagates()) {
      call.propagateAs(3).word(atHead ? LPOP : RPOP).argument(i).number(count);
    }
  }

  // Moving.

  private static void blmove(Call call) {
    boolean fromHead = isHead(call, 3);
    boolean toHead = isHead(call, 4);
    long timeoutMillis = call.argTimeoutMillis(5);
    if (mustWait(call, timeoutMillis)) {
      return;
    }
    if (move(call, fromHead, toHead) && call.propagates()) {
      Effect effect = call.propagateAs(5).word(LMOVE);
      for (int i = 1; i <= 4; i++) {
        effect.argument(i);
      }
    }
  }

  private static void brpoplpush(Call call) {
    long timeoutMillis = call.argTimeoutMillis(3);
    if (mustWait(call, timeoutMillis)) {
      return;
    }
    if (move(call, false, true) && call.propagates()) {
      call.propagateAs(3).word(RPOPLPUSH).argument(1).argument(2);
    }
  }

  /** Returns true if the source is empty, after blocking the client or replying nil. */
  private static boolean mustWait(Call call, long timeoutMillis) {
    if (call.findForWrite(1, Type.LIST) != Entry.NONE) {
      return false;
    }
    if (call.mayWait()) {
      call.waitForKeys(Type.LIST, 1, 1, timeoutMillis, true);
    } else {
      call.reply().nil();
    }
    return true;
  }

  /** Moves an element from the first key to the second; returns false if there is none. */
  private static boolean move(Call call, boolean fromHead, boolean toHead) {
    long source = call.findForWrite(1, Type.LIST);
    if (source == Entry.NONE) {
      call.reply().nil();
      return false;
    }
    long target = call.findForWrite(2, Type.LIST);
    Lists lists = call.values().lists();
    lists.open(source, fromHead ? 0 : -1);
    lists.writeTo(call.reply());
    Slabs slabs = call.keyspace().slabs();
    ListCursor cursor = lists.cursor();
    int length = cursor.textLength();
    long copy = slabs.allocateFar(Math.max(length, 1));
    cursor.copyText(copy);
    cursor.close();
    if (target == source) {
      rotate(call, source, copy, length, fromHead, toHead);
    } else {
      if (target == Entry.NONE) {
        lists.create(call.database(), call.argAddress(2), call.argLength(2), copy, length);
      } else {
        lists.push(call.database(), target, copy, length, toHead);
      }
      call.recordChange(2, ListCommands.pushed(toHead), 0);
      ListCommands.remove(call, 1, source, 1, fromHead);
    }
    slabs.free(copy, Math.max(length, 1));
    return true;
  }

  private static void rotate(
      Call call, long entry, long element, int length, boolean fromHead, boolean toHead) {
    long count = Lists.length(entry);
    if (count > 1) {
      Lists lists = call.values().lists();
      long shorter = lists.remove(call.database(), entry, fromHead ? 0 : count - 1, 1);
      lists.push(call.database(), shorter, element, length, toHead);
    }
    call.recordChange(2, ListCommands.pushed(toHead), 0);
    call.recordChange(1, ListCommands.popped(fromHead), 1);
  }
}
