package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;

/** Reads numbers of slots from requests. */
final class SlotArguments {
  private static final CommandError INVALID_SLOT =
      new CommandError("ERR Invalid or out of range slot");

  private SlotArguments() {}

  /**
   * Returns argument {@code i} as a slot.
   *
   * @throws CommandError if it is not one
   */
  static int slot(Call call, int i) {
    long slot;
    try {
      slot = call.argLong(i);
    } catch (CommandError notANumber) {
      throw INVALID_SLOT;
    }
    if (!SlotSet.isSlot(slot)) {
      throw INVALID_SLOT;
    }
    return (int) slot;
  }
}
