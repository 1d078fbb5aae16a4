package io.redoubt.protocol.otlp;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tag;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.redoubt.protocol.metrics.Labels;
import io.redoubt.protocol.metrics.Metric;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.metrics.Samples;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Threads;
import java.io.IOException;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One push of metrics. {@link #send} runs on a thread that may block; {@link #abort} may be called
 * by any thread.
 *
 * <p>Each push has a registry of its own, which publishes when it is closed. Nothing is kept
 * between pushes: a label that has disappeared needs no removal, and a process that pushes once a
 * minute has no meters in its heap meanwhile. Histograms, which are counted by the event loop, are
 * added to the request as it is sent, since Micrometer's can only count by themselves.
 */
public final class OtlpPush {
  private final Collector collector;
  private final Clock clock;
  private final Threads threads;
  private final CollectorRequest request;

  /**
   * Prepares a push.
   *
   * @param headers sent with the request; their names and values must be valid
   */
  public OtlpPush(Collector collector, Map<String, String> headers, Clock clock, Threads threads) {
    this.collector = collector;
    this.clock = clock;
    this.threads = threads;
    request = new CollectorRequest(collector.url(), headers);
  }

  /**
   * Sends the samples of snapshots that have no metric in common.
   *
   * @throws IOException if the collector can't be reached or does not accept all of them
   */
  public void send(MetricsSnapshot... snapshots) throws IOException {
    PushClock time = new PushClock(clock, collector.startMillis());
    HistogramPoints histograms = new HistogramPoints(time);
    SentRequest sent = new SentRequest(request, histograms);
    OtlpMeterRegistry registry =
        OtlpMeterRegistry.builder(new PushSettings(collector))
            .clock(time)
            .threadFactory(task -> threads.unstarted("metrics-timer", task)) // ends with the push
            .metricsSender(sent)
            .build();
    for (MetricsSnapshot snapshot : snapshots) {
      snapshot.forEach(new Registration(registry, snapshot, histograms));
    }
    time.leaveStart();
    registry.close(); // publishes
    Reference.reachabilityFence(snapshots); // the registry refers to them weakly
    sent.throwFailure();
  }

  /** Breaks off a push that takes too long: {@link #send} fails. May block for a moment. */
  public void abort() {
    request.abort();
  }

  /** Registers each sample as a meter with the name and the labels of the scrape endpoint. */
  private record Registration(
      OtlpMeterRegistry registry, MetricsSnapshot snapshot, HistogramPoints histograms)
      implements Samples {
    @Override
    public void value(Metric metric, String labels, double value) {
      List<Tag> tags = new ArrayList<>();
      Labels.forEach(labels, (name, text) -> tags.add(Tag.of(name, text)));
      if (metric.kind() == Metric.Kind.COUNTER) {
        FunctionCounter.builder(metric.name(), snapshot, any -> value)
            .description(metric.help())
            .tags(tags)
            .register(registry);
      } else {
        Gauge.builder(metric.name(), snapshot, any -> value)
            .description(metric.help())
            .tags(tags)
            .register(registry);
      }
    }

    @Override
    public void histogram(
        Metric metric, String labels, double[] bounds, long[] counts, double sum) {
      histograms.add(metric, labels, bounds, counts, sum);
    }
  }
}
