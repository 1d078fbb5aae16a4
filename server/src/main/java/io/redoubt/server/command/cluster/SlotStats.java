package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import java.util.Arrays;

/**
 * CLUSTER SLOT-STATS: statistics of the slots of this node's shard, as Valkey 8 returns them
 * without {@code cluster-slot-stats-enabled}. The only one is the number of keys; the others would
 * have to be counted at each command.
 */
final class SlotStats {
  private static final String KEY_COUNT = "key-count";

  /** The indices of the first argument and of those that follow ORDERBY and its metric. */
  private static final int FIRST = 2;

  private static final int FIRST_FILTER = 4;
  private static final int RANGE_WORDS = 5;

  private static final CommandError UNKNOWN_METRIC =
      new CommandError("ERR Unrecognized sort metric for ORDERBY.");
  private static final CommandError LIMIT_OUT_OF_RANGE =
      new CommandError("ERR Limit has to lie in between 1 and 16384 (maximum number of slots).");
  private static final CommandError REPEATED_FILTER =
      new CommandError("ERR Multiple filters of the same type are disallowed.");

  /** The bits that hold the slot in a number that orders first by keys, then by slot. */
  private static final int SLOT_BITS = 14;

  private final ClusterNode node;

  SlotStats(ClusterNode node) {
    this.node = node;
  }

  void run(Call call) {
    if (call.count() == RANGE_WORDS && call.is(FIRST, "SLOTSRANGE")) {
      range(call);
    } else if (call.count() >= FIRST_FILTER && call.is(FIRST, "ORDERBY")) {
      ordered(call);
    } else {
      throw Errors.wrongArguments(call.request());
    }
  }

  private void range(Call call) {
    int first = SlotArguments.slot(call, FIRST + 1);
    int last = SlotArguments.slot(call, FIRST + 2);
    if (first > last) {
      throw new CommandError(
          "ERR Start slot number " + first + " is greater than end slot number " + last);
    }
    ReplyWriter reply = call.reply();
    long mark = reply.deferArray();
    int shown = 0;
    for (int slot = first; slot <= last; slot++) {
      if (node.cluster().isOfMyShard(slot)) {
        entry(reply, slot);
        shown++;
      }
    }
    reply.resolve(mark, shown);
  }

  private void ordered(Call call) {
    if (!call.is(FIRST + 1, KEY_COUNT)) {
      throw UNKNOWN_METRIC;
    }
    boolean descending = true;
    boolean orderSeen = false;
    boolean limitSeen = false;
    int limit = SlotSet.SLOTS;
    for (int i = FIRST_FILTER; i < call.count(); i++) {
      boolean repeated;
      if (call.is(i, "LIMIT") && i + 1 < call.count()) {
        repeated = limitSeen;
        limitSeen = true;
        limit = limit(call, ++i);
      } else if (call.is(i, "ASC") || call.is(i, "DESC")) {
        repeated = orderSeen;
        orderSeen = true;
        descending = call.is(i, "DESC");
      } else {
        throw Errors.SYNTAX;
      }
      if (repeated) {
        throw REPEATED_FILTER;
      }
    }
    long[] order = order(descending);
    int shown = Math.min(limit, order.length);
    call.reply().array(shown);
    for (int i = 0; i < shown; i++) {
      entry(call.reply(), (int) (order[i] & (SlotSet.SLOTS - 1)));
    }
  }

  private static int limit(Call call, int i) {
    long limit = call.argAtLeast(1, i, LIMIT_OUT_OF_RANGE);
    if (limit > SlotSet.SLOTS) {
      throw LIMIT_OUT_OF_RANGE;
    }
    return (int) limit;
  }

  /**
   * Returns the slots of this shard in the lower bits, ordered by their numbers of keys; slots with
   * equally many keys ascend.
   */
  private long[] order(boolean descending) {
    long[] order = new long[SlotSet.SLOTS];
    int count = 0;
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      if (node.cluster().isOfMyShard(slot)) {
        long keys = node.keys().count(slot);
        order[count++] = (descending ? -keys : keys) << SLOT_BITS | slot;
      }
    }
    long[] sorted = Arrays.copyOf(order, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private void entry(ReplyWriter reply, int slot) {
    reply.array(2);
    reply.integer(slot);
    reply.map(1);
    reply.bulk(KEY_COUNT);
    reply.integer(node.keys().count(slot));
  }
}
