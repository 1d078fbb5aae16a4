package io.redoubt.protocol.metrics;

/** A metric: its name, kind and description. Declared once; compared by identity. */
public final class Metric {
  /** The kinds of metrics. */
  public enum Kind {
    /** A value that may fall. */
    GAUGE,
    /** A value that only grows until the process or its statistics restart. */
    COUNTER,
    /** Counts of observations in buckets, with their sum. */
    HISTOGRAM
  }

  /** The ending that names of counters must have. */
  static final String COUNTER_SUFFIX = "_total";

  private final String name;
  private final Kind kind;
  private final String help;

  private Metric(String name, Kind kind, String help) {
    this.name = name;
    this.kind = kind;
    this.help = help;
  }

  public static Metric gauge(String name, String help) {
    return new Metric(name, Kind.GAUGE, help);
  }

  /** Declares a counter; its name must end in {@code _total}. */
  public static Metric counter(String name, String help) {
    if (!name.endsWith(COUNTER_SUFFIX)) {
      throw new IllegalArgumentException("a counter without " + COUNTER_SUFFIX + ": " + name);
    }
    return new Metric(name, Kind.COUNTER, help);
  }

  public static Metric histogram(String name, String help) {
    return new Metric(name, Kind.HISTOGRAM, help);
  }

  public String name() {
    return name;
  }

  public Kind kind() {
    return kind;
  }

  /** Returns the description, one line. */
  public String help() {
    return help;
  }

  @Override
  public String toString() {
    return name;
  }
}
