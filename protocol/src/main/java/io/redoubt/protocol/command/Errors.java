package io.redoubt.protocol.command;

import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.resp.Request;
import java.util.Arrays;
import java.util.Locale;

/** The common error replies, in Redis' words. The constants are immutable and shared. */
public final class Errors {
  /** A command of one type was applied to a key of another. */
  public static final CommandError WRONGTYPE =
      new CommandError("WRONGTYPE Operation against a key holding the wrong kind of value");

  /** An option is unknown or out of place. */
  public static final CommandError SYNTAX = new CommandError("ERR syntax error");

  /** The argument is not a 64-bit integer. */
  public static final CommandError NOT_INTEGER =
      new CommandError("ERR value is not an integer or out of range");

  /** The argument is not a floating-point number. */
  public static final CommandError NOT_FLOAT = new CommandError("ERR value is not a valid float");

  /** The integer is outside of the argument's range. */
  public static final CommandError OUT_OF_RANGE = new CommandError("ERR index out of range");

  /** The integer is negative. */
  public static final CommandError NOT_POSITIVE =
      new CommandError("ERR value is out of range, must be positive");

  /** The key must exist and does not. */
  public static final CommandError NO_SUCH_KEY = new CommandError("ERR no such key");

  /** INCR or a similar command would overflow. */
  public static final CommandError OVERFLOW =
      new CommandError("ERR increment or decrement would overflow");

  /** The client is not authenticated. */
  public static final CommandError NOAUTH = new CommandError("NOAUTH Authentication required.");

  /** The name or password is wrong. */
  public static final CommandError WRONGPASS =
      new CommandError("WRONGPASS invalid username-password pair or user is disabled.");

  private static final int SHOWN_BYTES = 128;
  private static final int ARGUMENT_BYTES = 64 << 10;

  private Errors() {}

  public static CommandError wrongArity(Command<?> command) {
    return new CommandError("ERR wrong number of arguments for '" + command.name() + "' command");
  }

  /** Returns the error for a subcommand whose arguments fit its arity but not its syntax. */
  public static CommandError wrongArguments(Request request) {
    return new CommandError(
        "ERR unknown subcommand or wrong number of arguments for '"
            + excerpt(request, 1, SHOWN_BYTES)
            + "'. Try "
            + request.text(0).toUpperCase(Locale.ROOT)
            + " HELP.");
  }

  /**
   * Returns the error for a request whose command was not found.
   *
   * @param request a request of at least one argument
   * @param container the container that lacks the subcommand, or null if the first argument is
   *     unknown
   */
  static CommandError unknown(
      Request request, @org.jspecify.annotations.Nullable Command<?> container) {
    if (container != null) {
      return new CommandError(
          "ERR unknown subcommand '"
              + excerpt(request, 1, SHOWN_BYTES)
              + "'. Try "
              + container.name().toUpperCase(Locale.ROOT)
              + " HELP.");
    }
    var text = new StringBuilder("ERR unknown command '").append(excerpt(request, 0, SHOWN_BYTES));
    text.append("', with args beginning with: ");
    int room = SHOWN_BYTES;
    for (int i = 1; i < request.count() && room > 0; i++) {
      String part = excerpt(request, i, room);
      text.append('\'').append(part).append("' ");
      room -= Utf8.encode(part).length + 3;
    }
    return new CommandError(text.toString());
  }

  /**
   * Returns an argument as quoted in errors: up to its first zero byte, and at most its first 64
   * KB, since the Java heap has no room for an argument of any length.
   */
  public static String excerpt(Request request, int argument) {
    return excerpt(request, argument, ARGUMENT_BYTES);
  }

  /** Returns at most {@code limit} bytes of an argument, up to its first zero byte. */
  private static String excerpt(Request request, int argument, int limit) {
    byte[] bytes = request.firstBytes(argument, limit);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return Utf8.decode(Arrays.copyOf(bytes, length));
  }
}
