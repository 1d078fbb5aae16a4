package io.redoubt.micrometer;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.metrics.Samples;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The meters of one server or sentinel in one registry. Guarded by the lock of {@link
 * RedoubtMetrics}; meters are read by any thread.
 *
 * <p>A histogram becomes gauges, as in Micrometer's registries without histograms of their own:
 * counts by the tag {@code le} that include those of smaller buckets, the sum and the count.
 */
final class MemberMeters implements Samples {
  private static final String UP = "redis_up";

  /** The value of a meter, which any thread may read. */
  private static final class Cell {
    private volatile double value;

    private double value() {
      return value;
    }
  }

  /** A registered meter. */
  private static final class Shown {
    private final Cell cell;
    private final Meter meter;
    private long round;

    private Shown(Cell cell, Meter meter) {
      this.cell = cell;
      this.meter = meter;
    }
  }

  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<String, Map<String, Shown>> meters = new HashMap<>(); // by name and labels
  private long round;

  MemberMeters(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
  }

  /** Shows the samples of a snapshot and no others. */
  void show(MetricsSnapshot snapshot) {
    round++;
    snapshot.forEach(this);
    removeOlder();
  }

  /**
   * Removes all meters.
   *
   * @param stays true to keep the meter that says that the process is not up
   */
  void clear(boolean stays) {
    round++;
    Map<String, Shown> up = meters.get(UP);
    if (stays && up != null) {
      up.values().forEach(each -> set(each, 0));
    }
    removeOlder();
  }

  private void removeOlder() {
    meters.values().forEach(byLabels -> byLabels.values().removeIf(this::removedIfOld));
    meters.values().removeIf(Map::isEmpty);
  }

  private boolean removedIfOld(Shown shown) {
    if (shown.round == round) {
      return false;
    }
    registry.remove(shown.meter);
    return true;
  }

  private void set(Shown shown, double value) {
    shown.cell.value = value;
    shown.round = round;
  }

  @Override
  public void value(Metric metric, String labels, double value) {
    set(metric, metric.name(), labels, "", value);
  }

  @Override
  public void histogram(Metric metric, String labels, double[] bounds, long[] counts, double sum) {
    String name = metric.name();
    long reached = 0;
    for (int i = 0; i < counts.length; i++) {
      reached += counts[i];
      String bound = i < bounds.length ? Double.toString(bounds[i]) : "+Inf";
      set(metric, name + "_bucket", labels, bound, reached);
    }
    set(metric, name + "_sum", labels, "", sum);
    set(metric, name + "_count", labels, "", reached);
  }

  private void set(Metric metric, String name, String labels, String bound, double value) {
    Map<String, Shown> byLabels = meters.computeIfAbsent(name, it -> new HashMap<>());
    String key = bound.isEmpty() ? labels : labels + ' ' + bound;
    Shown shown = byLabels.get(key);
    if (shown == null) {
      shown = registered(metric, name, tags(labels, bound));
      byLabels.put(key, shown);
    }
    set(shown, value);
  }

  private Tags tags(String labels, String bound) {
    List<Tag> own = new ArrayList<>();
    Labels.forEach(labels, (label, text) -> own.add(Tag.of(label, text)));
    if (!bound.isEmpty()) {
      own.add(Tag.of("le", bound));
    }
    return tags.and(own);
  }

  private Shown registered(Metric metric, String name, Tags all) {
    Cell cell = new Cell();
    return new Shown(
        cell,
        metric.kind() == Metric.Kind.COUNTER
            ? FunctionCounter.builder(name, cell, Cell::value)
                .description(metric.help())
                .tags(all)
                .register(registry)
            : Gauge.builder(name, cell, Cell::value)
                .description(metric.help())
                .tags(all)
                .strongReference(true)
                .register(registry));
  }
}
