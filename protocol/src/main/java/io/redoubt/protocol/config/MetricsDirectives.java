package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The directives for metrics over HTTP, shared by data server and sentinel. */
public final class MetricsDirectives extends DirectiveGroup {
  private static final String IMMUTABLE = "can't set immutable config";

  {
    startSection("METRICS");
  }

  public final IntDirective metricsPort =
      integer("metrics-port", 0)
          .between(0, 65535)
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
}
