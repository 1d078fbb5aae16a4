package io.redoubt.dist.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.StringEntry;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
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

/** Writes the reference and compares it with the declarations. */
final class ReferenceTest {
  private static final Pattern ID = Pattern.compile(" id=\"([^\"]*)\"");
  private static final Pattern LINK = Pattern.compile("(?:href|src)=\"([^\"]*)\"");
  private static final Pattern EVENT = Pattern.compile("[+-][a-z]+(?:-[a-z]+)*");
  private static final Pattern EXPORTED = Pattern.compile("\\| (redis_\\S+) \\| yes \\|");
  private static final Pattern NAMED = Pattern.compile("\\b(?:redis|redoubt)_[a-z0-9_]+");

  /** Constants of the classes that emit events which look like one: endings of other names. */
  private static final Set<String> NO_EVENTS =
      Set.of("-cmd", "-pubsub", "-script", "-inf", "-acks", "-sentinel");

  @TempDir private static Path folder;
  private static final Map<String, String> pages = new TreeMap<>();

  @BeforeAll
  static void write() throws Exception {
    Reference.main(new String[] {folder.toString(), "1.2.3"});
    for (List<String> page : HtmlPage.PAGES) {
      pages.put(page.getFirst(), Files.readString(folder.resolve(page.getFirst())));
    }
  }

  private static Set<String> ids(String page) {
    Set<String> ids = new HashSet<>();
    ID.matcher(pages.get(page))
        .results()
        .forEach(id -> assertThat(ids.add(id.group(1))).as(id.group()).isTrue());
    return ids;
  }

  @Test
  void pagesAreCompleteAndNeedNothingElse() throws Exception {
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(pages.keySet());
    }
    pages.forEach((name, html) -> {
      assertThat(html).startsWith("<!DOCTYPE html>\n<html lang=\"en\">").contains("1.2.3");
      assertThat(html).doesNotContain("<script", "<link", "<img", "@import", "url(");
      assertThat(html.split("<h1>", -1)).as(name).hasSize(2);
      for (MatchResult link : LINK.matcher(html).results().toList()) {
        String target = link.group(1);
        assertThat(
                target.startsWith("#")
                    ? ids(name).contains(target.substring(1))
                    : pages.containsKey(target))
            .as("%s in %s", target, name)
            .isTrue();
      }
    });
  }

  @Test
  void sameDeclarationsGiveTheSameBytes() throws Exception {
    Path again = Files.createDirectory(folder.resolveSibling(folder.getFileName() + "-again"));
    Reference.main(new String[] {again.toString(), "1.2.3"});
    String here = Path.of("").toAbsolutePath().toString();
    for (Map.Entry<String, String> page : pages.entrySet()) {
      assertThat(again.resolve(page.getKey())).hasContent(page.getValue());
      assertThat(page.getValue()).doesNotContain(here);
      Files.delete(again.resolve(page.getKey()));
    }
    Files.delete(again);
  }

  @Test
  void everyDirectiveIsDescribed() {
    Set<String> ids = ids("directives.html");
    Map<String, Directives> files =
        Map.of("server", new ServerDirectives(), "sentinel", new SentinelDirectives());
    files.forEach((prefix, directives) -> {
      assertThat(directives.all()).hasSizeGreaterThan(20);
      for (Directive<?, ?> directive : directives.all()) {
        if (!directive.isHidden()) {
          assertThat(directive.doc()).as(directive.name()).isNotBlank();
        }
        assertThat(ids).contains(HtmlPage.id(prefix, directive.name()));
      }
    });
    assertThat(ids).contains("sentinel-sentinel-monitor-mymaster-127-0-0-1-6379-2");
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
        .contains("<pre><code>GETEX key [EX seconds | ")
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
