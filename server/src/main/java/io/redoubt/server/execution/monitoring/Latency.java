package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The latency monitor: events that took at least {@code latency-monitor-threshold}. The last {@link
 * #MAX_SAMPLES} samples of each event are kept, one a second with the longest duration. Confined to
 * the loop.
 */
public final class Latency {
  /** The number of samples kept of an event. */
  public static final int MAX_SAMPLES = 160;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Clock clock;
  private final LongSupplier thresholdMillis;
  private final Map<LatencyEvent, Series> series = new EnumMap<>(LatencyEvent.class);

  /**
   * A slow event.
   *
   * @param seconds Unix time
   */
  public record Sample(long seconds, long millis) {}

  /** Creates an empty monitor; a threshold of 0 turns it off. */
  public Latency(Clock clock, LongSupplier thresholdMillis) {
    this.clock = clock;
    this.thresholdMillis = thresholdMillis;
  }

  public boolean isOn() {
    return thresholdMillis.getAsLong() > 0;
  }

  /** Returns the minimum duration of a recorded event, in milliseconds; 0 for off. */
  public long thresholdMillis() {
    return thresholdMillis.getAsLong();
  }

  /** Returns the start time of a measurement, 0 if the monitor is off. */
  public long start() {
    return isOn() ? clock.monotonicNanos() : 0;
  }

  /** Records an event that ends now; its start is a result of {@link #start}. */
  public void end(LatencyEvent event, long startNanos) {
    if (startNanos != 0) {
      took(event, clock.monotonicNanos() - startNanos);
    }
  }

  /** Records an event if it was slow enough. */
  public void took(LatencyEvent event, long nanos) {
    long threshold = thresholdMillis.getAsLong();
    long millis = nanos / NANOS_PER_MILLI;
    if (threshold > 0 && millis >= threshold) {
      series.computeIfAbsent(event, unknown -> new Series()).add(clock.wallMillis() / 1000, millis);
    }
  }

  public List<LatencyEvent> events() {
    return List.copyOf(series.keySet());
  }

  /** Returns the samples of an event from old to new; none if it is unknown. */
  public List<Sample> samples(LatencyEvent event) {
    Series of = series.get(event);
    return of == null ? List.of() : of.samples();
  }

  /**
   * Returns the longest duration of an event ever in milliseconds, even if its sample is no longer
   * kept.
   */
  public long longestMillis(LatencyEvent event) {
    Series of = series.get(event);
    return of == null ? 0 : of.longestMillis;
  }

  /** Deletes the samples of an event; returns false if there were none. */
  public boolean reset(LatencyEvent event) {
    return series.remove(event) != null;
  }

  /** Deletes all samples; returns the number of events. */
  public int reset() {
    int count = series.size();
    series.clear();
    return count;
  }

  /** Returns the event of that name, ignoring case, or null. */
  public static @Nullable LatencyEvent named(String name) {
    for (LatencyEvent event : LatencyEvent.values()) {
      if (event.label().equalsIgnoreCase(name)) {
        return event;
      }
    }
    return null;
  }

  /** A ring buffer of samples. */
  private static final class Series {
    private final long[] seconds = new long[MAX_SAMPLES];
    private final long[] millis = new long[MAX_SAMPLES];
    private int count;
    private int last = -1;
    private long longestMillis;

    void add(long second, long took) {
      longestMillis = Math.max(longestMillis, took);
      if (last >= 0 && seconds[last] == second) {
        millis[last] = Math.max(millis[last], took);
        return;
      }
      last = (last + 1) % MAX_SAMPLES;
      seconds[last] = second;
      millis[last] = took;
      count = Math.min(count + 1, MAX_SAMPLES);
    }

    List<Sample> samples() {
      List<Sample> samples = new ArrayList<>(count);
      for (int i = count - 1; i >= 0; i--) {
        int at = Math.floorMod(last - i, MAX_SAMPLES);
        samples.add(new Sample(seconds[at], millis[at]));
      }
      return samples;
    }
  }
}
