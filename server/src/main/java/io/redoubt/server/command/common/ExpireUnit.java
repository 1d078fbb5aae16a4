package io.redoubt.server.command.common;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import org.jspecify.annotations.Nullable;

/** The units of expiry times: seconds or milliseconds, relative or absolute. */
public enum ExpireUnit {
  EX(1000, false),
  PX(1, false),
  EXAT(1000, true),
  PXAT(1, true);

  private final long millis;
  private final boolean absolute;

  ExpireUnit(long millis, boolean absolute) {
    this.millis = millis;
    this.absolute = absolute;
  }

  /** Returns the length of the unit in milliseconds. */
  public long millis() {
    return millis;
  }

  /** Returns true if the time is absolute, not relative to now. */
  public boolean isAbsolute() {
    return absolute;
  }

  /** Returns the unit that argument {@code i} names, or null. */
  public static @Nullable ExpireUnit named(Call call, int i) {
    for (ExpireUnit unit : UNITS) {
      if (call.is(i, unit.name())) {
        return unit;
      }
    }
    return null;
  }

  private static final ExpireUnit[] UNITS = values();

  /**
   * Returns the time that argument {@code i} gives, in Unix milliseconds; it must be positive.
   *
   * @throws CommandError if it is not an integer, not positive or overflows
   */
  public long positiveTime(Call call, int i) {
    long value = call.argLong(i);
    if (value <= 0) {
      throw invalid(call);
    }
    return time(call, value);
  }

  /**
   * Returns the time that argument {@code i} gives, in Unix milliseconds; it may be in the past.
   *
   * @throws CommandError if it is not an integer or overflows
   */
  public long anyTime(Call call, int i) {
    return time(call, call.argLong(i));
  }

  private long time(Call call, long value) {
    if (value > Long.MAX_VALUE / millis || value < Long.MIN_VALUE / millis) {
      throw invalid(call);
    }
    long time = value * millis;
    if (!absolute) {
      long now = call.now();
      if (time > Long.MAX_VALUE - now) {
        throw invalid(call);
      }
      time += now;
    }
    return time;
  }

  private static CommandError invalid(Call call) {
    return new CommandError("ERR invalid expire time in '" + call.command().name() + "' command");
  }
}
