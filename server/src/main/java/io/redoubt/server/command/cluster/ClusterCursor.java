package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.cluster.slot.SlotTag;
import io.redoubt.server.execution.Call;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A cursor of CLUSTERSCAN: {@code fingerprint-{tag}-position}, as in Valkey. The tag is one of the
 * slot to be scanned, so that clients send the cursor to its owner.
 *
 * @param fingerprint the order of keys in which the position is valid; {@link #NO_ORDER} for a
 *     position at the start
 * @param position the position in the table of the slot
 */
record ClusterCursor(String fingerprint, int slot, long position) {
  /** The fingerprint of a cursor that is valid in any order. */
  static final String NO_ORDER = "0";

  /** The cursor that starts a scan, and the one that ends it. */
  static final String END = "0";

  /** Positions are below 2 to the power of 50, as those in the cursors of SCAN. */
  private static final int POSITION_BITS = 50;

  private static final int MAX_LENGTH = 100;

  private static final CommandError INVALID = new CommandError("ERR Invalid cursor");
  private static final Pattern FORM =
      Pattern.compile("([0-9A-Za-z]{1,32})-\\{([^{}]{1,32})}-(\\d{1,20})");

  /**
   * Parses a cursor; null for {@link #END}.
   *
   * @throws CommandError if it is malformed
   */
  static @Nullable ClusterCursor parse(Call call, int argument) {
    if (call.argLength(argument) > MAX_LENGTH) {
      throw INVALID;
    }
    String text = call.argText(argument);
    if (text.equals(END)) {
      return null;
    }
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw INVALID;
    }
    try {
      long position = Long.parseUnsignedLong(matcher.group(3)) & (1L << POSITION_BITS) - 1;
      return new ClusterCursor(matcher.group(1), SlotTag.slot(matcher.group(2)), position);
    } catch (NumberFormatException tooLarge) {
      throw INVALID;
    }
  }

  /** Returns the cursor of the start of a slot, valid at each node. */
  static ClusterCursor startOf(int slot) {
    return new ClusterCursor(NO_ORDER, slot, 0);
  }

  /** Returns the position in an order of keys; the start if the cursor is of another order. */
  long positionIn(String order) {
    return fingerprint.equals(order) ? position : 0;
  }

  @Override
  public String toString() {
    return fingerprint + "-{" + SlotTag.of(slot) + "}-" + position;
  }
}
