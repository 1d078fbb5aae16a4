package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.monitoring.KeyCosts.Plan;
import io.redoubt.server.execution.monitoring.KeyCosts.ProcessCosts;
import org.jspecify.annotations.Nullable;

/** The costs that HOTKEYS collects from START to STOP, and their report. */
final class CostCollection {
  private static final long MICRO_NANOS = 1000;
  private static final long MILLI_NANOS = 1_000_000;
  private static final long SECOND_NANOS = 1_000_000_000;

  /** The time and the bytes of some commands. */
  static final class Use {
    private long nanos;
    private long bytes;

    void add(long moreNanos, long moreBytes) {
      nanos += moreNanos;
      bytes += moreBytes;
    }
  }

  final Use all = new Use();
  final Use selected = new Use();
  final Use sampled = new Use();

  private final Plan plan;
  private final Clock clock;
  private final ProcessCosts process;
  private final @Nullable HeaviestKeys byTime;
  private final @Nullable HeaviestKeys byBytes;
  private final long startedMillis;
  private final long startedNanos;
  private final long userBefore;
  private final long systemBefore;
  private final long netBefore;
  private boolean stopped;
  private long nanos;
  private long userMillis;
  private long systemMillis;
  private long netBytes;

  /** Starts a collection. */
  CostCollection(Plan plan, Clock clock, ProcessCosts process) {
    this.plan = plan;
    this.clock = clock;
    this.process = process;
    byTime = plan.cpu() ? new HeaviestKeys(plan.keys()) : null;
    byBytes = plan.net() ? new HeaviestKeys(plan.keys()) : null;
    startedMillis = clock.wallMillis();
    startedNanos = clock.monotonicNanos();
    userBefore = process.userMillis();
    systemBefore = process.systemMillis();
    netBefore = process.netBytes();
  }

  /** Returns the slots whose keys count, null for all. */
  @Nullable SlotSet slots() {
    return plan.slots();
  }

  /** Returns the number of commands of which the keys of one are charged. */
  int ratio() {
    return plan.ratio();
  }

  /** Returns true if its time is over. */
  boolean isOver() {
    return plan.seconds() > 0
        && clock.monotonicNanos() - startedNanos >= plan.seconds() * SECOND_NANOS;
  }

  void stop() {
    measure();
    stopped = true;
  }

  private void measure() {
    nanos = clock.monotonicNanos() - startedNanos;
    userMillis = process.userMillis() - userBefore;
    systemMillis = process.systemMillis() - systemBefore;
    netBytes = Math.max(process.netBytes() - netBefore, 0); // CONFIG RESETSTAT may intervene
  }

  /** Adds the cost of a command to that of a key. */
  void charge(Request request, int argument, long keyNanos, long keyBytes) {
    long offset = request.offset(argument);
    int length = request.length(argument);
    if (byTime != null) {
      byTime.add(request.memory(), offset, length, keyNanos);
    }
    if (byBytes != null) {
      byBytes.add(request.memory(), offset, length, keyBytes);
    }
  }

  /** Writes the report, with names and order of Redis 8.6. */
  void reply(ReplyWriter reply) {
    if (!stopped) {
      measure();
    }
    boolean selects = plan.slots() != null;
    boolean samples = selects && plan.ratio() > 1;
    reply.array(1);
    reply.map(
        7
            + (samples ? 2 : 0)
            + (selects ? 2 : 0)
            + (byTime == null ? 0 : 3)
            + (byBytes == null ? 0 : 2));
    number(reply, "tracking-active", stopped ? 0 : 1);
    number(reply, "sample-ratio", plan.ratio());
    reply.bulk("selected-slots");
    slots(reply, plan.slots());
    if (samples) {
      number(reply, "sampled-commands-selected-slots-us", sampled.nanos / MICRO_NANOS);
    }
    if (selects) {
      number(reply, "all-commands-selected-slots-us", selected.nanos / MICRO_NANOS);
    }
    number(reply, "all-commands-all-slots-us", all.nanos / MICRO_NANOS);
    if (samples) {
      number(reply, "net-bytes-sampled-commands-selected-slots", sampled.bytes);
    }
    if (selects) {
      number(reply, "net-bytes-all-commands-selected-slots", selected.bytes);
    }
    number(reply, "net-bytes-all-commands-all-slots", all.bytes);
    number(reply, "collection-start-time-unix-ms", startedMillis);
    number(reply, "collection-duration-ms", nanos / MILLI_NANOS);
    if (byTime != null) {
      number(reply, "total-cpu-time-user-ms", userMillis);
      number(reply, "total-cpu-time-sys-ms", systemMillis);
    }
    if (byBytes != null) {
      number(reply, "total-net-bytes", netBytes);
    }
    if (byTime != null) {
      keys(reply, "by-cpu-time-us", byTime, MICRO_NANOS);
    }
    if (byBytes != null) {
      keys(reply, "by-net-bytes", byBytes, 1);
    }
  }

  private static void number(ReplyWriter reply, String name, long value) {
    reply.bulk(name);
    reply.integer(value);
  }

  private static void slots(ReplyWriter reply, @Nullable SlotSet slots) {
    long mark = reply.deferArray();
    int[] ranges = {0};
    if (slots != null) {
      slots.forEachRange((first, last) -> {
        reply.array(first == last ? 1 : 2);
        reply.integer(first);
        if (first != last) {
          reply.integer(last);
        }
        ranges[0]++;
      });
    }
    reply.resolve(mark, ranges[0]);
  }

  private static void keys(ReplyWriter reply, String name, HeaviestKeys keys, long unit) {
    reply.bulk(name);
    int[] order = keys.order();
    reply.array(2 * order.length);
    for (int slot : order) {
      reply.bulk(keys.name(slot));
      reply.integer(keys.cost(slot) / unit);
    }
  }
}
