package io.redoubt.dist.reference;

import io.redoubt.dist.reference.Site.SitePage;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Writes one page: the list of all pages, the list of its own sections, and the text. Everything
 * can be read and reached without the script, which adds the search field and the filter. Text is
 * escaped; headings have ids to link to.
 */
final class HtmlPage {
  private final Site site;
  private final SitePage page;
  private final StringBuilder text = new StringBuilder(1 << 16);
  private final List<Listed> headings = new ArrayList<>();
  private final List<Listed> entries = new ArrayList<>();
  private String titleId = "";
  private boolean inSection;
  private boolean inEntry;

  /** A heading or an entry, for the lists of this page. */
  private record Listed(int level, String id, String title) {}

  /** An entry of a page of the reference: text up to the next one, found by the search. */
  private final StringBuilder entryText = new StringBuilder();

  HtmlPage(Site site, SitePage page) {
    this.site = site;
    this.page = page;
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Escapes text, and marks text between backticks as code. */
  private static String marked(String text) {
    return escaped(text).replaceAll("`([^`]+)`", "<code>$1</code>");
  }

  /** Returns an id made of a name, for {@link #section}. */
  static String id(String prefix, String name) {
    return prefix
        + "-"
        + name.toLowerCase(Locale.ROOT).replace("+", "plus-").replaceAll("[^a-z0-9_-]+", "-");
  }

  /**
   * Lists a heading of a text that {@link #html} adds.
   *
   * @param text the text below the heading
   */
  void addHeading(int level, String id, String heading, String text) {
    if (level == 1) {
      titleId = id;
    } else if (level <= 3) {
      headings.add(new Listed(level, id, heading));
    }
    site.searchIndex().add(page.file(), page.title(), id, heading, text);
  }

  HtmlPage html(String html) {
    text.append(html);
    return this;
  }

  HtmlPage section(String id, String title) {
    endSection();
    inSection = true;
    headings.add(new Listed(2, id, title));
    text.append("<section>\n");
    heading("h2", id, title, List.of());
    return this;
  }

  /** Starts an entry of a section, which the filter of the page shows or hides. */
  HtmlPage entry(String id, String title, List<String> badges) {
    endEntry();
    inEntry = true;
    entries.add(new Listed(2, id, title));
    text.append("<section class=\"entry\">\n");
    heading("h3", id, title, badges);
    return this;
  }

  private void heading(String level, String id, String title, List<String> badges) {
    text.append('<').append(level).append(" id=\"").append(escaped(id)).append("\">");
    text.append(escaped(title));
    badges.forEach(this::badge);
    text.append("</").append(level).append(">\n");
  }

  private void badge(String label) {
    text.append(" <span class=\"badge\">").append(escaped(label)).append("</span>");
  }

  private void endEntry() {
    if (inEntry) {
      inEntry = false;
      text.append("</section>\n");
      Listed entry = entries.getLast();
      search(entry.id(), entry.title(), entryText.toString());
      entryText.setLength(0);
    }
  }

  private void endSection() {
    endEntry();
    if (inSection) {
      inSection = false;
      text.append("</section>\n");
    }
  }

  private void search(String id, String heading, String sentences) {
    site.searchIndex().add(page.file(), page.title(), id, heading, sentences);
  }

  HtmlPage paragraph(String sentences) {
    if (!sentences.isEmpty()) {
      text.append("<p>").append(marked(sentences)).append("</p>\n");
      entryText.append(sentences).append(' ');
    }
    return this;
  }

  HtmlPage code(String code) {
    text.append("<pre class=\"usage\"><code>").append(escaped(code)).append("</code></pre>\n");
    return this;
  }

  /** Writes names and values; pairs with an empty value are left out. */
  HtmlPage facts(List<List<String>> pairs) {
    List<List<String>> known = pairs.stream().filter(pair -> !pair.getLast().isEmpty()).toList();
    if (!known.isEmpty()) {
      text.append("<dl>\n");
      for (List<String> pair : known) {
        text.append("<div><dt>").append(escaped(pair.getFirst())).append("</dt> <dd>");
        text.append(marked(pair.getLast())).append("</dd></div>\n");
      }
      text.append("</dl>\n");
    }
    return this;
  }

  HtmlPage links(List<SitePage> pages) {
    text.append("<ul>\n");
    for (SitePage each : pages) {
      text.append("<li><a href=\"").append(each.file()).append("\">").append(escaped(each.title()));
      text.append("</a>: ").append(escaped(each.content())).append("</li>\n");
    }
    text.append("</ul>\n");
    return this;
  }

  /**
   * Writes a table. The filter of the page shows or hides its rows, which are listed.
   *
   * @param prefix of the rows' ids
   * @param rows the name of each row, then its other cells
   */
  HtmlPage table(String prefix, List<String> columns, List<List<String>> rows) {
    text.append("<table>\n<thead><tr>");
    for (String column : columns) {
      text.append("<th scope=\"col\">").append(escaped(column)).append("</th>");
    }
    text.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      String name = row.getFirst();
      String id = id(prefix, name);
      entries.add(new Listed(2, id, name));
      search(id, name, String.join(" ", row.subList(1, row.size())));
      text.append("<tr class=\"entry\" id=\"").append(escaped(id));
      text.append("\"><th scope=\"row\"><code>").append(escaped(name)).append("</code></th>");
      for (int i = 1; i < row.size(); i++) {
        text.append("<td data-label=\"").append(escaped(columns.get(i))).append("\">");
        text.append(marked(row.get(i))).append("</td>");
      }
      text.append("</tr>\n");
    }
    text.append("</tbody>\n</table>\n");
    return this;
  }

