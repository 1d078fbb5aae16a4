package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.net.URI;
import java.net.URISyntaxException;

/** The directives for metrics over HTTP, pulled or pushed, shared by data server and sentinel. */
public final class MetricsDirectives extends DirectiveGroup {
  private static final String IMMUTABLE = "can't set immutable config";

  /** The reason is security: CONFIG SET must not send metrics, and credentials, anywhere else. */
  private static final String COLLECTOR_IS_FIXED =
      "can't set immutable config: the collector is chosen by whoever starts the process";

  private static final int MAX_PORT = 65535;
  private static final int MAX_INTERVAL_SECONDS = 24 * 60 * 60;

  {
    startSection("METRICS");
  }

  public final IntDirective metricsPort =
      integer("metrics-port", 0)
          .between(0, MAX_PORT)
          .fixedAtRunTime(IMMUTABLE)
          .doc(
              "The port of an HTTP server with /metrics (for Prometheus), /healthz, /readyz and a"
                  + " page that shows this process live; 0 for none. It uses TLS if tls-port is"
                  + " set. Metrics need a user that may run INFO, by basic authentication unless"
                  + " the default user needs no password.");

  public final TextDirective metricsBind =
      text("metrics-bind", "127.0.0.1")
          .fixedAtRunTime(IMMUTABLE)
          .doc("The address on which metrics-port listens.");

  public final TextDirective metricsHosts =
      text("metrics-hosts", "")
          .fixedAtRunTime(IMMUTABLE)
          .shown(
              "\"redis-1 redis-1.example.com\"",
              "The host names, separated by spaces, under which metrics-port may be"
                  + " requested, in addition to localhost and IP addresses.");

  public final YesNoDirective pageShowKeys =
      yesNo("page-show-keys", false)
          .doc("Show names of keys on the page of metrics-port; it never shows values.");

  public final TextDirective metricsOtlpUrl =
      text("metrics-otlp-url", "")
          .check(MetricsDirectives::checkCollector)
          .sensitive() // its query may have a key
          .fixedAtRunTime(COLLECTOR_IS_FIXED)
          .shown(
              "http://localhost:4318/v1/metrics",
              "The URL of an OpenTelemetry collector (OTLP over HTTP, protobuf) to which this"
                  + " process pushes the metrics that /metrics would show.");

  public final TextDirective metricsOtlpHeadersFile =
      text("metrics-otlp-headers-file", "")
          .fixedAtRunTime(COLLECTOR_IS_FIXED)
          .shown(
              "/run/secrets/otlp-headers",
              "A file with headers for the collector, one \"Name: value\" a line, such as"
                  + " Authorization. It is read at each push, so a token may be renewed; only the"
                  + " user of this process should be able to read it.");

  public final IntDirective metricsOtlpInterval =
      integer("metrics-otlp-interval", 60)
          .between(1, MAX_INTERVAL_SECONDS)
          .doc("The seconds between two pushes to metrics-otlp-url.");

  public final TextDirective metricsOtlpResourceAttributes =
      text("metrics-otlp-resource-attributes", "")
          .check(MetricsDirectives::checkAttributes)
          .fixedAtRunTime(IMMUTABLE)
          .shown(
              "service.name=cart-cache,deployment.environment.name=production",
              "Attributes that tell the collector which process pushes, in the form of"
                  + " OTEL_RESOURCE_ATTRIBUTES: name=value, separated by commas, with"
                  + " percent-encoding. They override service.name, service.version and"
                  + " service.instance.id, which are set otherwise.");

  private static void checkAttributes(String text) throws RefusedValue {
    ResourceAttributes.parse(text);
  }

  private static void checkCollector(String url) throws RefusedValue {
    if (url.isEmpty()) {
      return;
    }
    URI parsed;
    try {
      parsed = new URI(url);
    } catch (URISyntaxException e) {
      throw new RefusedValue("not a URL", e);
    }
    String scheme = parsed.getScheme();
    boolean isHttp = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
    if (!isHttp || parsed.getHost() == null || parsed.getPort() > MAX_PORT) {
      throw new RefusedValue("must be a URL such as http://localhost:4318/v1/metrics");
    }
    if (parsed.getRawUserInfo() != null) {
      throw new RefusedValue(
          "must not contain a password: name a file with an Authorization header in"
              + " metrics-otlp-headers-file");
    }
  }
}
