package io.redoubt.protocol.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of a process at one moment. Filled by its owner with {@link #add}, and not changed
 * any more once it is published to other threads.
 */
public final class MetricsSnapshot {
  private final Map<Metric, Family> families = new LinkedHashMap<>();

  /** Creates a snapshot without samples. */
  public MetricsSnapshot() {}

  /** Adds a sample without labels. */
  public void add(Metric metric, double value) {
    family(metric).add(Labels.NONE, value);
  }

  /** Adds a sample with labels in the form of {@link Labels#of}. */
  public void add(Metric metric, String labels, double value) {
    family(metric).add(labels, value);
  }

  /**
   * Adds a histogram.
   *
   * @param buckets upper bounds, shared by all samples of the metric, without the infinite one
   * @param counts the observations in each bucket and, last, above all bounds; owned by the
   *     snapshot from now on
   * @param sum the sum of all observations, in the unit of the bounds
   */
  public void add(Metric metric, String labels, double[] buckets, long[] counts, double sum) {
    if (counts.length != buckets.length + 1) {
      throw new IllegalArgumentException(metric + ": " + counts.length + " counts");
    }
    Family family = family(metric);
    family.buckets = buckets;
    family.counts.add(counts);
    family.add(labels, sum);
  }

  /** Passes all samples, in the order of the metrics' first use. */
  public void forEach(Samples receiver) {
    for (Family family : families.values()) {
      for (int i = 0; i < family.size(); i++) {
        String label = family.labels(i);
        if (family.metric.kind() == Metric.Kind.HISTOGRAM) {
          receiver.histogram(
              family.metric, label, family.buckets, family.counts(i), family.value(i));
        } else {
          receiver.value(family.metric, label, family.value(i));
        }
      }
    }
  }

  private Family family(Metric metric) {
    return families.computeIfAbsent(metric, Family::new);
  }

  /** Returns the metrics with their samples, in the order of first use. */
  Collection<Family> families() {
    return Collections.unmodifiableCollection(families.values());
  }

  /** One metric's samples. */
  static final class Family {
    private static final double[] NO_BUCKETS = {};

    private final Metric metric;
    private final List<String> labels = new ArrayList<>(1);
    private double[] values = new double[1];
    private double[] buckets = NO_BUCKETS;
    private final List<long[]> counts = new ArrayList<>(0);

    Family(Metric metric) {
      this.metric = metric;
    }

    private void add(String label, double value) {
      if (labels.size() == values.length) {
        values = Arrays.copyOf(values, values.length * 2);
      }
      values[labels.size()] = value;
      labels.add(label);
    }

    Metric metric() {
      return metric;
    }

    int size() {
      return labels.size();
    }

    String labels(int index) {
      return labels.get(index);
    }

    /** Returns a sample's value; of a histogram the sum. */
    double value(int index) {
      return values[index];
    }

    /** Returns the texts of the upper bounds, the infinite one included. */
    String[] bounds() {
      String[] texts = new String[buckets.length + 1];
      for (int i = 0; i < buckets.length; i++) {
        texts[i] = Double.toString(buckets[i]); // canonical, as OpenMetrics wants it
      }
      texts[buckets.length] = "+Inf";
      return texts;
    }

    long[] counts(int index) {
      return counts.get(index);
    }
  }
}
