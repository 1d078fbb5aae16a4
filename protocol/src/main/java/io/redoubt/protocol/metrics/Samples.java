package io.redoubt.protocol.metrics;

/** Receives the samples of a {@link MetricsSnapshot}, those of a metric one after the other. */
public interface Samples {
  /**
   * Receives a sample of a gauge or counter.
   *
   * @param labels in the form of {@link Labels#of}
   */
  void value(Metric metric, String labels, double value);

  /**
   * Receives a histogram. The arrays belong to the snapshot and must not be changed.
   *
   * @param labels in the form of {@link Labels#of}
   * @param bounds the upper bounds of the buckets, without the infinite one
   * @param counts the observations in each bucket and, last, above all bounds
   * @param sum the sum of all observations, in the unit of the bounds
   */
  void histogram(Metric metric, String labels, double[] bounds, long[] counts, double sum);
}
