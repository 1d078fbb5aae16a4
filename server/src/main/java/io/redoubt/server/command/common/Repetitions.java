package io.redoubt.server.command.common;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;

/**
 * The count of a reply with repetitions, which SRANDMEMBER, HRANDFIELD and ZRANDMEMBER send for a
 * negative argument. Redis sends any number, and does nothing else for minutes unless the client's
 * output limit ends the reply.
 */
public final class Repetitions {
  /** As many take about half a second. */
  private static final int MAX = 1 << 22;

  private static final CommandError TOO_MANY =
      new CommandError(
          "ERR value is out of range, value must between -" + MAX + " and " + Long.MAX_VALUE);

  private Repetitions() {}

  /**
   * Returns the number of elements to send.
   *
   * @throws CommandError if they are too many, and the client may read any number
   */
  public static int of(Call call, long argument) {
    if (argument < -MAX && !call.hasOutputLimit()) {
      throw TOO_MANY;
    }
    return (int) Math.min(-argument, Integer.MAX_VALUE);
  }
}
