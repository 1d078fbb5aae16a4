package io.redoubt.dist.reference;

import io.redoubt.dist.reference.MarkdownPage.Section;
import io.redoubt.dist.reference.Site.SitePage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The pages of Markdown in {@code doc}. The sections of {@code README.md} list them in reading
 * order.
 */
final class Guide {
  private static final String FOLDER = "doc/";
  private static final String CONTENTS = "README.md";

  /** The pages by file, the contents first. */
  private final Map<String, MarkdownPage> pages = new LinkedHashMap<>();

  /** The heading of the contents that first lists a page, by file. */
  private final Map<String, String> parts = new HashMap<>();

  /** Reads all pages; fails if the contents lack one or name one that does not exist. */
  Guide(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(CONTENTS))) {
      return;
    }
    MarkdownPage contents = MarkdownPage.parse(Files.readString(folder.resolve(CONTENTS)));
    pages.put(CONTENTS, contents);
    for (Section section : contents.sections()) {
      for (String link : section.level() == 1 ? List.<String>of() : section.links()) {
        String file = link.replaceFirst("#.*", "");
        if (file.matches("[^/]+\\.md") && !pages.containsKey(file)) {
          pages.put(file, MarkdownPage.parse(Files.readString(folder.resolve(file))));
          parts.put(file, section.heading());
        }
      }
    }
    TreeSet<String> missing = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files.map(file -> file.getFileName().toString()).forEach(missing::add);
    }
    missing.removeIf(file -> pages.containsKey(file) || !file.endsWith(".md"));
    if (!missing.isEmpty()) {
      throw new IOException(folder.resolve(CONTENTS) + " has no link to " + missing);
    }
  }

  /** Returns the pages for the list of contents, without that list. */
  List<SitePage> sitePages() {
    List<SitePage> list = new ArrayList<>();
    pages.forEach((file, page) -> {
      if (!file.equals(CONTENTS)) {
        String part = parts.getOrDefault(file, "");
        list.add(new SitePage(part, htmlOf(file), page.title().heading(), ""));
      }
    });
    return list;
  }

  private static String htmlOf(String file) {
    return file.equals(CONTENTS) ? Site.INDEX : file.replaceFirst("\\.md$", ".html");
  }

  /** Writes the contents into the first page. */
  void writeContents(HtmlPage page) {
    if (pages.containsKey(CONTENTS)) {
      write(CONTENTS, page);
    }
  }

  /** Writes the text of a page, given by its HTML file. */
  void write(SitePage which, HtmlPage page) {
    write(which.file().replaceFirst("\\.html$", ".md"), page);
  }

  private void write(String file, HtmlPage page) {
    MarkdownPage markdown = pages.get(file);
    if (markdown == null) {
      throw new IllegalArgumentException(file);
    }
    for (Section section : markdown.sections()) {
      page.addHeading(section.level(), section.id(), section.heading(), section.text());
    }
    page.html(markdown.html(link -> ArchiveLinks.of(FOLDER + file, link)));
  }
}
