package io.redoubt.server.command.sortedset;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.READONLY;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.OW;
import static io.redoubt.protocol.command.KeyFlag.RO;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.command.common.StoredSetEffects;
import io.redoubt.server.command.sortedset.SortedSetAlgebra.Aggregate;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.sortedset.SortedSetBuilder;
import io.redoubt.server.value.sortedset.SortedSetCursor;

/** Unions, intersections and differences of sorted sets, returned, counted or stored. */
public final class SortedSetAlgebraCommands extends CommandGroup<Call> {
  private static final CommandError WEIGHT = new CommandError("ERR weight value is not a float");
  private static final CommandError LIMIT = new CommandError("ERR LIMIT can't be negative");

  private static final String DIFFERENCE_COSTS =
      "O(L + (N-K)log(N)), L the number of members of all sets, N the size of the first one and K"
          + " the size of the result";
  private static final String INTERSECTION_COSTS =
      "O(N*K)+O(M*log(M)), N the size of the smallest sorted set, K the number of sorted sets and M"
          + " the size of the result";
  private static final String UNION_COSTS =
      "O(N)+O(M*log(M)), N the sum of the sizes of the sorted sets and M the size of the result";

  /** The operation, and the form of its result. */
  private enum Operation {
    UNION,
    INTERSECTION,
    DIFFERENCE,
    INTERSECTION_SIZE;

    boolean weighs() {
      return this == UNION || this == INTERSECTION;
    }
  }

  final Command<Call> zdiff =
      reading("ZDIFF numkeys key... [WITHSCORES]")
          .does("Returns the difference of sorted sets.")
          .since("6.2.0")
          .costs(DIFFERENCE_COSTS)
          .runs(call -> reply(call, Operation.DIFFERENCE));

  final Command<Call> zdiffstore =
      storing("ZDIFFSTORE destination numkeys key...")
          .does("Stores the difference of sorted sets.")
          .since("6.2.0")
          .costs(DIFFERENCE_COSTS)
          .runs(call -> store(call, Operation.DIFFERENCE, KeyEvent.ZDIFFSTORE));

  final Command<Call> zinter =
      reading(
              "ZINTER numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM | MIN"
                  + " | MAX | COUNT{since 8.8.0})]{aggregate} [WITHSCORES]")
          .does("Returns the intersection of sorted sets.")
          .since("6.2.0")
          .costs(INTERSECTION_COSTS)
          .runs(call -> reply(call, Operation.INTERSECTION));

  final Command<Call> zintercard =
      reading("ZINTERCARD numkeys key... [LIMIT limit]")
          .does("Returns the number of members of the intersection of sorted sets.")
          .since("7.0.0")
          .costs("O(N*K), N the size of the smallest sorted set and K the number of sorted sets")
          .runs(this::intersectionSize);

  final Command<Call> zinterstore =
      storing(
              "ZINTERSTORE destination numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM"
                  + " | MIN | MAX | COUNT{since 8.8.0})]{aggregate}")
          .does("Stores the intersection of sorted sets.")
          .since("2.0.0")
          .costs(INTERSECTION_COSTS)
          .runs(call -> store(call, Operation.INTERSECTION, KeyEvent.ZINTERSTORE));

  final Command<Call> zunion =
      reading(
              "ZUNION numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM | MIN"
                  + " | MAX | COUNT{since 8.8.0})]{aggregate} [WITHSCORES]")
          .does("Returns the union of sorted sets.")
          .since("6.2.0")
          .costs(UNION_COSTS)
          .runs(call -> reply(call, Operation.UNION));

  final Command<Call> zunionstore =
      storing(
              "ZUNIONSTORE destination numkeys key... [WEIGHTS weight...] [AGGREGATE (SUM"
                  + " | MIN | MAX | COUNT{since 8.8.0})]{aggregate}")
          .does("Stores the union of sorted sets.")
          .since("2.0.0")
          .costs(UNION_COSTS)
          .runs(call -> store(call, Operation.UNION, KeyEvent.ZUNIONSTORE));

  // The options of the command that runs.
  private boolean withScores;
  private long limit;

  private Builder<Call> reading(String usage) {
    return command(usage).is(READONLY).keys(RO, ACCESS);
  }

