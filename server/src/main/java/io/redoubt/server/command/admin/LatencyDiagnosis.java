package io.redoubt.server.command.admin;

import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.Latency.Sample;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.settings.ServerDirectives;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The report of LATENCY DOCTOR: statistics of each event, and advice. */
public final class LatencyDiagnosis {
  private final Latency latency;
  private final ServerDirectives settings;

  /** Creates the report on the events of a server. */
  public LatencyDiagnosis(Latency latency, ServerDirectives settings) {
    this.latency = latency;
    this.settings = settings;
  }

  String text() {
    if (!latency.isOn() && latency.events().isEmpty()) {
      return "Latency is not monitored. CONFIG SET latency-monitor-threshold <milliseconds> has"
          + " events kept that take as long or longer.\n";
    }
    if (latency.events().isEmpty()) {
      return "No event has taken "
          + latency.thresholdMillis()
          + " ms or longer since the server started or LATENCY RESET.\n";
    }
    StringBuilder text = new StringBuilder("Events that took long:\n\n");
    Set<String> advice = new LinkedHashSet<>();
    int number = 0;
    for (LatencyEvent event : latency.events()) {
      number++;
      text.append(number).append(". ").append(figures(event)).append('\n');
      advice.addAll(advice(event));
    }
    text.append("\nWhat may help:\n\n");
    advice.forEach(line -> text.append("- ").append(line).append('\n'));
    return text.toString();
  }

  /** Returns the events that took long, each with its advice. */
  public List<String> findings() {
    return latency.events().stream()
        .map(event -> figures(event) + " " + String.join(" ", advice(event)))
        .toList();
  }

  private String figures(LatencyEvent event) {
    List<Sample> samples = latency.samples(event);
    double mean = samples.stream().mapToLong(Sample::millis).average().orElse(0);
    double deviation =
        samples.stream().mapToDouble(s -> Math.abs(s.millis() - mean)).average().orElse(0);
    long between = samples.getLast().seconds() - samples.getFirst().seconds();
    double period = samples.size() < 2 ? 0 : (double) between / (samples.size() - 1);
    return String.format(
        Locale.ROOT,
        "%s: %d latency spikes (average %.0fms, mean deviation %.0fms, period %.2f sec). Worst all"
            + " time event %dms.",
        event.label(),
        samples.size(),
        mean,
        deviation,
        period,
        latency.longestMillis(event));
  }

  private List<String> advice(LatencyEvent event) {
    return switch (event) {
      case COMMAND ->
          List.of(
              "Commands that process many elements at once block all others. INFO"
                  + " commandstats and LATENCY HISTOGRAM show the slow ones: request less at a"
                  + " time, with the SCAN commands or by ranges, or use a replica.");
      case FAST_COMMAND ->
          List.of(
              "Fast commands are slow only if the process lacks a processor or its memory"
                  + " is swapped out: look for other programs on the machine, swapped memory and"
                  + " container limits. 'redis-cli --intrinsic-latency 100' measures the latency"
                  + " of the machine itself.");
      case EXPIRE_CYCLE, EVICTION_CYCLE, EVICTION_DEL ->
          List.of(
              "Keys go in slices of at most a few hundred microseconds; a longer one means that the"
                  + " process did not get the processor, or that maxmemory-eviction-tenacity lets"
                  + " eviction take its time.");
      case ACTIVE_DEFRAG_CYCLE ->
          List.of(
              "Active defragmentation copies a collection as a whole: a lower"
                  + " active-defrag-max-scan-fields leaves large ones where they are.");
      case AOF_WRITE, AOF_WRITE_ALONE, AOF_WRITE_ACTIVE_CHILD, AOF_WRITE_PENDING_FSYNC -> disk();
      case AOF_FSYNC_ALWAYS ->
          List.of(
              "With appendfsync always, replies to writes wait for the disk: a faster one (local,"
                  + " with a write cache that survives a loss of power) makes them faster, and"
                  + " 'appendfsync everysec' does without the wait at the price of the last"
                  + " second.");
      case AOF_RENAME, RDB_UNLINK_TEMP_FILE ->
          List.of(
              "Renaming or removing a large file takes long on this file system; commands did not"
                  + " wait for it.");
    };
  }

  private List<String> disk() {
    return settings.persistence.noAppendfsyncOnRewrite.value()
        ? List.of(
            "The disk can't keep up with the appended bytes: use a local one, and remove"
                + " other load from it.")
        : List.of(
            "The disk can't keep up with the appended bytes: use a local one, and remove"
                + " other load from it.",
            "If up to 30 seconds of writes may be lost, 'no-appendfsync-on-rewrite yes' spares the"
                + " disk while a snapshot is written.");
  }
}
