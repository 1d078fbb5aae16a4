package io.redoubt.dist.reference;

import io.redoubt.dist.reference.ReferenceGroup.Exported;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The metrics by section: the section of INFO for its fields, otherwise the part of the program
 * that exports them.
 */
final class MetricsPage {
  static final String PREFIX = "metric";
  private static final Pattern FIELD = Pattern.compile("Field (\\S+) of INFO (\\w+)\\.$");

  /** The sections of metrics outside of INFO, by the prefix of their names. */
  private static final List<List<String>> PARTS =
      List.of(
          List.of("redis_sentinel_", "Sentinel"),
          List.of("redoubt_sentinel_", "Sentinel"),
          List.of("redoubt_jvm_", "Java"),
          List.of("redis_commands_", "Commands"),
          List.of("redis_cluster_", "Cluster"),
          List.of("redis_db_", "Keyspace"),
          List.of("redis_connected_slave_", "Replication"),
          List.of("redoubt_connected_slave_", "Replication"),
          List.of("redis_master_", "Replication"));

  private static final String OTHERS = "Others";

  private MetricsPage() {}

  static void write(HtmlPage page, Map<String, Exported> metrics) {
    page.paragraph(
        "The metrics that a master, a replica and a sentinel export under /metrics once"
            + " metrics-port is set.");
    Map<String, List<List<String>>> sections = new TreeMap<>();
    metrics.forEach((name, metric) ->
        sections
            .computeIfAbsent(sectionOf(name, metric), _ -> new ArrayList<>())
            .add(
                List.of(
                    name,
                    meaning(metric),
                    metric.kind() + " of " + String.join(", ", metric.sources()))));
    sections.forEach((name, rows) -> {
      page.section(HtmlPage.id("section", name), name);
      page.table(PREFIX, List.of("name", "meaning", "kind"), rows);
    });
  }

  private static String meaning(Exported metric) {
    return FIELD.matcher(metric.help()).replaceFirst("INFO: `$1`.");
  }

  private static String sectionOf(String name, Exported metric) {
    Matcher field = FIELD.matcher(metric.help());
    if (field.find()) {
      String section = field.group(2);
      return section.substring(0, 1).toUpperCase(Locale.ROOT) + section.substring(1);
    }
    return PARTS.stream()
        .filter(part -> name.startsWith(part.getFirst()))
        .map(List::getLast)
        .findFirst()
        .orElse(OTHERS);
  }
}