  private Builder<Call> storing(String usage) {
    return command(usage).is(WRITE, DENYOOM).keys(OW, UPDATE).keys(RO, ACCESS);
  }

  /** Declares the group. */
  public SortedSetAlgebraCommands() {
    super(Group.SORTED_SET);
  }

  /** Reads the sources and the options that an operation has. */
  private SortedSetAlgebra parse(Call call, int numkeysArg, Operation operation, boolean stores) {
    long numkeys = call.argLong(numkeysArg);
    if (numkeys < 1) {
      throw new CommandError(
          "ERR at least 1 input key is needed for '" + call.command().name() + "' command");
    }
    if (numkeys > call.count() - (numkeysArg + 1)) {
      throw Errors.SYNTAX;
    }
    int count = (int) numkeys;
    SortedSetAlgebra algebra = new SortedSetAlgebra(call, count);
    for (int i = 0; i < count; i++) {
      algebra.source(i, source(call, numkeysArg + 1 + i));
    }
    withScores = false;
    limit = 0;
    for (int i = numkeysArg + 1 + count; i < call.count(); i++) {
      int left = call.count() - i - 1;
      if (operation.weighs() && left >= count && call.is(i, "WEIGHTS")) {
        for (int k = 0; k < count; k++) {
          algebra.weight(k, weight(call, ++i));
        }
      } else if (operation.weighs() && left >= 1 && call.is(i, "AGGREGATE")) {
        algebra.setAggregate(aggregate(call, ++i));
      } else if (!stores && operation != Operation.INTERSECTION_SIZE && call.is(i, "WITHSCORES")) {
        withScores = true;
      } else if (operation == Operation.INTERSECTION_SIZE && left >= 1 && call.is(i, "LIMIT")) {
        limit = call.argAtLeast(0, ++i, LIMIT);
      } else {
        throw Errors.SYNTAX;
      }
    }
    return algebra;
  }

  private static long source(Call call, int arg) {
    long entry = call.read(arg);
    if (entry != Entry.NONE && Entry.type(entry) != Type.ZSET && Entry.type(entry) != Type.SET) {
      throw Errors.WRONGTYPE;
    }
    return entry;
  }

  private static double weight(Call call, int arg) {
    double weight = Doubles.parseOrNaN(Region.MEMORY, call.argAddress(arg), call.argLength(arg));
    if (Double.isNaN(weight)) {
      throw WEIGHT;
    }
    return weight;
  }

  private static Aggregate aggregate(Call call, int arg) {
    for (Aggregate aggregate : Aggregate.values()) {
      if (call.is(arg, aggregate.name())) {
        return aggregate;
      }
    }
    throw Errors.SYNTAX;
  }

  private static SortedSetBuilder build(SortedSetAlgebra algebra, Operation operation) {
    return switch (operation) {
      case UNION -> algebra.union();
      case DIFFERENCE -> algebra.difference();
      default -> algebra.intersection();
    };
  }

  private void store(Call call, Operation operation, KeyEvent event) {
    SortedSetAlgebra algebra = parse(call, 2, operation, true);
    SortedSetBuilder built = build(algebra, operation);
    long old = built.size() > 0 ? call.findForWrite(1) : call.findAgain(1);
    boolean replaces = old != Entry.NONE;
    long size = SortedSetRangeCommands.store(call, built, event);
    if (!algebra.isOld()) {
      StoredSetEffects.propagate(call, 1, replaces, size);
    }
    call.reply().integer(size);
  }

  private void reply(Call call, Operation operation) {
    SortedSetAlgebra algebra = parse(call, 1, operation, false);
    SortedSetBuilder built = build(algebra, operation);
    ReplyWriter reply = call.reply();
    int count = (int) built.size();
    reply.array(withScores && reply.resp() == 2 ? count * 2 : count);
    try (SortedSetCursor cursor = call.values().sortedSets().cursor()) {
      for (boolean more = built.seekFirst(cursor); more; more = cursor.next()) {
        SortedSetCommands.replyMember(reply, cursor, withScores);
      }
    }
    built.abandon();
  }

  private void intersectionSize(Call call) {
    SortedSetAlgebra algebra = parse(call, 1, Operation.INTERSECTION_SIZE, false);
    call.reply().integer(algebra.countIntersection(limit));
  }
}
