package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.bytes.LongDouble;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.value.StringValue;
import org.jspecify.annotations.Nullable;

/** The part of the string group that increments numbers. */
public final class CounterCommands extends CommandGroup<Call> {
  private static final byte[] SET = {'S', 'E', 'T'};
  private static final byte[] KEEPTTL = {'K', 'E', 'E', 'P', 'T', 'T', 'L'};

  static final CommandError NOT_FINITE =
      new CommandError("ERR increment would produce NaN or Infinity");
  private static final CommandError DECREMENT_OVERFLOW =
      new CommandError("ERR decrement would overflow");

  final Command<Call> decr =
      command("DECR key")
          .does("Decrements the integer value of a key by one.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(call -> increment(call, -1));

  final Command<Call> decrby =
      command("DECRBY key decrement")
          .does("Decrements the integer value of a key by a number.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(CounterCommands::decrby);

  final Command<Call> incr =
      command("INCR key")
          .does("Increments the integer value of a key by one.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(call -> increment(call, 1));

  final Command<Call> incrby =
      command("INCRBY key increment")
          .does("Increments the integer value of a key by a number.")
          .since("1.0.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(call -> increment(call, call.argLong(2)));

  final Command<Call> incrbyfloat =
      command("INCRBYFLOAT key increment{double}")
          .does("Increments the floating-point value of a key by a number.")
          .since("2.6.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(CounterCommands::incrbyfloat);

  public CounterCommands() {
    super(Group.STRING);
  }

  private static void decrby(Call call) {
    long decrement = call.argLong(2);
    if (decrement == Long.MIN_VALUE) {
      throw DECREMENT_OVERFLOW;
    }
    increment(call, -decrement);
  }

  private static void increment(Call call, long by) {
    long entry = call.writeString(1);
    long value = 0;
    if (entry != Entry.NONE) {
      value = integer(call, entry);
    }
    long sum = value + by;
    if (((value ^ sum) & (by ^ sum)) < 0) {
      throw Errors.OVERFLOW;
    }
    if (entry == Entry.NONE) {
      call.database().putInteger(call.argAddress(1), call.argLength(1), sum, Entry.NO_EXPIRY);
    } else {
      StringValue.setInteger(call.database(), entry, sum);
    }
    call.recordChange(1, KeyEvent.INCRBY, 1);
    call.reply().integer(sum);
  }

  /** Returns the value of a string as an integer, for any encoding. */
  static long integer(Call call, long entry) {
    if (StringValue.isInteger(entry)) {
      return StringValue.integer(entry);
    }
    return call.parseLong(StringValue.bytesAddress(entry), StringValue.length(entry));
  }

  private static void incrbyfloat(Call call) {
    long entry = call.writeString(1);
    LongDouble value = entry == Entry.NONE ? LongDouble.of(0) : decimal(call, entry);
    LongDouble by = LongDouble.parse(call.memory(), call.argAddress(2), call.argLength(2));
    if (value == null || by == null) {
      throw Errors.NOT_FLOAT;
    }
    LongDouble result = value.add(by);
    if (!result.isFinite()) {
      throw NOT_FINITE;
    }
    byte[] sum = result.toBytes();
    call.putText(1, sum, Database.KEEP_EXPIRY);
    call.recordChange(1, KeyEvent.INCRBYFLOAT, 1);
    if (call.propagates()) {
      // Propagates the result, because replicas may round differently.
      call.propagateAs(4).word(SET).argument(1).word(sum).word(KEEPTTL);
    }
    call.reply().bulk(sum);
  }

  /** Returns the number in a string, or null if it is not a number. Long strings are not copied. */
  static @Nullable LongDouble decimal(Call call, long entry) {
    return StringValue.isInteger(entry)
        ? LongDouble.of(StringValue.integer(entry))
        : LongDouble.parse(
            call.memory(), StringValue.bytesAddress(entry), StringValue.length(entry));
  }
}
