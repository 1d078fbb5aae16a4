package io.redoubt.dist.reference;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.FileWord;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.settings.ServerDirectives;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The lines of both configuration files by section; a line that both accept is listed once. */
final class DirectivesPage {
  static final String PREFIX = "directive";
  private static final String SERVER_FILE = "redis.conf";
  private static final String SENTINEL_FILE = "sentinel.conf";

  private final Origins origins;
  private final Directives server = new ServerDirectives();
  private final Directives sentinel = new SentinelDirectives();

  /** A directive as declared for each of the files, at least one. */
  private record Declared(@Nullable Directive<?, ?> server, @Nullable Directive<?, ?> sentinel) {
    Directive<?, ?> either() {
      if (server != null) {
        return server;
      }
      if (sentinel != null) {
        return sentinel;
      }
      throw new IllegalStateException();
    }

    String files() {
      if (server == null) {
        return SENTINEL_FILE;
      }
      return sentinel == null ? SERVER_FILE : SERVER_FILE + ", " + SENTINEL_FILE;
    }
  }

  DirectivesPage(Origins origins) {
    this.origins = origins;
  }

  void write(HtmlPage page) {
    page.paragraph(
        "Each line that redis.conf and sentinel.conf may have. Most can be changed by CONFIG SET,"
            + " too.");
    Map<String, Declared> directives = new LinkedHashMap<>();
    server.all().forEach(it -> directives.put(it.name(), new Declared(it, null)));
    sentinel
        .all()
        .forEach(it ->
            directives.compute(
                it.name(), (_, known) -> new Declared(known == null ? null : known.server(), it)));
    Map<String, List<Declared>> sections = new LinkedHashMap<>();
    directives
        .values()
        .forEach(
            it -> sections.computeIfAbsent(it.either().section(), _ -> new ArrayList<>()).add(it));
    sections.forEach((name, list) -> {
      page.section(HtmlPage.id("section", name), title(name));
      list.forEach(it -> write(page, it));
    });
    page.section("sentinel-lines", "Lines of sentinel.conf");
    words(page, sentinel);
    page.section("server-lines", "Lines of redis.conf");
    words(page, server);
  }

  /**
   * Writes the lines that a file may contain several times, such as one for each monitored master.
   */
  private static void words(HtmlPage page, Directives directives) {
    String prefix = directives instanceof ServerDirectives ? "server" : "sentinel";
    for (FileWord word : directives.fileWords()) {
      for (FileWord.Example example : word.examples()) {
        String line = word.name() + " " + example.arguments();
        page.entry(HtmlPage.id(prefix, line), line, List.of()).paragraph(example.sentences());
      }
    }
  }

  /** Returns Append only file for APPEND ONLY FILE. */
  private static String title(String section) {
    return section.equals("TLS")
        ? section
        : section.charAt(0) + section.substring(1).toLowerCase(Locale.ROOT);
  }

  private void write(HtmlPage page, Declared declared) {
    Directive<?, ?> directive = declared.either();
    List<String> names = new ArrayList<>(directive.aliases());
    names.addAll(directive.newerNames());
    page.entry(
        HtmlPage.id(PREFIX, directive.name()),
        directive.name(),
        origins.badges(Origins.DIRECTIVE, directive.name()));
    page.paragraph(directive.doc());
    page.facts(
        List.of(
            List.of("file", declared.files()),
            List.of("default", defaults(declared)),
            List.of("example", directive.example()),
            List.of("other names", String.join(", ", names)),
            List.of("CONFIG SET", change(directive)),
            List.of(
                "effect", directive.isWithoutEffect() ? "none; accepted for compatibility" : "")));
  }

  private static String defaults(Declared declared) {
    Directive<?, ?> server = declared.server();
    Directive<?, ?> sentinel = declared.sentinel();
    String ofServer = server == null ? "" : defaultOf(server);
    String ofSentinel = sentinel == null ? "" : defaultOf(sentinel);
    if (server == null || sentinel == null || ofServer.equals(ofSentinel)) {
      return ofServer + (server == null ? ofSentinel : "");
    }
    return ofServer + " (sentinel.conf: " + ofSentinel + ")";
  }

  private static <T> String defaultOf(Directive<T, ?> directive) {
    // Some defaults, such as that of dir, depend on the machine: the shipped file has the general
    // form.
    List<String> lines =
        directive.shipped().isEmpty()
            ? directive.lines(directive.defaultValue())
            : List.of(directive.shipped());
    return lines.isEmpty() ? "none" : String.join("; ", lines);
  }

  private static String change(Directive<?, ?> directive) {
    if (directive.isImmutable()) {
      return "only in the file or the command line";
    }
    return directive.isGuarded() ? "needs enable-protected-configs" : "yes";
  }
}
