package io.redoubt.server.command.cluster;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.cluster.node.ClusterNode;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.cluster.slot.SlotUsage.Metric;
import io.redoubt.server.execution.Call;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * CLUSTER SLOT-STATS, as in Valkey 8: for each slot of this node's shard the number of keys and,
 * with {@code cluster-slot-stats-enabled}, the resources used by its commands.
 */
final class SlotStats {
  /** A statistic of a slot. */
  private enum Statistic {
    KEY_COUNT("key-count"),
    CPU_USEC("cpu-usec"),
    NETWORK_BYTES_IN("network-bytes-in"),
    NETWORK_BYTES_OUT("network-bytes-out");

    final String title;

    Statistic(String title) {
      this.title = title;
    }
  }

  private static final List<Statistic> ALWAYS = List.of(Statistic.KEY_COUNT);
  private static final List<Statistic> COUNTED = List.of(Statistic.values());
  private static final long NANOS_PER_MICRO = 1000;

  /** The index of the first argument, and of the first one after ORDERBY and its metric. */
  private static final int FIRST = 2;

  private static final int FIRST_FILTER = 4;
  private static final int RANGE_WORDS = 5;

  private static final CommandError UNKNOWN_METRIC =
      new CommandError("ERR Unrecognized sort metric for ORDERBY.");
  private static final CommandError LIMIT_OUT_OF_RANGE =
      new CommandError("ERR Limit has to lie in between 1 and 16384 (maximum number of slots).");
  private static final CommandError REPEATED_FILTER =
      new CommandError("ERR Multiple filters of the same type are disallowed.");

  private final ClusterNode node;

  SlotStats(ClusterNode node) {
    this.node = node;
  }

  void run(Call call) {
    if (call.count() == RANGE_WORDS && call.is(FIRST, "SLOTSRANGE")) {
      range(call);
    } else if (call.count() >= FIRST_FILTER && call.is(FIRST, "ORDERBY")) {
      replyOrdered(call);
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

  private void replyOrdered(Call call) {
    Statistic metric = metric(call);
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
    List<Integer> order = order(metric, descending);
    int shown = Math.min(limit, order.size());
    call.reply().array(shown);
    for (int i = 0; i < shown; i++) {
      entry(call.reply(), order.get(i));
    }
  }

  private List<Statistic> statistics() {
    return node.countsUsage() ? COUNTED : ALWAYS;
  }

  private Statistic metric(Call call) {
    for (Statistic each : statistics()) {
      if (call.is(FIRST + 1, each.title)) {
        return each;
      }
    }
    throw UNKNOWN_METRIC;
  }

  private long value(Statistic statistic, int slot) {
    return switch (statistic) {
      case KEY_COUNT -> node.keys().count(slot);
      case CPU_USEC -> node.usage().get(Metric.TIME, slot) / NANOS_PER_MICRO;
      case NETWORK_BYTES_IN -> node.usage().get(Metric.INPUT, slot);
      case NETWORK_BYTES_OUT -> node.usage().get(Metric.OUTPUT, slot);
    };
  }

  private static int limit(Call call, int i) {
    long limit = call.argAtLeast(1, i, LIMIT_OUT_OF_RANGE);
    if (limit > SlotSet.SLOTS) {
      throw LIMIT_OUT_OF_RANGE;
    }
    return (int) limit;
  }

  /** Returns the slots of this shard in the order of a statistic; equal ones ascend. */
  private List<Integer> order(Statistic by, boolean descending) {
    List<Integer> slots = new ArrayList<>();
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      if (node.cluster().isOfMyShard(slot)) {
        slots.add(slot);
      }
    }
    Comparator<Integer> order = Comparator.comparingLong(slot -> value(by, slot));
    slots.sort(descending ? order.reversed() : order);
    return slots;
  }

  private void entry(ReplyWriter reply, int slot) {
    reply.array(2);
    reply.integer(slot);
    reply.map(statistics().size());
    for (Statistic each : statistics()) {
      reply.bulk(each.title);
      reply.integer(value(each, slot));
    }
  }
}
