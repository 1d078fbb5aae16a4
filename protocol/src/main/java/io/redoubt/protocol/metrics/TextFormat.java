package io.redoubt.protocol.metrics;

import io.redoubt.protocol.metrics.MetricsSnapshot.Family;
import java.util.function.Consumer;

/**
 * The text forms of metrics: Prometheus' version 0.0.4 and OpenMetrics 1.0.0 (Prometheus'
 * "Exposition formats" and the OpenMetrics specification, section "Text format").
 */
public enum TextFormat {
  /** Prometheus' own. */
  PROMETHEUS("text/plain; version=0.0.4; charset=utf-8"),
  /** OpenMetrics. */
  OPENMETRICS("application/openmetrics-text; version=1.0.0; charset=utf-8");

  private static final String OPENMETRICS_TYPE = "application/openmetrics-text";

  private static final String[] NO_BOUNDS = {};

  private static final int PIECE_CHARS = 1 << 14;

  private final String contentType;

  TextFormat(String contentType) {
    this.contentType = contentType;
  }

  /** Returns the format that a client asks for by the value of its Accept header. */
  public static TextFormat accepted(String header) {
    return header.contains(OPENMETRICS_TYPE) ? OPENMETRICS : PROMETHEUS;
  }

  public String contentType() {
    return contentType;
  }

  /**
   * Writes several snapshots, which have no metric in common.
   *
   * @param pieces takes the text, some kilobytes of whole lines at a time: all of it may be a
   *     megabyte
   */
  public void write(Consumer<String> pieces, MetricsSnapshot... snapshots) {
    StringBuilder text = new StringBuilder(PIECE_CHARS + PIECE_CHARS / 4);
    for (MetricsSnapshot snapshot : snapshots) {
      for (Family family : snapshot.families()) {
        write(family, text, pieces);
      }
    }
    if (this == OPENMETRICS) {
      text.append("# EOF\n");
    }
    pieces.accept(text.toString());
  }

  private void write(Family family, StringBuilder text, Consumer<String> pieces) {
    Metric metric = family.metric();
    String name = metric.name();
    boolean counter = metric.kind() == Metric.Kind.COUNTER;
    String described =
        counter && this == OPENMETRICS
            ? name.substring(0, name.length() - Metric.COUNTER_SUFFIX.length())
            : name;
    text.append("# HELP ").append(described).append(' ').append(metric.help()).append('\n');
    text.append("# TYPE ").append(described).append(' ');
    text.append(
        switch (metric.kind()) {
          case GAUGE -> "gauge\n";
          case COUNTER -> "counter\n";
          case HISTOGRAM -> "histogram\n";
        });
    String[] ends = metric.kind() == Metric.Kind.HISTOGRAM ? family.bounds() : NO_BOUNDS;
    for (int i = 0; i < ends.length; i++) {
      ends[i] = "le=\"" + ends[i] + "\"} ";
    }
    for (int i = 0; i < family.size(); i++) {
      if (metric.kind() == Metric.Kind.HISTOGRAM) {
        histogram(family, i, ends, text);
      } else {
        sample(name, "", family.labels(i), family.value(i), text);
      }
      if (text.length() >= PIECE_CHARS) {
        pieces.accept(text.toString());
        text.setLength(0);
      }
    }
  }

  private static void histogram(Family family, int index, String[] ends, StringBuilder text) {
    String name = family.metric().name();
    String labels = family.labels(index);
    long[] counts = family.counts(index);
    String bucket = name + "_bucket{" + labels + (labels.isEmpty() ? "" : ",");
    long reached = 0;
    for (int i = 0; i < counts.length; i++) {
      reached += counts[i];
      text.append(bucket).append(ends[i]).append(reached).append('\n');
    }
    sample(name, "_sum", labels, family.value(index), text);
    sample(name, "_count", labels, reached, text);
  }

  private static void sample(
      String name, String suffix, String labels, double value, StringBuilder text) {
    text.append(name).append(suffix);
    if (!labels.isEmpty()) {
      text.append('{').append(labels).append('}');
    }
    text.append(' ');
    number(value, text);
    text.append('\n');
  }

  private static void number(double value, StringBuilder text) {
    long whole = (long) value;
    if (whole == value && Math.abs(whole) < 1L << 53) {
      text.append(whole);
    } else if (Double.isInfinite(value)) {
      text.append(value > 0 ? "+Inf" : "-Inf");
    } else {
      text.append(value);
    }
  }
}
