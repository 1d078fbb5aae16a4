package io.redoubt.dist.reference;

import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.keyspace.event.KeyEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The pages of the reference. Directives and keyspace events are read from their declarations,
 * commands and metrics from servers started in this process.
 */
final class Reference implements AutoCloseable {
  /** Events of sentinels by type, a tab between type and description. */
  static final String SENTINEL_EVENTS = "sentinel-events.tsv";

  private final Origins origins = new Origins();
  private final ReferenceGroup group;

  Reference() throws Exception {
    group = ReferenceGroup.start();
  }

  /** Writes the body of a page. */
  @FunctionalInterface
  interface Body {
    void write(HtmlPage page) throws Exception;
  }

  /** Returns the writer of a page of {@link Site#REFERENCE}. */
  Body body(String file) {
    return switch (file) {
      case "commands.html" -> new CommandPages(group, origins)::write;
      case "directives.html" -> new DirectivesPage(origins)::write;
      case "metrics.html" -> page -> MetricsPage.write(page, group.metrics());
      case "events.html" -> Reference::events;
      default -> throw new IllegalArgumentException(file);
    };
  }

  private static void events(HtmlPage page) throws IOException {
    page.section("keyspace-events", "Keyspace events");
    page.paragraph(
        "Published on __keyevent@DB__:EVENT and __keyspace@DB__:KEY as notify-keyspace-events"
            + " selects them.");
    page.table(
        "keyspace-event",
        List.of("event", "letter of notify-keyspace-events"),
        Arrays.stream(KeyEvent.values())
            .map(event ->
                List.of(event.wireName().toString(), String.valueOf(event.eventClass().letter())))
            .toList());
    page.section("sentinel-events", "Events of sentinels");
    page.paragraph(
        "Logged, and published on the channel of the event's name; the payload starts with the"
            + " kind, name, address and port of the instance.");
    List<List<String>> rows = new ArrayList<>();
    sentinelEvents().forEach((type, sentence) -> rows.add(List.of(type, sentence)));
    page.table("sentinel-event", List.of("event", "meaning"), rows);
    page.section("latency-events", "Events of LATENCY");
    page.paragraph("Recorded when they take longer than latency-monitor-threshold.");
    page.table(
        "latency-event",
        List.of("event"),
        Arrays.stream(LatencyEvent.values()).map(event -> List.of(event.label())).toList());
  }

  /** Returns the description of each event of a sentinel. */
  static Map<String, String> sentinelEvents() throws IOException {
    Map<String, String> events = new TreeMap<>();
    Resource.text(SENTINEL_EVENTS)
        .lines()
        .map(line -> line.split("\t", 2))
        .forEach(columns -> events.put(columns[0], columns[1]));
    return events;
  }

  @Override
  public void close() throws IOException {
    group.close();
  }
}
