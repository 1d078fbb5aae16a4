package io.redoubt.dist.reference;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Writes the reference into a folder. Directives and keyspace events come from their declarations;
 * commands and metrics from servers of this process, which publish theirs.
 */
public final class Reference {
  /** Events of sentinels by type, a tab between type and description. */
  static final String SENTINEL_EVENTS = "sentinel-events.tsv";

  private final Path folder;
  private final String version;

  private Reference(Path folder, String version) {
    this.folder = folder;
    this.version = version;
  }

  /** Takes the folder to write to and the version of Redoubt. */
  public static void main(String[] arguments) throws Exception {
    new Reference(Path.of(arguments[0]), arguments[1]).write();
  }

  private void write() throws Exception {
    Files.createDirectories(folder);
    try (ReferenceGroup group = ReferenceGroup.start()) {
      page("commands.html", new CommandPages(group)::write);
      page("metrics.html", page -> metrics(page, group.metrics()));
    }
    page("directives.html", this::directives);
    page("events.html", this::events);
    page("index.html", this::index);
  }

  /** Writes the body of a page. */
  @FunctionalInterface
  interface Body {
    void write(HtmlPage page) throws Exception;
  }

  private void page(String file, Body body) throws Exception {
    String title =
        HtmlPage.PAGES.stream()
            .filter(it -> it.getFirst().equals(file))
            .findFirst()
            .orElseThrow()
            .getLast();
    HtmlPage page = new HtmlPage(file, title, version);
    body.write(page);
    Files.writeString(folder.resolve(file), page.end());
  }

  private void index(HtmlPage page) {
    page.paragraph("Redoubt " + version + ", a Redis-compatible data server and sentinel.");
    page.table(
        "The pages",
        List.of("page", "content"),
        List.of(
            List.of("commands.html", "each command with its arguments, history and flags"),
            List.of("directives.html", "each line of redis.conf and sentinel.conf"),
            List.of("metrics.html", "each metric of /metrics, see metrics-port"),
            List.of("events.html", "keyspace events, events of sentinels, events of LATENCY")));
  }

  // Directives.

  private void directives(HtmlPage page) {
    page.contents(
        "Files",
        List.of(List.of("redis-conf", "redis.conf"), List.of("sentinel-conf", "sentinel.conf")));
    page.section("redis-conf", "redis.conf");
    directives(page, "server", new ServerDirectives());
    page.section("sentinel-conf", "sentinel.conf");
    directives(page, "sentinel", new SentinelDirectives());
  }

  private static void directives(HtmlPage page, String prefix, Directives directives) {
    Map<String, List<Directive<?, ?>>> sections = new LinkedHashMap<>();
    for (Directive<?, ?> directive : directives.all()) {
      sections.computeIfAbsent(directive.section(), _ -> new ArrayList<>()).add(directive);
    }
    sections.values().forEach(each -> each.forEach(it -> directive(page, prefix, it)));
    for (FileWord word : directives.fileWords()) {
      for (FileWord.Example example : word.examples()) {
        String line = word.name() + " " + example.arguments();
        page.entry(HtmlPage.id(prefix, line), line).paragraph(example.sentences());
      }
    }
  }

  private static <T> void directive(HtmlPage page, String prefix, Directive<T, ?> directive) {
    List<String> names = new ArrayList<>(directive.aliases());
    names.addAll(directive.newerNames());
    // The default of some, such as dir, is of the machine: the shipped file has its general form.
    List<String> lines =
        directive.shipped().isEmpty()
            ? directive.lines(directive.defaultValue())
            : List.of(directive.shipped());
    page.entry(HtmlPage.id(prefix, directive.name()), directive.name());
    page.paragraph(directive.doc());
    page.facts(
        List.of(
            List.of("section", directive.section().toLowerCase(Locale.ROOT)),
            List.of("default", lines.isEmpty() ? "none" : String.join("; ", lines)),
            List.of("example", directive.example()),
            List.of("other names", String.join(", ", names)),
            List.of("CONFIG SET", change(directive)),
            List.of(
                "effect", directive.isWithoutEffect() ? "none; accepted for compatibility" : "")));
  }

  private static String change(Directive<?, ?> directive) {
    if (directive.isImmutable()) {
      return "only in the file or the command line";
    }
    return directive.isGuarded() ? "needs enable-protected-configs" : "yes";
  }

  // Metrics.

  private static void metrics(HtmlPage page, Map<String, ReferenceGroup.Exported> metrics) {
    page.paragraph(
        "The metrics that a master, a replica and a sentinel export under /metrics once"
            + " metrics-port is set.");
    List<List<String>> rows = new ArrayList<>();
    metrics.forEach((name, metric) ->
        rows.add(List.of(name, metric.kind(), String.join(", ", metric.sources()), metric.help())));
    page.table("All metrics", List.of("name", "kind", "of", "description"), rows);
  }

  // Events.

  private void events(HtmlPage page) throws IOException {
    page.section("keyspace-events", "Keyspace events");
    page.paragraph(
        "Published on __keyevent@DB__:EVENT and __keyspace@DB__:KEY as notify-keyspace-events"
            + " selects them.");
    page.table(
        "Keyspace events",
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
    page.table("Events of sentinels", List.of("event", "meaning"), rows);
    page.section("latency-events", "Events of LATENCY");
    page.paragraph("Recorded when they take longer than latency-monitor-threshold.");
    page.table(
        "Events of LATENCY",
        List.of("event"),
        Arrays.stream(LatencyEvent.values()).map(event -> List.of(event.label())).toList());
  }

  /** Returns the description of each event of a sentinel. */
  static Map<String, String> sentinelEvents() throws IOException {
    Map<String, String> events = new TreeMap<>();
    try (InputStream in = Reference.class.getResourceAsStream(SENTINEL_EVENTS)) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      text.lines()
          .map(line -> line.split("\t", 2))
          .forEach(columns -> events.put(columns[0], columns[1]));
    }
    return events;
  }
}
