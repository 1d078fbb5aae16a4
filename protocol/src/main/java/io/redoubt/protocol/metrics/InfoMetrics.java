package io.redoubt.protocol.metrics;

import io.redoubt.protocol.info.Info;
import io.redoubt.protocol.info.Section;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Exports every numeric field of INFO as a metric, from the field's declaration. Confined to the
 * event loop.
 *
 * <p>A field that redis_exporter exports keeps its name there, so that dashboards made for it work;
 * the resource {@code exporter-names.txt} lists those. All others are prefixed with {@code
 * redoubt_}, and counters among them end in {@code _total}. The resource {@code info-fields.tsv}
 * has the meaning of each field.
 */
public final class InfoMetrics {
  private static final String NAMES = "exporter-names.txt";
  private static final String MEANINGS = "info-fields.tsv";
  private static final String TOTAL = "total_";

  /** Fields without meaning as a metric: the time of day, and the parts of a version. */
  private static final Set<String> LEFT_OUT =
      Set.of("server_time_usec", "lru_clock", "uptime_in_days", "redis_git_dirty", "arch_bits");

  private final Info info;
  private final Map<String, String> exporterNames = read(NAMES, " ");
  private final Map<String, String> meanings = read(MEANINGS, "\t");
  private final Map<String, Metric> metrics = new HashMap<>();

  /** Creates the metrics of an INFO. More of its fields may be declared later. */
  public InfoMetrics(Info info) {
    this.info = info;
  }

  /** Reads a resource of two columns. */
  private static Map<String, String> read(String resource, String separator) {
    Map<String, String> rows = new HashMap<>();
    try (InputStream in = InfoMetrics.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no " + resource);
      }
      var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] columns = line.split(separator, 2);
        rows.put(columns[0], columns[1]);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  /**
   * Adds the fields that are currently shown.
   *
   * @param labelled fields with labels of their own
   * @param labels their labels, in the form of {@link Labels#of}
   */
  public void addTo(MetricsSnapshot snapshot, Set<String> labelled, String labels) {
    for (Section section : info.sections()) {
      addTo(snapshot, section, labelled, labels);
    }
  }

  /** Adds the fields of one section that are shown now, in the same way. */
  public void addTo(
      MetricsSnapshot snapshot, Section section, Set<String> labelled, String labels) {
    section.forEachNumber(number -> {
      if (!LEFT_OUT.contains(number.name())) {
        String own = labelled.contains(number.name()) ? labels : Labels.NONE;
        snapshot.add(metric(number), own, number.value().getAsDouble());
      }
    });
  }

  public List<Section> sections() {
    return info.sections();
  }

  private Metric metric(Section.Number number) {
    return metrics.computeIfAbsent(number.name(), field -> declare(number));
  }

  private Metric declare(Section.Number number) {
    String meaning = meanings.get(number.name());
    String place = "Field " + number.name() + " of INFO " + number.section() + '.';
    String help = meaning == null ? place : meaning + ' ' + place;
    String known = exporterNames.get(number.name());
    if (known != null) {
      return number.grows() && known.endsWith(Metric.COUNTER_SUFFIX)
          ? Metric.counter(known, help)
          : Metric.gauge(known, help);
    }
    return number.grows()
        ? Metric.counter(ownCounter(number.name()), help)
        : Metric.gauge(ownGauge(number.name()), help);
  }

  /** Returns the name of a gauge as Prometheus' conventions want it; promtool checks them. */
  private static String ownGauge(String field) {
    String bare =
        field.endsWith(Metric.COUNTER_SUFFIX)
            ? field.substring(0, field.length() - Metric.COUNTER_SUFFIX.length())
            : field;
    return "redoubt_" + bare.replaceFirst("_per_sec$", "_per_second");
  }

  private static String ownCounter(String field) {
    String bare = field.startsWith(TOTAL) ? field.substring(TOTAL.length()) : field;
    return "redoubt_" + bare + Metric.COUNTER_SUFFIX;
  }
}
