package io.redoubt.server.command.list;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.DELETE;
import static io.redoubt.protocol.command.KeyFlag.INSERT;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.structure.list.ListCursor;
import io.redoubt.server.value.Lists;

/** The list group except commands that move elements or block; see {@link ListMoveCommands}. */
public final class ListCommands extends CommandGroup<Call> {
  private static final CommandError RANK_ZERO =
      new CommandError(
          "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or"
              + " use negative to start from the end of the list");
  private static final CommandError RANK_OUT_OF_RANGE =
      new CommandError(
          "ERR value is out of range, value must between -9223372036854775807 and"
              + " 9223372036854775807");
  private static final CommandError COUNT_NEGATIVE =
      new CommandError("ERR COUNT can't be negative");
  private static final CommandError MAXLEN_NEGATIVE =
      new CommandError("ERR MAXLEN can't be negative");

  final Command<Call> lindex =
      command("LINDEX key index")
          .does("Returns an element of a list by its index.")
          .since("1.0.0")
          .costs("O(N), N the number of elements on the way; O(1) at the ends")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(ListCommands::lindex);

  final Command<Call> linsert =
      command("LINSERT key (BEFORE | AFTER){where} pivot element")
          .does("Inserts an element before or after another element of a list.")
          .since("2.2.0")
          .costs("O(N), N the number of elements up to the other one")
          .is(WRITE, DENYOOM)
          .keys(RW, INSERT)
          .runs(ListCommands::linsert);

  final Command<Call> llen =
      command("LLEN key")
          .does("Returns the length of a list.")
          .since("1.0.0")
          .costs("O(1)")
          .is(READONLY, FAST)
          .keys(RO)
          .runs(ListCommands::llen);

