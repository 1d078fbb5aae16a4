package io.redoubt.server.command.string;

import static io.redoubt.protocol.command.Flag.DENYOOM;
import static io.redoubt.protocol.command.Flag.FAST;
import static io.redoubt.protocol.command.Flag.WRITE;
import static io.redoubt.protocol.command.KeyFlag.ACCESS;
import static io.redoubt.protocol.command.KeyFlag.RW;
import static io.redoubt.protocol.command.KeyFlag.UPDATE;

import io.redoubt.protocol.bytes.LongDouble;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.Effect;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.event.KeyEvent;
import java.nio.charset.StandardCharsets;

/**
 * INCREX of Redis 8.8: increments a number within bounds and sets its expiration. Propagated as a
 * SET of the result.
 */
public final class BoundedCounterCommand extends CommandGroup<Call> {
  private static final byte[] SET = {'S', 'E', 'T'};
  private static final byte[] PXAT = {'P', 'X', 'A', 'T'};
  private static final LongDouble ZERO = LongDouble.of(0);

  final Command<Call> increx =
      command(
              "INCREX key [BYFLOAT float{double} | BYINT integer{integer}]{increment}"
                  + " [LBOUND lowerbound] [UBOUND upperbound] [SATURATE]"
                  + " [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                  + " | PXAT unix-time-milliseconds | PERSIST]{expiration} [ENX]")
          .does("Increments the number of a key within bounds, and sets its expiration.")
          .since("8.8.0")
          .costs("O(1)")
          .is(WRITE, DENYOOM, FAST)
          .keys(RW, ACCESS, UPDATE)
          .runs(this::increx);

  private final IncrementOptions options = new IncrementOptions();

  public BoundedCounterCommand() {
    super(Group.STRING);
  }

  private void increx(Call call) {
    options.parse(call);
    if (options.isFloat()) {
      addFloat(call);
    } else {
      addInteger(call);
    }
  }

  private void addInteger(Call call) {
    long entry = call.writeString(1);
    long value = entry == Entry.NONE ? 0 : CounterCommands.integer(call, entry);
    long by = options.by();
    long sum = value + by;
    boolean overflows = ((value ^ sum) & (by ^ sum)) < 0;
    boolean isAbove = overflows ? by > 0 : sum > options.upper();
    boolean isBelow = overflows ? by < 0 : sum < options.lower();
    if (isAbove || isBelow) {
      if (!options.saturates()) {
        replyIntegers(call, value, 0);
        return;
      }
      sum = isAbove ? options.upper() : options.lower();
    }
    long added = sum - value;
    if (((sum ^ value) & (sum ^ added)) < 0) {
      throw Errors.OVERFLOW;
    }
    long old = oldExpiry(entry);
    long expireAt = options.expireAt(old);
    if (!deletesIfPast(call, entry, old)) {
      call.database().putInteger(call.argAddress(1), call.argLength(1), sum, expireAt);
      record(call, KeyEvent.INCRBY, old);
      if (call.propagates()) {
        expiring(call.propagateAs(words(expireAt)).word(SET).argument(1).number(sum), expireAt);
      }
    }
    replyIntegers(call, sum, added);
  }

  private static void replyIntegers(Call call, long value, long added) {
    ReplyWriter reply = call.reply();
    reply.array(2);
    reply.integer(value);
    reply.integer(added);
  }

  private void addFloat(Call call) {
    long entry = call.writeString(1);
    LongDouble value = entry == Entry.NONE ? ZERO : CounterCommands.decimal(call, entry);
    if (value == null) {
      throw Errors.NOT_FLOAT;
    }
    if (!value.isFinite()) {
      throw CounterCommands.NOT_FINITE;
    }
    LongDouble by = options.floatBy();
    LongDouble sum = value.add(by);
    boolean overflows = !sum.isFinite();
    boolean isAbove = overflows ? !by.isNegative() : sum.compareTo(options.floatUpper()) > 0;
    boolean isBelow = overflows ? by.isNegative() : sum.compareTo(options.floatLower()) < 0;
    if (isAbove || isBelow) {
      if (!options.saturates()) {
        replyFloats(call, value.toBytes(), ZERO.toBytes());
        return;
      }
      sum = isAbove ? options.floatUpper() : options.floatLower();
    }
    LongDouble added = sum.add(value.negated());
    if (!added.isFinite()) {
      throw CounterCommands.NOT_FINITE;
    }
    byte[] text = sum.toBytes();
    long old = oldExpiry(entry);
    long expireAt = options.expireAt(old);
    if (!deletesIfPast(call, entry, old)) {
      call.putText(1, text, expireAt);
      record(call, KeyEvent.INCRBYFLOAT, old);
      if (call.propagates()) {
        expiring(call.propagateAs(words(expireAt)).word(SET).argument(1).word(text), expireAt);
      }
    }
    replyFloats(call, text, added.toBytes());
  }

  private static void replyFloats(Call call, byte[] value, byte[] added) {
    call.reply().array(2);
    replyFloat(call.reply(), value);
    replyFloat(call.reply(), added);
  }

  /** Replies with more digits than a double has. */
  private static void replyFloat(ReplyWriter reply, byte[] digits) {
    if (reply.resp() >= 3) {
      String text = new String(digits, StandardCharsets.US_ASCII);
      reply.raw((',' + text + "\r\n").getBytes(StandardCharsets.US_ASCII));
    } else {
      reply.bulk(digits);
    }
  }

  private static long oldExpiry(long entry) {
    return entry == Entry.NONE ? Entry.NO_EXPIRY : Entry.expireAt(entry);
  }

  /** Deletes the key, in place of setting it, if its new expiry is past; returns true then. */
  private boolean deletesIfPast(Call call, long entry, long oldExpiry) {
    if (!options.sets(oldExpiry) || !call.isPast(options.expireAt(oldExpiry))) {
      return false;
    }
    if (entry != Entry.NONE) {
      call.database().delete(call.argAddress(1), call.argLength(1));
      call.recordChange(1, KeyEvent.DEL, 1);
      call.propagateRemoval(1, call.settings().memory.lazyfreeLazyExpire.value());
    }
    return true;
  }

  private void record(Call call, KeyEvent event, long oldExpiry) {
    call.recordChange(1, event, 1);
    if (options.sets(oldExpiry)) {
      call.notifyEvent(1, KeyEvent.EXPIRE);
    } else if (options.expireAt(oldExpiry) != oldExpiry) {
      call.notifyEvent(1, KeyEvent.PERSIST);
    }
  }

  private static int words(long expireAt) {
    return expireAt == Entry.NO_EXPIRY ? 3 : 5;
  }

  private static void expiring(Effect effect, long expireAt) {
    if (expireAt != Entry.NO_EXPIRY) {
      effect.word(PXAT).number(expireAt);
    }
  }
}
