package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.session.command.SessionCall;
import io.redoubt.server.memory.Region;
import java.lang.foreign.MemorySegment;

/**
 * A call with arguments in the {@link Region}: their addresses, and their values as numbers,
 * cursors and timeouts. Valid until the handler returns.
 */
public abstract class RegionCall extends SessionCall {
  private static final CommandError NOT_INT =
      new CommandError("ERR value is out of range, value must between -2147483648 and 2147483647");

  /** The greatest unsigned 64-bit integer without its last digit, which follows. */
  private static final long HIGHEST_TENTH = 1_844_674_407_370_955_161L;

  private static final int HIGHEST_DIGIT = 5;
  private static final CommandError INVALID_CURSOR = new CommandError("ERR invalid cursor");
  private static final CommandError TIMEOUT_NOT_FLOAT =
      new CommandError("ERR timeout is not a float or out of range");
  private static final CommandError TIMEOUT_NOT_INTEGER =
      new CommandError("ERR timeout is not an integer or out of range");
  private static final CommandError TIMEOUT_NEGATIVE = new CommandError("ERR timeout is negative");
  private static final CommandError TIMEOUT_OUT_OF_RANGE =
      new CommandError("ERR timeout is out of range");

  RegionCall() {}

  /** Returns the time of this command in Unix milliseconds, constant during its execution. */
  public abstract long now();

  /** Returns the number of words, including the command's name. */
  public int count() {
    return request().count();
  }

  /** Returns the memory of the arguments: the whole region. */
  public MemorySegment memory() {
    return Region.MEMORY;
  }

  public long argAddress(int i) {
    return request().offset(i);
  }

  /** Returns the length of argument {@code i} in bytes. */
  public int argLength(int i) {
    return request().length(i);
  }

  /** Returns true if argument {@code i} is that word, ignoring case. */
  public boolean is(int i, String word) {
    return request().is(i, word);
  }

  /** Returns argument {@code i} as text. */
  public String argText(int i) {
    return request().text(i);
  }

  /**
   * Returns argument {@code i} as a 64-bit integer.
   *
   * @throws CommandError if it is not one
   */
  public long argLong(int i) {
    return parseLong(argAddress(i), argLength(i));
  }

  /**
   * Returns argument {@code i} as a 32-bit integer.
   *
   * @throws CommandError if it is not one
   */
  public int argInt(int i) {
    long value = argLong(i);
    if ((int) value != value) {
      throw NOT_INT;
    }
    return (int) value;
  }

  /**
   * Returns argument {@code i} as an integer.
   *
   * @throws CommandError {@code otherwise}, if it is not one or less than {@code least}
   */
  public long argAtLeast(long least, int i, CommandError otherwise) {
    long value = Numbers.parseLong(Region.MEMORY, argAddress(i), argLength(i), least - 1);
    if (value < least) {
      throw otherwise;
    }
    return value;
  }

  /**
   * Parses a 64-bit integer in the region.
   *
   * @throws CommandError if it is not one
   */
  public long parseLong(long address, int length) {
    long value = Numbers.parseLong(Region.MEMORY, address, length, 0);
    if (value == 0 && !Numbers.isLong(Region.MEMORY, address, length)) {
      throw Errors.NOT_INTEGER;
    }
    return value;
  }

  /**
   * Returns argument {@code i} as a floating-point number.
   *
   * @throws CommandError if it is not one
   */
  public double argDouble(int i) {
    double value = Doubles.parseOrNaN(Region.MEMORY, argAddress(i), argLength(i));
    if (Double.isNaN(value)) {
      throw Errors.NOT_FLOAT;
    }
    return value;
  }

  /**
   * Returns argument {@code i} as a cursor, an unsigned 64-bit integer. As with {@code strtoul}, an
   * empty argument is 0 and a minus sign negates.
   *
   * @throws CommandError if it is not one
   */
  public long argCursor(int i) {
    long address = argAddress(i);
    int length = argLength(i);
    int sign = length > 0 ? Region.getByte(address) : 0;
    int digits = sign == '-' || sign == '+' ? 1 : 0;
    if (length > 0 && digits == length) {
      throw INVALID_CURSOR;
    }
    long value = 0;
    for (int at = digits; at < length; at++) {
      int digit = Region.getByte(address + at) - '0';
      int room = Long.compareUnsigned(HIGHEST_TENTH, value);
      if (digit < 0 || digit > 9 || room < 0 || (room == 0 && digit > HIGHEST_DIGIT)) {
        throw INVALID_CURSOR;
      }
      value = value * 10 + digit;
    }
    return sign == '-' ? -value : value;
  }

  /**
   * Replaces argument {@code i} by other bytes of the region in a request that will be executed
   * again. The bytes must be valid as long as this call.
   */
  public void replaceArgument(int i, long address, int length) {
    request().replace(i, address, length);
  }

  /** Returns true if two arguments are equal. */
  public boolean sameArgument(int i, int j) {
    return argLength(i) == argLength(j) && Region.equal(argAddress(i), argAddress(j), argLength(i));
  }

  /**
   * Returns argument {@code i}, a timeout in seconds, in milliseconds; 0 for no timeout.
   *
   * @throws CommandError if it is not a number, negative or too large
   */
  public long argTimeoutMillis(int i) {
    double seconds = Doubles.parseOrNaN(Region.MEMORY, argAddress(i), argLength(i));
    if (Double.isNaN(seconds)) {
      throw TIMEOUT_NOT_FLOAT;
    }
    return checkedTimeout((long) Math.ceil(seconds * 1000)); // saturates
  }

  /**
   * Returns argument {@code i}, a timeout in milliseconds; 0 for no timeout.
   *
   * @throws CommandError if it is not an integer, negative or too large
   */
  public long argWholeTimeoutMillis(int i) {
    return checkedTimeout(argAtLeast(Long.MIN_VALUE + 1, i, TIMEOUT_NOT_INTEGER));
  }

  private long checkedTimeout(long millis) {
    if (millis < 0) {
      throw TIMEOUT_NEGATIVE;
    }
    if (millis > Long.MAX_VALUE - now()) {
      throw TIMEOUT_OUT_OF_RANGE;
    }
    return millis;
  }
}
