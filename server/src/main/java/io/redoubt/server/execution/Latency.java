package io.redoubt.server.execution;

import io.redoubt.protocol.process.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The latency monitor: which events have taken {@code latency-monitor-threshold} or longer, and
 * when. Of each kind the last {@link #MOST_SAMPLES} are kept, one a second: the longest. On the
 * loop only.
 */
public final class Latency {
  /** Samples kept of an event. */
  public static final int MOST_SAMPLES = 160;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Clock clock;
  private final LongSupplier thresholdMillis;
  private final Map<LatencyEvent, Series> series = new EnumMap<>(LatencyEvent.class);

  /**
   * An event that took long.
   *
   * @param seconds Unix time
   * @param millis how long it took
   */
  public record Sample(long seconds, long millis) {}

  /** A monitor that has seen nothing; a threshold of 0 turns it off. */
  public Latency(Clock clock, LongSupplier thresholdMillis) {
    this.clock = clock;
    this.thresholdMillis = thresholdMillis;
  }

  /** Whether anything is to be measured. */
  public boolean isOn() {
    return thresholdMillis.getAsLong() > 0;
  }

  /** From how many milliseconds on an event is kept, 0 for none. */
  public long thresholdMillis() {
    return thresholdMillis.getAsLong();
  }

  /** The monotonic time to measure from, 0 when nothing is to be measured. */
  public long start() {
    return isOn() ? clock.monotonicNanos() : 0;
  }

  /** Notes an event that began when {@link #start} said so and ends now. */
  public void end(LatencyEvent event, long startNanos) {
    if (startNanos != 0) {
      took(event, clock.monotonicNanos() - startNanos);
    }
  }

  /** Notes an event if it took long enough. */
  public void took(LatencyEvent event, long nanos) {
    long threshold = thresholdMillis.getAsLong();
    long millis = nanos / NANOS_PER_MILLI;
    if (threshold > 0 && millis >= threshold) {
      series.computeIfAbsent(event, unknown -> new Series()).add(clock.wallMillis() / 1000, millis);
    }
  }

  /** The events that have been kept. */
  public List<LatencyEvent> events() {
    return List.copyOf(series.keySet());
  }

  /** Of an event, the samples from old to new; none when it is unknown. */
  public List<Sample> samples(LatencyEvent event) {
    Series of = series.get(event);
    return of == null ? List.of() : of.samples();
  }

  /** The longest that an event ever took, in milliseconds; also when that is kept no more. */
  public long longestMillis(LatencyEvent event) {
    Series of = series.get(event);
    return of == null ? 0 : of.longestMillis;
  }

  /** Forgets an event; whether there was something to forget. */
  public boolean reset(LatencyEvent event) {
    return series.remove(event) != null;
  }

  /** Forgets everything; returns how many kinds of events that were. */
  public int reset() {
    int count = series.size();
    series.clear();
    return count;
  }

  /** The kind of event of that name, in any case; or null. */
  public static @Nullable LatencyEvent named(String name) {
    for (LatencyEvent event : LatencyEvent.values()) {
      if (event.label().equalsIgnoreCase(name)) {
        return event;
      }
    }
    return null;
  }

  /** A ring of samples. */
  private static final class Series {
    private final long[] seconds = new long[MOST_SAMPLES];
    private final long[] millis = new long[MOST_SAMPLES];
    private int count;
    private int last = -1;
    private long longestMillis;

    void add(long second, long took) {
      longestMillis = Math.max(longestMillis, took);
      if (last >= 0 && seconds[last] == second) {
        millis[last] = Math.max(millis[last], took);
        return;
      }
      last = (last + 1) % MOST_SAMPLES;
      seconds[last] = second;
      millis[last] = took;
      count = Math.min(count + 1, MOST_SAMPLES);
    }

    List<Sample> samples() {
      List<Sample> samples = new ArrayList<>(count);
      for (int i = count - 1; i >= 0; i--) {
        int at = Math.floorMod(last - i, MOST_SAMPLES);
        samples.add(new Sample(seconds[at], millis[at]));
      }
      return samples;
    }
  }
}