  String end() {
    endSection();
    StringBuilder html = new StringBuilder(text.length() + (1 << 16));
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.append(
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html.append(escaped(page.file().equals(Site.INDEX) ? "" : page.title() + " - "));
    html.append("Redoubt ").append(escaped(site.version())).append("</title>\n");
    html.append("<link rel=\"stylesheet\" href=\"").append(Site.STYLE).append("\">\n");
    html.append("<script src=\"").append(Site.SCRIPT).append("\" defer></script>\n");
    html.append("</head>\n<body>\n<a class=\"skip\" href=\"#text\">Skip to the text</a>\n");
    html.append("<header>\n<a class=\"brand\" href=\"")
        .append(Site.INDEX)
        .append("\">Redoubt <span>");
    html.append(escaped(site.version())).append("</span></a>\n");
    html.append("<a class=\"to-pages\" href=\"#pages\">Contents</a>\n</header>\n");
    html.append("<div class=\"columns\">\n<main>\n<h1");
    html.append(titleId.isEmpty() ? "" : " id=\"" + escaped(titleId) + '"');
    html.append('>').append(escaped(page.title())).append("</h1>\n");
    sections(html);
    html.append("<div class=\"text\" id=\"text\">\n").append(text).append("</div>\n</main>\n");
    html.append("<nav class=\"pages\" id=\"pages\" aria-label=\"Pages\">\n");
    List<SitePage> pages = new ArrayList<>(List.of(new SitePage("", Site.INDEX, "Contents", "")));
    pages.addAll(site.guide());
    pages.addAll(Site.REFERENCE);
    pages(html, pages);
    html.append("</nav>\n</div>\n</body>\n</html>\n");
    return html.toString();
  }

  private void pages(StringBuilder html, List<SitePage> pages) {
    String part = "";
    html.append("<ul>\n");
    for (SitePage each : pages) {
      if (!each.part().equals(part)) {
        part = each.part();
        html.append("</ul>\n<p>").append(escaped(part)).append("</p>\n<ul>\n");
      }
      html.append("<li><a href=\"").append(each.file()).append('"');
      html.append(each.file().equals(page.file()) ? " aria-current=\"page\">" : ">");
      html.append(escaped(each.title())).append("</a></li>\n");
    }
    html.append("</ul>\n");
  }

  private void sections(StringBuilder html) {
    if (headings.isEmpty()) {
      return;
    }
    html.append("<nav class=\"sections\" aria-label=\"On this page\">\n");
    if (entries.isEmpty()) {
      html.append("<p>On this page</p>\n");
      list(html, headings);
    } else {
      fold(html, "Sections", headings);
      fold(html, "A to Z", sorted(entries));
    }
    html.append("</nav>\n");
  }

  private static List<Listed> sorted(List<Listed> unsorted) {
    return unsorted.stream().sorted(Comparator.comparing(Listed::title)).toList();
  }

  private static void fold(StringBuilder html, String summary, List<Listed> list) {
    html.append("<details open>\n<summary>").append(summary).append("</summary>\n");
    list(html, list);
    html.append("</details>\n");
  }

  private static void list(StringBuilder html, List<Listed> list) {
    html.append("<ul>\n");
    for (Listed each : list) {
      html.append("<li").append(each.level() == 3 ? " class=\"below\"" : "").append("><a href=\"#");
      html.append(escaped(each.id())).append("\">").append(escaped(each.title()));
      html.append("</a></li>\n");
    }
    html.append("</ul>\n");
  }
}
