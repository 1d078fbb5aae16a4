package io.redoubt.protocol.otlp;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A collector of metrics over HTTP that decodes what it gets with the classes of OpenTelemetry's
 * protocol.
 */
public final class CollectorStub implements AutoCloseable {
  /** A request. */
  public record Received(Map<String, List<String>> headers, ExportMetricsServiceRequest body) {
    /** Returns all metrics by name. */
    public Map<String, Metric> metrics() {
      Map<String, Metric> byName = new TreeMap<>();
      body.getResourceMetricsList()
          .forEach(resource ->
              resource
                  .getScopeMetricsList()
                  .forEach(scope ->
                      scope
                          .getMetricsList()
                          .forEach(metric -> {
                            if (byName.put(metric.getName(), metric) != null) {
                              throw new IllegalStateException("twice: " + metric.getName());
                            }
                          })));
      return byName;
    }

    /** Returns the attributes of the process. */
    public Map<String, String> process() {
      return texts(body.getResourceMetrics(0).getResource().getAttributesList());
    }
  }

  private final HttpServer http;
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private volatile byte[] reply = {};
  private volatile String location = "";

  /** Listens on a free port. */
  public CollectorStub() throws IOException {
    this(0);
  }

  /** Listens on a port. */
  public CollectorStub(int port) throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    http.createContext(
        "/v1/metrics",
        exchange -> {
          try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            received.add(
                new Received(
                    Map.copyOf(exchange.getRequestHeaders()),
                    ExportMetricsServiceRequest.parseFrom(body)));
            if (!location.isEmpty()) {
              exchange.getResponseHeaders().set("Location", location);
            }
            exchange.sendResponseHeaders(status, reply.length == 0 ? -1 : reply.length);
            exchange.getResponseBody().write(reply);
          } catch (InvalidProtocolBufferException e) {
            exchange.sendResponseHeaders(400, -1);
          }
        });
    http.start();
  }

  /** Returns attributes whose values are texts. */
  public static Map<String, String> texts(List<KeyValue> attributes) {
    Map<String, String> texts = new TreeMap<>();
    attributes.forEach(each -> texts.put(each.getKey(), each.getValue().getStringValue()));
    return texts;
  }

  /** Returns the point of a metric with these labels, among others. */
  public static NumberDataPoint point(Metric metric, Map<String, String> labels) {
    List<NumberDataPoint> points =
        metric.hasSum()
            ? metric.getSum().getDataPointsList()
            : metric.getGauge().getDataPointsList();
    return points.stream()
        .filter(each -> texts(each.getAttributesList()).entrySet().containsAll(labels.entrySet()))
        .findFirst()
        .orElseThrow(() -> new AssertionError(labels + " is not in " + metric));
  }

  /** Returns the histogram of a metric with exactly these labels. */
  public static HistogramDataPoint histogram(Metric metric, Map<String, String> labels) {
    return metric.getHistogram().getDataPointsList().stream()
        .filter(each -> texts(each.getAttributesList()).equals(labels))
        .findFirst()
        .orElseThrow(() -> new AssertionError(labels + " is not in " + metric));
  }

  public String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/v1/metrics";
  }

  public void replies(int newStatus, byte[] body) {
    reply = body;
    status = newStatus;
  }

  public void redirectsTo(String url) {
    location = url;
    status = 307;
  }

  public List<Received> received() {
    return received;
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
