package io.redoubt.server.command.string;

import io.redoubt.protocol.bytes.LongDouble;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.command.common.ExpireUnit;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import org.jspecify.annotations.Nullable;

/** The options of INCREX, in any order. One instance serves all calls. */
final class IncrementOptions {
  private static final CommandError CROSSED_BOUNDS =
      new CommandError("ERR LBOUND must be less than or equal to UBOUND");
  private static final CommandError ENX_WITHOUT_TIME =
      new CommandError("ERR ENX requires one of EX, PX, EXAT or PXAT");
  private static final LongDouble ONE = LongDouble.of(1);
  private static final LongDouble LOWEST = LongDouble.LARGEST.negated();

  // The arguments that follow an option, 0 for none.
  private int floatArg;
  private int integerArg;
  private int lowerArg;
  private int upperArg;
  private int timeArg;

  private @Nullable ExpireUnit unit;
  private boolean saturates;
  private boolean persists;
  private boolean onlyWithoutExpiry;
  private long expireAt;

  private long by;
  private long lower;
  private long upper;
  private LongDouble floatBy = ONE;
  private LongDouble floatLower = LOWEST;
  private LongDouble floatUpper = LongDouble.LARGEST;

  /**
   * Parses the arguments from 2 on.
   *
   * @throws CommandError if they are not valid
   */
  void parse(Call call) {
    floatArg = 0;
    integerArg = 0;
    lowerArg = 0;
    upperArg = 0;
    timeArg = 0;
    unit = null;
    saturates = false;
    persists = false;
    onlyWithoutExpiry = false;
    for (int i = 2; i < call.count(); i++) {
      i += readOption(call, i);
    }
    ExpireUnit given = unit;
    if (onlyWithoutExpiry && given == null) {
      throw ENX_WITHOUT_TIME;
    }
    if (isFloat()) {
      readFloats(call);
    } else {
      readIntegers(call);
    }
    expireAt = given == null ? Entry.NO_EXPIRY : given.positiveTime(call, timeArg);
  }

  /** Reads the option at argument {@code i}; returns how many further arguments it uses. */
  private int readOption(Call call, int i) {
    if (!saturates && call.is(i, "SATURATE")) {
      saturates = true;
      return 0;
    }
    if (!onlyWithoutExpiry && call.is(i, "ENX")) {
      onlyWithoutExpiry = true;
      return 0;
    }
    boolean hasExpiration = persists || unit != null;
    if (!hasExpiration && call.is(i, "PERSIST")) {
      persists = true;
      return 0;
    }
    if (i + 1 == call.count()) {
      throw Errors.SYNTAX;
    }
    boolean hasIncrement = floatArg > 0 || integerArg > 0;
    ExpireUnit named;
    if (!hasIncrement && call.is(i, "BYINT")) {
      integerArg = i + 1;
    } else if (!hasIncrement && call.is(i, "BYFLOAT")) {
      floatArg = i + 1;
    } else if (lowerArg == 0 && call.is(i, "LBOUND")) {
      lowerArg = i + 1;
    } else if (upperArg == 0 && call.is(i, "UBOUND")) {
      upperArg = i + 1;
    } else if (!hasExpiration && (named = ExpireUnit.named(call, i)) != null) {
      unit = named;
      timeArg = i + 1;
    } else {
      throw Errors.SYNTAX;
    }
    return 1;
  }

  private void readIntegers(Call call) {
    by = integerArg == 0 ? 1 : call.argLong(integerArg);
    lower = lowerArg == 0 ? Long.MIN_VALUE : call.argLong(lowerArg);
    upper = upperArg == 0 ? Long.MAX_VALUE : call.argLong(upperArg);
    if (lower > upper) {
      throw CROSSED_BOUNDS;
    }
  }

  private void readFloats(Call call) {
    floatBy = number(call, floatArg);
    floatLower = lowerArg == 0 ? LOWEST : number(call, lowerArg);
    floatUpper = upperArg == 0 ? LongDouble.LARGEST : number(call, upperArg);
    if (floatLower.compareTo(floatUpper) > 0) {
      throw CROSSED_BOUNDS;
    }
  }

  private static LongDouble number(Call call, int i) {
    LongDouble number = LongDouble.parse(call.memory(), call.argAddress(i), call.argLength(i));
    if (number == null) {
      throw Errors.NOT_FLOAT;
    }
    if (!number.isFinite()) {
      throw CounterCommands.NOT_FINITE;
    }
    return number;
  }

  boolean isFloat() {
    return floatArg > 0;
  }

  /** Returns true if a sum out of bounds becomes the bound, false if it is not stored. */
  boolean saturates() {
    return saturates;
  }

  /** Returns true if a key gets the given time. */
  boolean sets(long oldExpiry) {
    return unit != null && !(onlyWithoutExpiry && oldExpiry != Entry.NO_EXPIRY);
  }

  /** Returns the new expiry time of a key with the given one, in Unix milliseconds. */
  long expireAt(long oldExpiry) {
    if (sets(oldExpiry)) {
      return expireAt;
    }
    return persists ? Entry.NO_EXPIRY : oldExpiry;
  }

  long by() {
    return by;
  }

  long lower() {
    return lower;
  }

  long upper() {
    return upper;
  }

  LongDouble floatBy() {
    return floatBy;
  }

  LongDouble floatLower() {
    return floatLower;
  }

  LongDouble floatUpper() {
    return floatUpper;
  }
}
