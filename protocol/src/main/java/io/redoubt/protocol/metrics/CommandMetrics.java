package io.redoubt.protocol.metrics;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.DurationHistogram;
import java.util.HashMap;
import java.util.Map;

/** The calls, failures and durations of each command that was requested. Confined to the loop. */
public final class CommandMetrics {
  private static final double MICROS_PER_SECOND = 1e6;

  private static final Metric CALLS = Metric.counter("redis_commands_total", "Calls by command.");
  private static final Metric SECONDS =
      Metric.counter("redis_commands_duration_seconds_total", "Time of calls by command.");
  private static final Metric REJECTED =
      Metric.counter(
          "redis_commands_rejected_calls_total", "Requests rejected before their execution.");
  private static final Metric FAILED =
      Metric.counter("redis_commands_failed_calls_total", "Calls that failed.");
  private static final Metric LATENCIES =
      Metric.histogram(
          "redis_commands_latencies_usec", "Durations of calls by command, in microseconds.");

  /** The last bucket of the histogram of durations has no upper bound. */
  private static final double[] BOUNDS = new double[DurationHistogram.BUCKETS - 1];

  static {
    for (int i = 0; i < BOUNDS.length; i++) {
      BOUNDS[i] = DurationHistogram.upperBoundMicros(i);
    }
  }

  private final CommandTable<?> table;
  private final Map<Command<?>, String> labels = new HashMap<>();

  public CommandMetrics(CommandTable<?> table) {
    this.table = table;
  }

  /** Adds the commands that were called or refused. */
  public void addTo(MetricsSnapshot snapshot) {
    addTo(snapshot, 0, count());
  }

  /** Returns the number of commands and subcommands, called or not. */
  public int count() {
    return table.numbered().size();
  }

  /** Adds the metrics of the commands in a range that were called or refused. */
  public void addTo(MetricsSnapshot snapshot, int from, int to) {
    for (Command<?> command : table.numbered().subList(from, to)) {
      if (command.calls() + command.rejectedCalls() + command.failedCalls() > 0) {
        add(snapshot, command);
      }
    }
  }

  private void add(MetricsSnapshot snapshot, Command<?> command) {
    String label = labels.computeIfAbsent(command, it -> Labels.of("cmd", it.name()));
    snapshot.add(CALLS, label, command.calls());
    snapshot.add(SECONDS, label, command.microseconds() / MICROS_PER_SECOND);
    snapshot.add(REJECTED, label, command.rejectedCalls());
    snapshot.add(FAILED, label, command.failedCalls());
    DurationHistogram durations = command.durations();
    if (durations.total() > 0) {
      long[] counts = new long[DurationHistogram.BUCKETS];
      for (int i = 0; i < counts.length; i++) {
        counts[i] = durations.count(i);
      }
      snapshot.add(LATENCIES, label, BOUNDS, counts, command.microseconds());
    }
  }
}
