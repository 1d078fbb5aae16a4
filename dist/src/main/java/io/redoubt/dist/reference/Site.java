package io.redoubt.dist.reference;

import java.util.ArrayList;
import java.util.List;

/** The pages of the manual in reading order, and the search index to which each page adds. */
final class Site {
  /** The first page: the contents. */
  static final String INDEX = "index.html";

  static final String STYLE = "style.css";
  static final String SCRIPT = "site.js";

  /** The pages written from the declarations. */
  static final List<SitePage> REFERENCE =
      List.of(
          new SitePage(
              "Reference",
              "commands.html",
              "Commands",
              "each command with its arguments and versions"),
          new SitePage(
              "Reference",
              "directives.html",
              "Directives",
              "each line of redis.conf, sentinel.conf"),
          new SitePage(
              "Reference", "metrics.html", "Metrics", "each metric of /metrics, see metrics-port"),
          new SitePage(
              "Reference",
              "events.html",
              "Events",
              "keyspace events, events of sentinels and LATENCY"));

  private final String version;
  private final List<SitePage> guide;
  private final SearchIndex searchIndex = new SearchIndex();

  /**
   * A page of the manual.
   *
   * @param part the heading in the list of pages, or an empty text
   * @param content a few words for the list of contents, or an empty text
   */
  record SitePage(String part, String file, String title, String content) {}

  /** Takes the version of Redoubt and the pages rendered from Markdown. */
  Site(String version, List<SitePage> guide) {
    this.version = version;
    this.guide = List.copyOf(guide);
  }

  String version() {
    return version;
  }

  /** Returns the pages rendered from Markdown, without the contents. */
  List<SitePage> guide() {
    return guide;
  }

  SearchIndex searchIndex() {
    return searchIndex;
  }

  /** Returns all files that the manual consists of. */
  List<String> files() {
    List<String> files = new ArrayList<>(List.of(INDEX, STYLE, SCRIPT, SearchIndex.FILE));
    guide.forEach(page -> files.add(page.file()));
    REFERENCE.forEach(page -> files.add(page.file()));
    return files;
  }
}