  final Command<Call> lpop =
      command("LPOP key [count{since 6.2.0}]")
          .does("Removes and returns the first elements of a list.")
          .since("1.0.0")
          .costs("O(N), N the number of elements returned")
          .history("6.2.0", "Added the `count` argument.")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> pop(call, true));

  final Command<Call> lpos =
      command("LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]")
          .does("Returns the indexes of the elements of a list that are equal to an argument.")
          .since("6.0.6")
          .costs("O(N), N the number of elements of the list")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(ListCommands::lpos);

  final Command<Call> lpush =
      command("LPUSH key element...")
          .does("Prepends elements to a list, creating the list if needed.")
          .since("1.0.0")
          .costs("O(1) for each element")
          .history("2.4.0", "Accepts multiple `element` arguments.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(call -> push(call, true, true));

  final Command<Call> lpushx =
      command("LPUSHX key element...")
          .does("Prepends elements to a list if the list exists.")
          .since("2.2.0")
          .costs("O(1) for each element")
          .history("4.0.0", "Accepts multiple `element` arguments.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(call -> push(call, true, false));

  final Command<Call> lrange =
      command("LRANGE key start stop")
          .does("Returns a range of elements of a list.")
          .since("1.0.0")
          .costs("O(S+N), S the distance of the range from the nearer end, N its length")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(ListCommands::lrange);

  final Command<Call> lrem =
      command("LREM key count element")
          .does("Removes the elements of a list that are equal to an argument.")
          .since("1.0.0")
          .costs("O(N+M), N the length of the list, M the number of elements removed")
          .is(WRITE)
          .keys(RW, DELETE)
          .runs(ListCommands::lrem);

  final Command<Call> lset =
      command("LSET key index element")
          .does("Sets an element of a list by its index.")
          .since("1.0.0")
          .costs("O(N), N the length of the list; O(1) at the ends")
          .is(WRITE, DENYOOM)
          .keys(RW, UPDATE)
          .runs(ListCommands::lset);

  final Command<Call> ltrim =
      command("LTRIM key start stop")
          .does("Trims a list to a range of its elements.")
          .since("1.0.0")
          .costs("O(N), N the number of elements removed")
          .is(WRITE)
          .keys(RW, DELETE)
          .runs(ListCommands::ltrim);

  final Command<Call> rpop =
      command("RPOP key [count{since 6.2.0}]")
          .does("Removes and returns the last elements of a list.")
          .since("1.0.0")
          .costs("O(N), N the number of elements returned")
          .history("6.2.0", "Added the `count` argument.")
          .is(WRITE, FAST)
          .keys(RW, ACCESS, DELETE)
          .runs(call -> pop(call, false));

  final Command<Call> rpush =
      command("RPUSH key element...")
          .does("Appends elements to a list, creating the list if needed.")
          .since("1.0.0")
          .costs("O(1) for each element")
          .history("2.4.0", "Accepts multiple `element` arguments.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(call -> push(call, false, true));

  final Command<Call> rpushx =
      command("RPUSHX key element...")
          .does("Appends elements to a list if the list exists.")
          .since("2.2.0")
          .costs("O(1) for each element")
          .history("4.0.0", "Accepts multiple `element` arguments.")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, INSERT)
          .runs(call -> push(call, false, false));

  public ListCommands() {
    super(Group.LIST);
  }

  // Ends.

  private static void push(Call call, boolean atHead, boolean creates) {
    long entry = call.findForWrite(1, Type.LIST);
    if (entry == Entry.NONE && !creates) {
      call.reply().integer(0);
      return;
    }
    long changed =
        call.values()
            .lists()
            .push(call.database(), entry, call.request(), 1, 2, call.count(), atHead);
    call.recordChange(1, pushed(atHead), call.count() - 2L);
    call.reply().integer(Lists.length(changed));
  }

  static KeyEvent pushed(boolean atHead) {
    return atHead ? KeyEvent.LPUSH : KeyEvent.RPUSH;
  }

  static KeyEvent popped(boolean atHead) {
    return atHead ? KeyEvent.LPOP : KeyEvent.RPOP;
  }

  private static void pop(Call call, boolean atHead) {
    if (call.count() > 3) {
      throw Errors.wrongArity(call.command());
    }
    boolean counted = call.count() == 3;
    long count = counted ? positive(call, 2, 0, Errors.NOT_POSITIVE) : 1;
    long entry = call.findForWrite(1, Type.LIST);
    ReplyWriter reply = call.reply();
    if (entry == Entry.NONE) {
      if (counted) {
        reply.nilArray();
      } else {
        reply.nil();
      }
    } else if (count == 0) {
      reply.array(0);
    } else {
      long popped = Math.min(count, Lists.length(entry));
      if (counted) {
        reply.array((int) popped);
      }
      popTo(reply, call, 1, entry, popped, atHead);
    }
  }

  /**
   * Parses argument {@code i} as an integer of at least {@code least}.
   *
   * @throws CommandError the given one if it is not
   */
  static long positive(Call call, int i, long least, CommandError error) {
    long value;
    try {
      value = call.argLong(i);
    } catch (CommandError notANumber) {
      throw error;
    }
    if (value < least) {
      throw error;
    }
    return value;
  }

  /** Removes elements at an end of the list of argument {@code i} and replies with each of them. */
  static void popTo(ReplyWriter reply, Call call, int i, long entry, long count, boolean atHead) {
    Lists lists = call.values().lists();
    lists.writeRange(entry, atHead ? 0 : -1, count, !atHead, reply);
    remove(call, i, entry, count, atHead);
  }

  /** Removes elements at an end of the list of argument {@code i}. */
  static void remove(Call call, int i, long entry, long count, boolean atHead) {
    long index = atHead ? 0 : Lists.length(entry) - count;
    long changed = call.values().lists().remove(call.database(), entry, index, count);
    call.recordChange(i, popped(atHead), count);
    if (changed == Lists.GONE) {
      call.notifyEvent(i, KeyEvent.DEL);
    }
  }

  // Reading.

  private static void llen(Call call) {
    long entry = call.read(1, Type.LIST);
    call.reply().integer(entry == Entry.NONE ? 0 : Lists.length(entry));
  }

  private static void lindex(Call call) {
    long entry = call.read(1, Type.LIST);
    if (entry == Entry.NONE) {
      call.reply().nil();
      return;
    }
    Lists lists = call.values().lists();
    if (lists.open(entry, call.argLong(2))) {
      lists.writeTo(call.reply());
      lists.cursor().close();
    } else {
      call.reply().nil();
    }
  }

  private static void lrange(Call call) {
    long start = call.argLong(2);
    long stop = call.argLong(3);
    long entry = call.read(1, Type.LIST);
    if (entry == Entry.NONE) {
      call.reply().array(0);
      return;
    }
    long length = Lists.length(entry);
    long first = Math.min(fromStart(start, length), length);
    long count = Math.min(stop < 0 ? stop + length : stop, length - 1) - first + 1;
    if (count <= 0) {
      call.reply().array(0);
      return;
    }
    call.reply().array((int) count);
    call.values().lists().writeRange(entry, first, count, false, call.reply());
  }

  /** Converts an index that may count from the end to one from the start, at least 0. */
  private static long fromStart(long index, long length) {
    return Math.max(index < 0 ? index + length : index, 0);
  }

  private static void lpos(Call call) {
    long rank = 1;
    long count = -1;
    long most = 0;
    for (int i = 3; i < call.count(); i += 2) {
      if (i + 1 == call.count()) {
        throw Errors.SYNTAX;
      }
      if (call.is(i, "RANK")) {
        rank = call.argLong(i + 1);
        if (rank == Long.MIN_VALUE) {
          throw RANK_OUT_OF_RANGE;
        }
        if (rank == 0) {
          throw RANK_ZERO;
        }
      } else if (call.is(i, "COUNT")) {
        count = positive(call, i + 1, 0, COUNT_NEGATIVE);
      } else if (call.is(i, "MAXLEN")) {
        most = positive(call, i + 1, 0, MAXLEN_NEGATIVE);
      } else {
        throw Errors.SYNTAX;
      }
    }
    long entry = call.read(1, Type.LIST);
    if (count >= 0) {
      long mark = call.reply().deferArray();
      int found = entry == Entry.NONE ? 0 : positions(call, entry, rank, count, most);
      call.reply().resolve(mark, found);
    } else if (entry == Entry.NONE || positions(call, entry, rank, 1, most) == 0) {
      call.reply().nil();
    }
  }

  /**
   * Replies with the indexes of up to {@code count} equal elements, 0 for all; returns their
   * number.
   */
  private static int positions(Call call, long entry, long rank, long count, long most) {
    boolean backwards = rank < 0;
    long skipped = Math.abs(rank) - 1;
    long length = Lists.length(entry);
    long visited = most == 0 ? length : Math.min(most, length);
    Lists lists = call.values().lists();
    ListCursor cursor = lists.cursor();
    boolean on = lists.open(entry, backwards ? -1 : 0);
    int found = 0;
    for (long i = 0; on && i < visited && (count == 0 || found < count); i++) {
      if (cursor.isEqual(call.argAddress(2), call.argLength(2)) && skipped-- <= 0) {
        call.reply().integer(backwards ? length - 1 - i : i);
        found++;
      }
      on = backwards ? cursor.previous() : cursor.next();
    }
    cursor.close();
    return found;
  }

  // The middle.

  private static void lset(Call call) {
    long entry = call.findForWrite(1, Type.LIST);
    if (entry == Entry.NONE) {
      throw Errors.NO_SUCH_KEY;
    }
    long index = call.argLong(2);
    long length = Lists.length(entry);
    long fromStart = index < 0 ? index + length : index;
    if (fromStart < 0 || fromStart >= length) {
      throw Errors.OUT_OF_RANGE;
    }
    call.values()
        .lists()
        .set(call.database(), entry, fromStart, call.argAddress(3), call.argLength(3));
    call.recordChange(1, KeyEvent.LSET, 1);
    call.reply().ok();
  }

  private static void linsert(Call call) {
    boolean after = call.is(2, "AFTER");
    if (!after && !call.is(2, "BEFORE")) {
      throw Errors.SYNTAX;
    }
    long entry = call.findForWrite(1, Type.LIST);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    Lists lists = call.values().lists();
    ListCursor cursor = lists.cursor();
    long index = 0;
    boolean on = lists.open(entry, 0);
    while (on && !cursor.isEqual(call.argAddress(3), call.argLength(3))) {
      on = cursor.next();
      index++;
    }
    cursor.close();
    if (!on) {
      call.reply().integer(-1);
      return;
    }
    long place = after ? index + 1 : index;
    long changed =
        lists.insert(call.database(), entry, place, call.argAddress(4), call.argLength(4));
    call.recordChange(1, KeyEvent.LINSERT, 1);
    call.reply().integer(Lists.length(changed));
  }

  private static void lrem(Call call) {
    long count = call.argLong(2);
    long entry = call.findForWrite(1, Type.LIST);
    if (entry == Entry.NONE) {
      call.reply().integer(0);
      return;
    }
    long length = Lists.length(entry);
    long removed =
        call.values()
            .lists()
            .removeEqual(
                call.database(),
                entry,
                call.argAddress(3),
                call.argLength(3),
                count == 0 || count == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(count),
                count < 0);
    if (removed > 0) {
      call.recordChange(1, KeyEvent.LREM, removed);
      if (removed == length) {
        call.notifyEvent(1, KeyEvent.DEL);
      }
    }
    call.reply().integer(removed);
  }

  private static void ltrim(Call call) {
    long start = call.argLong(2);
    long stop = call.argLong(3);
    long entry = call.findForWrite(1, Type.LIST);
    if (entry == Entry.NONE) {
      call.reply().ok();
      return;
    }
    long length = Lists.length(entry);
    long first = fromStart(start, length);
    long end = Math.min(stop < 0 ? stop + length : stop, length - 1) + 1;
    Lists lists = call.values().lists();
    long changed = entry;
    long removed = length - (end - first);
    if (end <= first) {
      removed = length;
      changed = lists.remove(call.database(), entry, 0, length);
    } else {
      changed = lists.remove(call.database(), changed, end, length - end);
      changed = lists.remove(call.database(), changed, 0, first);
    }
    call.recordChange(1, KeyEvent.LTRIM, removed);
    if (changed == Lists.GONE) {
      call.notifyEvent(1, KeyEvent.DEL);
    }
    if (removed == 0) {
      call.propagateNothing();
    }
    call.reply().ok();
  }
}
