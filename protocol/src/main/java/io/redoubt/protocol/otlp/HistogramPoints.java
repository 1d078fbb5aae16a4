package io.redoubt.protocol.otlp;

import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import java.util.LinkedHashMap;
import java.util.Map;

/** Histograms as OTLP's metrics with explicit bounds. Confined to the thread that pushes. */
final class HistogramPoints {
  private final Map<Metric, Histogram.Builder> histograms = new LinkedHashMap<>();
  private final PushClock clock;

  HistogramPoints(PushClock clock) {
    this.clock = clock;
  }

  /** Adds a histogram; see {@link io.redoubt.protocol.metrics.Samples#histogram}. */
  void add(Metric metric, String labels, double[] bounds, long[] counts, double sum) {
    HistogramDataPoint.Builder point =
        HistogramDataPoint.newBuilder().setStartTimeUnixNano(clock.startUnixNanos()).setSum(sum);
    Labels.forEach(
        labels,
        (name, value) ->
            point.addAttributes(
                KeyValue.newBuilder()
                    .setKey(name)
                    .setValue(AnyValue.newBuilder().setStringValue(value))));
    for (double bound : bounds) {
      point.addExplicitBounds(bound);
    }
    long total = 0;
    for (long count : counts) {
      point.addBucketCounts(count);
      total += count;
    }
    histograms
        .computeIfAbsent(
            metric,
            it ->
                Histogram.newBuilder()
                    .setAggregationTemporality(
                        AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE))
        .addDataPoints(point.setCount(total));
  }

  /** Appends the metrics, with the time of the push. */
  void appendTo(ScopeMetrics.Builder scope) {
    histograms.forEach((metric, histogram) -> {
      histogram
          .getDataPointsBuilderList()
          .forEach(point -> point.setTimeUnixNano(clock.pushUnixNanos()));
      scope
          .addMetricsBuilder()
          .setName(metric.name())
          .setDescription(metric.help())
          .setHistogram(histogram);
    });
  }
}
