package io.redoubt.protocol.otlp;

import com.google.protobuf.InvalidProtocolBufferException;
import io.micrometer.registry.otlp.OtlpMetricsSender;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Adds histograms to the request of a registry, and sends it. A failure is kept for {@link
 * #throwFailure}: the registry would log it, at each push and with the collector's text.
 */
final class SentRequest implements OtlpMetricsSender {
  private final CollectorRequest request;
  private final HistogramPoints histograms;
  private @Nullable IOException failure = new IOException("nothing was sent");

  SentRequest(CollectorRequest request, HistogramPoints histograms) {
    this.request = request;
    this.histograms = histograms;
  }

  @Override
  public void send(Request values) {
    try {
      ExportMetricsServiceRequest.Builder all =
          ExportMetricsServiceRequest.parseFrom(values.getMetricsData()).toBuilder();
      histograms.appendTo(all.getResourceMetricsBuilder(0).getScopeMetricsBuilder(0));
      check(request.post(all.build().toByteArray()));
      failure = null;
    } catch (IOException e) {
      failure = e;
    } catch (RuntimeException e) { // the registry would log its message, which may have a header
      failure = new IOException(e.getClass().getName(), e);
    }
  }

  /** Fails if the collector has not accepted everything. Its message is not trusted. */
  private static void check(byte[] reply) throws IOException {
    long rejected;
    try {
      rejected =
          ExportMetricsServiceResponse.parseFrom(reply).getPartialSuccess().getRejectedDataPoints();
    } catch (InvalidProtocolBufferException e) {
      return; // several collectors reply with text
    }
    if (rejected > 0) {
      throw new IOException("the collector has rejected " + rejected + " data points");
    }
  }

  /** Throws the reason why the metrics did not reach the collector, if they did not. */
  void throwFailure() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }
}
