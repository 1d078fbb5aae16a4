package io.redoubt.dist.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.metrics.InfoMetrics;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.RedisServer;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writes the manual and compares its reference with the declarations. */
final class ReferenceTest {
  private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]*)\"");
  private static final Pattern COMMAND =
      Pattern.compile("<h3 id=\"command-[^\"]*\">([^<]*?)( <span class=\"badge\">[^<]*)?</");
  private static final Pattern INDEXED =
      Pattern.compile("(?m)^\\[\"([^\"]*)\",\"[^\"]*\",\"([^\"]*)\",");
  private static final Pattern EVENT = Pattern.compile("[+-][a-z]+(?:-[a-z]+)*");
  private static final Pattern EXPORTED = Pattern.compile("\\| (redis_\\S+) \\| yes \\|");
  private static final Pattern NAMED = Pattern.compile("\\b(?:redis|redoubt)_[a-z0-9_]+");

  /**
   * Constants of the event-emitting classes that look like events but are suffixes of other names.
   */
  private static final Set<String> NO_EVENTS =
      Set.of("-cmd", "-pubsub", "-script", "-inf", "-acks", "-sentinel");

  /** Fields of INFO that appear only in states that the reference's servers do not have. */
  private static final Set<String> CONDITIONAL =
      Set.of(
          "min_slaves_good_slaves",
          "shutdown_in_milliseconds",
          "write_acks_required",
          "write_acks_timeouts",
          "write_acks_waiting_clients");

  private static final String VERSION = "1.2.3";
  private static final Path REPOSITORY = Path.of("..");

  @TempDir private static Path folder;
  private static final Map<String, String> pages = new TreeMap<>();

  @BeforeAll
  static void write() throws Exception {
    Manual.main(new String[] {REPOSITORY.toString(), folder.toString(), VERSION});
    try (Stream<Path> files = Files.list(folder.resolve("doc"))) {
      for (Path file : files.toList()) {
        pages.put(file.getFileName().toString(), Files.readString(file));
      }
    }
  }

  private static Set<String> ids(String page) {
    Set<String> ids = new HashSet<>();
    ID.matcher(pages.get(page))
        .results()
        .forEach(id -> assertThat(ids.add(id.group(1))).as(id.group()).isTrue());
    return ids;
  }

  private static Stream<String> htmlPages() {
    return pages.keySet().stream().filter(name -> name.endsWith(".html"));
  }

  @Test
  void pagesAreCompleteAndNeedNothingElse() throws Exception {
    Site site = new Site(VERSION, new Guide(REPOSITORY.resolve("doc")).sitePages());
    assertThat(pages.keySet()).containsExactlyInAnyOrderElementsOf(site.files());
    assertThat(pages.get(Site.STYLE)).doesNotContain("@import", "url(");
    htmlPages()
        .forEach(name -> {
          String html = pages.get(name);
          assertThat(html).startsWith("<!DOCTYPE html>\n<html lang=\"en\">").contains(VERSION);
          assertThat(html).doesNotContain("<img", "style=\"", "onclick");
          assertThat(html.split("<h1", -1)).as(name).hasSize(2);
          for (MatchResult link : LINK.matcher(html).results().toList()) {
            assertLeadsSomewhere(name, link.group(1));
          }
        });
  }

  /**
   * Checks a link to this page, to another one, or to a file of the archive that is packed later.
   */
  private static void assertLeadsSomewhere(String page, String link) {
    int hash = link.indexOf('#');
    String target = hash == 0 ? page : hash < 0 ? link : link.substring(0, hash);
    if (link.startsWith("https://") || target.startsWith("../")) {
      return;
    }
    assertThat(pages).as("%s in %s", link, page).containsKey(target);
    if (hash >= 0) {
      String anchor = link.substring(hash + 1);
      assertThat(ids(target)).as("%s in %s", link, page).contains(anchor);
    }
  }

  /** Without a script, each entry is reached from a list of its page. */
  @Test
  void eachEntryIsListed() {
    for (Site.SitePage page : Site.REFERENCE) {
      String html = pages.get(page.file());
      Set<String> listed = new HashSet<>();
      LINK.matcher(html).results().forEach(link -> listed.add(link.group(1)));
      List<String> entries =
          ids(page.file()).stream().filter(id -> !Set.of("text", "pages").contains(id)).toList();
      assertThat(entries).hasSizeGreaterThan(100);
      entries.forEach(id -> assertThat(listed).contains("#" + id));
    }
  }

  @Test
  void theSearchIndexLeadsToExistingPlaces() {
    String script = pages.get(SearchIndex.FILE);
    List<MatchResult> entries = INDEXED.matcher(script).results().toList();
    assertThat(entries).hasSize((int) script.lines().count() - 2).hasSizeGreaterThan(900);
    for (MatchResult entry : entries) {
      assertThat(ids(entry.group(1))).as(entry.group()).contains(entry.group(2));
    }
  }

  @Test
  void sameDeclarationsGiveTheSameBytes() throws Exception {
    Path again = folder.resolve("again");
    Manual.main(new String[] {REPOSITORY.toString(), again.toString(), VERSION});
    String here = Path.of("").toAbsolutePath().toString();
    for (Map.Entry<String, String> page : pages.entrySet()) {
      assertThat(again.resolve("doc").resolve(page.getKey())).hasContent(page.getValue());
      assertThat(page.getValue()).doesNotContain(here);
    }
  }

  @Test
  void everyDirectiveIsDescribedOnce() {
    Set<String> ids = ids("directives.html");
    for (Directives directives : List.of(new ServerDirectives(), new SentinelDirectives())) {
      assertThat(directives.all()).hasSizeGreaterThan(20);
      for (Directive<?, ?> directive : directives.all()) {
        if (!directive.isHidden()) {
          assertThat(directive.doc()).as(directive.name()).isNotBlank();
        }
        assertThat(ids).contains(HtmlPage.id(DirectivesPage.PREFIX, directive.name()));
      }
    }
    assertThat(ids).contains("sentinel-sentinel-monitor-mymaster-127-0-0-1-6379-2");
    assertThat(pages.get("directives.html")).contains("6379 (sentinel.conf: 26379)");
  }

  /** Compares names with those of Redis 7.2, from the test resources of the server. */
  @Test
  void badgesMarkTheDirectivesThatRedisDoesNotHave() throws Exception {
    Set<String> own = new TreeSet<>(new ServerDirectives().get(List.of("*")).keySet());
    own.removeAll(firstWords(ServerDirectives.class, "defaults.tsv", "\t"));
    own.remove("dir"); // missing from that list, because its default depends on the machine
    assertThat(
            new Origins()
                .names().stream()
                    .filter(name -> name.startsWith(Origins.DIRECTIVE))
                    .map(name -> name.substring(Origins.DIRECTIVE.length() + 1)))
        .containsExactlyInAnyOrderElementsOf(own);
  }

  @Test
  void badgesMarkTheCommandsThatRedisDoesNotHave() throws Exception {
    String commands = pages.get("commands.html");
    assertThat(commands)
        .contains(">CLIENT WRITE-ACKS <span class=\"badge\">Redoubt only</span>")
        .contains(">HGETEX <span class=\"badge\">since Redis 8.0</span>");
    Set<String> ofRedis = firstWords(RedisServer.class, "differential/commands-7.2.6.txt", " ");
    for (MatchResult heading : COMMAND.matcher(commands).results().toList()) {
      String command = heading.group(1).toLowerCase(Locale.ROOT).replace(' ', '|');
      if (!command.startsWith("sentinel")) { // that list has no commands of sentinels
        boolean isMarked = heading.group(2) != null;
        assertThat(isMarked).as(command).isEqualTo(!ofRedis.contains(command));
      }
    }
    for (String name : new Origins().names()) {
      if (name.startsWith(Origins.COMMAND)) {
        String command = name.substring(Origins.COMMAND.length() + 1);
        assertThat(ids("commands.html")).contains(HtmlPage.id("command", command));
      }
    }
  }

  private static Set<String> firstWords(Class<?> near, String resource, String separator)
      throws IOException {
    try (InputStream in = near.getResourceAsStream(resource)) {
      Set<String> words = new TreeSet<>();
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> words.add(line.split(separator, 2)[0]));
      assertThat(words).hasSizeGreaterThan(100);
      return words;
    }
  }

  @Test
  void everyCommandIsDescribed() throws Exception {
    Set<String> ids = ids("commands.html");
    try (ReferenceGroup group = ReferenceGroup.start()) {
      for (var client : List.of(group.server(), group.sentinel())) {
        var names = client.call("COMMAND", "LIST").elements();
        assertThat(names).hasSizeGreaterThan(20);
        names.forEach(name -> assertThat(ids).contains(HtmlPage.id("command", name.text())));
      }
    }
    assertThat(ids).contains("command-client-list", "command-sentinel-get-master-addr-by-name");
    assertThat(pages.get("commands.html"))
        .contains("<pre class=\"usage\"><code>GETEX key [EX seconds | ")
        .contains("<code>HSET key field value [field value ...]</code>");
  }

  @Test
  void everyMetricIsDescribed() throws Exception {
    String html = pages.get("metrics.html");
    Path metrics = Path.of("src", "main", "metrics");
    Set<String> names = new TreeSet<>();
    EXPORTED
        .matcher(Files.readString(metrics.resolve("redis_exporter.md")))
        .results()
        .forEach(row -> names.add(row.group(1)));
    for (String file : List.of("grafana-dashboard.json", "prometheus-alerts.yml")) {
      NAMED
          .matcher(Files.readString(metrics.resolve(file)))
          .results()
          .forEach(name -> names.add(name.group().replaceAll("_(bucket|sum|count)$", "")));
    }
    assertThat(names).hasSizeGreaterThan(100);
    names.forEach(name -> assertThat(html).contains("<code>" + name + "</code>"));
    assertThat(html).doesNotContain("data-label=\"meaning\">INFO:", "data-label=\"meaning\"></");
    Set<String> explained = firstWords(InfoMetrics.class, "info-fields.tsv", "\t");
    explained.removeIf(field -> html.contains("INFO: <code>" + field + "</code>"));
    assertThat(explained).isEqualTo(CONDITIONAL);
  }

  @Test
  void everyEventIsDescribed() throws Exception {
    String html = pages.get("events.html");
    for (KeyEvent event : KeyEvent.values()) {
      assertThat(html).contains("<code>" + event.wireName() + "</code>");
    }
    assertThat(Reference.sentinelEvents().keySet()).isEqualTo(eventsOfClasses());
    Reference.sentinelEvents()
        .forEach((type, sentence) -> assertThat(html).contains("<code>" + type + "</code>"));
  }

  /** Returns the constants of the sentinel's classes that look like events. */
  private static Set<String> eventsOfClasses() throws Exception {
    URI classes = SentinelServer.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    Set<String> events = new TreeSet<>();
    if (Files.isDirectory(Path.of(classes))) {
      addEvents(Path.of(classes), events);
    } else { // once packed, the classes are in a jar
      try (FileSystem jar = FileSystems.newFileSystem(Path.of(classes))) {
        addEvents(jar.getPath("/"), events);
      }
    }
    assertThat(events).hasSizeGreaterThan(40);
    events.removeAll(NO_EVENTS);
    return events;
  }

  private static void addEvents(Path classes, Set<String> events) throws IOException {
    Path root = classes.resolve("io/redoubt/sentinel");
    for (Path part : List.of(root.resolve("core"), root.resolve("runtime/ScriptQueue.class"))) {
      try (Stream<Path> files = Files.walk(part)) {
        for (Path file : files.filter(it -> it.toString().endsWith(".class")).toList()) {
          constants(file).filter(EVENT.asMatchPredicate()).forEach(events::add);
        }
      }
    }
  }

  private static Stream<String> constants(Path file) throws IOException {
    Stream.Builder<String> constants = Stream.builder();
    for (PoolEntry entry : ClassFile.of().parse(Files.readAllBytes(file)).constantPool()) {
      if (entry instanceof StringEntry text) {
        constants.add(text.stringValue());
      }
    }
    return constants.build();
  }
}
