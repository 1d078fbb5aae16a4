package io.redoubt.server.command.set;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
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
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.set.SetAlgebra;
import io.redoubt.server.value.set.Sets;

/** Intersections, unions and differences of sets. */
public final class SetAlgebraCommands extends CommandGroup<Call> {
  private static final CommandError NO_KEYS =
      new CommandError("ERR numkeys should be greater than 0");
  private static final CommandError TOO_MANY_KEYS =
      new CommandError("ERR Number of keys can't be greater than number of args");
  private static final CommandError NEGATIVE_LIMIT =
      new CommandError("ERR LIMIT can't be negative");

  final Command<Call> sdiff =
      command("SDIFF key...")
          .does("Returns the difference of sets.")
          .since("1.0.0")
          .costs("O(N), N the number of members of all sets")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(SetAlgebraCommands::sdiff);

  final Command<Call> sdiffstore =
      command("SDIFFSTORE destination key...")
          .does("Stores the difference of sets.")
          .since("1.0.0")
          .costs("O(N), N the number of members of all sets")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .keys(RO, ACCESS)
          .runs(SetAlgebraCommands::sdiffstore);

  final Command<Call> sinter =
      command("SINTER key...")
          .does("Returns the intersection of sets.")
          .since("1.0.0")
          .costs("O(N*M), N the size of the smallest set, M the number of sets")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(SetAlgebraCommands::sinter);

  final Command<Call> sintercard =
      command("SINTERCARD numkeys key... [LIMIT limit]")
          .does("Returns the number of members of the intersection of sets.")
          .since("7.0.0")
          .costs("O(N*M), N the size of the smallest set, M the number of sets")
          .is(READONLY)
          .keys(RO, ACCESS)
          .runs(SetAlgebraCommands::sintercard);

  final Command<Call> sinterstore =
      command("SINTERSTORE destination key...")
          .does("Stores the intersection of sets.")
          .since("1.0.0")
          .costs("O(N*M), N the size of the smallest set, M the number of sets")
          .is(WRITE, DENYOOM)
          .keys(RW, UPDATE)
          .keys(RO, ACCESS)
          .runs(SetAlgebraCommands::sinterstore);

  final Command<Call> sunion =
      command("SUNION key...")
          .does("Returns the union of sets.")
          .since("1.0.0")
          .costs("O(N), N the number of members of all sets")
          .is(READONLY)
          .keys(RO, ACCESS)
          .tips("nondeterministic_output_order")
          .runs(SetAlgebraCommands::sunion);

  final Command<Call> sunionstore =
      command("SUNIONSTORE destination key...")
          .does("Stores the union of sets.")
          .since("1.0.0")
          .costs("O(N), N the number of members of all sets")
          .is(WRITE, DENYOOM)
          .keys(OW, UPDATE)
          .keys(RO, ACCESS)
          .runs(SetAlgebraCommands::sunionstore);

  /** Declares the group. */
  public SetAlgebraCommands() {
    super(Group.SET);
  }

  /** Returns the sets named by arguments as operands. */
  private static SetAlgebra operands(Call call, int first, int keys) {
    SetAlgebra algebra = call.values().setAlgebra();
    algebra.clear();
    for (int i = first; i < first + keys; i++) {
      algebra.add(call.read(i, Type.SET));
    }
    return algebra;
  }

  private static SetAlgebra operandsFrom(Call call, int first) {
    return operands(call, first, call.count() - first);
  }

  // Intersection.

  private static void sinter(Call call) {
    SetAlgebra algebra = operandsFrom(call, 1);
    ReplyWriter reply = call.reply();
    if (!algebra.startIntersection()) {
      reply.set(0);
      return;
    }
    long mark = reply.deferSet();
    int found = 0;
    while (algebra.nextCommon()) {
      algebra.member().writeTo(reply);
      found++;
    }
    reply.resolve(mark, found);
  }

  private static void sintercard(Call call) {
    long keys = call.argAtLeast(0, 1, NO_KEYS);
    if (keys == 0) {
      throw NO_KEYS;
    }
    if (keys > call.count() - 2) {
      throw TOO_MANY_KEYS;
    }
    long limit = 0;
    for (int i = 2 + (int) keys; i < call.count(); i += 2) {
      if (!call.is(i, "LIMIT") || i + 1 == call.count()) {
        throw Errors.SYNTAX;
      }
      limit = call.argAtLeast(0, i + 1, NEGATIVE_LIMIT);
    }
    SetAlgebra algebra = operands(call, 2, (int) keys);
    long found = 0;
    if (algebra.startIntersection()) {
      while ((limit == 0 || found < limit) && algebra.nextCommon()) {
        found++;
      }
    }
    call.reply().integer(found);
  }

  private static void sinterstore(Call call) {
    SetAlgebra algebra = operandsFrom(call, 2);
    store(
        call,
        algebra.intersect(call.values().temporaries().database(), newResult(call)),
        KeyEvent.SINTERSTORE);
  }

  // Union.

  private static void sunion(Call call) {
    SetAlgebra algebra = operandsFrom(call, 1);
    reply(call, algebra.unite(call.values().temporaries().database(), newResult(call)));
  }

  private static void sunionstore(Call call) {
    SetAlgebra algebra = operandsFrom(call, 2);
    store(
        call,
        algebra.unite(call.values().temporaries().database(), newResult(call)),
        KeyEvent.SUNIONSTORE);
  }

  // Difference.

  private static void sdiff(Call call) {
    SetAlgebra algebra = operandsFrom(call, 1);
    ReplyWriter reply = call.reply();
    if (algebra.isFirstMissing()) {
      reply.set(0);
    } else if (algebra.prefersLookups()) {
      algebra.startDifference();
      long mark = reply.deferSet();
      int found = 0;
      while (algebra.nextLeft()) {
        algebra.member().writeTo(reply);
        found++;
      }
      reply.resolve(mark, found);
    } else {
      reply(call, algebra.subtract(call.values().temporaries().database(), newResult(call)));
    }
  }

  private static void sdiffstore(Call call) {
    SetAlgebra algebra = operandsFrom(call, 2);
    if (algebra.isFirstMissing()) {
      removeDestination(call);
      return;
    }
    store(
        call,
        algebra.subtract(call.values().temporaries().database(), newResult(call)),
        KeyEvent.SDIFFSTORE);
  }

  // Results.

  /** Creates an empty set with the name of argument 1, for the result. */
  private static long newResult(Call call) {
    Sets sets = call.values().sets();
    return sets.createEmpty(
        call.values().temporaries().database(), call.argAddress(1), call.argLength(1));
  }

  private static void reply(Call call, long result) {
    Sets sets = call.values().sets();
    call.reply().set((int) sets.size(result));
    SetCommands.replyMembers(call, result);
    call.values().temporaries().discard(result);
  }

  private static void store(Call call, long result, KeyEvent event) {
    Sets sets = call.values().sets();
    long size = sets.size(result);
    if (size == 0) {
      call.values().temporaries().discard(result);
      removeDestination(call);
      return;
    }
    call.values().temporaries().publish(result, call.database());
    call.recordChange(1, event, 1);
    call.reply().integer(size);
  }

  /** Removes the destination because the result is empty. */
  private static void removeDestination(Call call) {
    StoreDestination.remove(call, 1);
    call.reply().integer(0);
  }
}
