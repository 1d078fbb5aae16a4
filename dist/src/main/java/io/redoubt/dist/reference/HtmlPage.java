package io.redoubt.dist.reference;

import java.util.List;

/**
 * Writes one page: plain HTML without scripts and other files. Text is escaped; headings have ids
 * to link to.
 */
final class HtmlPage {
  /** The pages, by file and title. */
  static final List<List<String>> PAGES =
      List.of(
          List.of("index.html", "Reference"),
          List.of("commands.html", "Commands"),
          List.of("directives.html", "Directives"),
          List.of("metrics.html", "Metrics"),
          List.of("events.html", "Events"));

  private static final String STYLE =
      """
      :root { color-scheme: light dark; }
      body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
      nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1rem; }
      code, pre { font-family: monospace; overflow-wrap: anywhere; }
      pre { white-space: pre-wrap; margin: .3rem 0; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .3rem 0; }
      dd { margin: 0; }
      table { border-collapse: collapse; width: 100%; }
      th, td { border: 1px solid; padding: .2rem .5rem; text-align: left; vertical-align: top; }
      caption { text-align: left; font-weight: bold; padding: .5rem 0; }
      a:focus-visible { outline: 3px solid; }
      """;

  private final StringBuilder html = new StringBuilder(1 << 16);

  /** Starts a page of {@link #PAGES}. */
  HtmlPage(String file, String title, String version) {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.append("<title>Redoubt ").append(escaped(version)).append(": ").append(escaped(title));
    html.append("</title>\n<style>\n").append(STYLE).append("</style>\n</head>\n<body>\n");
    html.append("<nav aria-label=\"Pages\">\n<ul>\n");
    for (List<String> page : PAGES) {
      boolean current = page.getFirst().equals(file);
      html.append("<li><a href=\"").append(page.getFirst()).append('"');
      html.append(current ? " aria-current=\"page\">" : ">");
      html.append(escaped(page.getLast())).append("</a></li>\n");
    }
    html.append("</ul>\n</nav>\n<main>\n<h1>").append(escaped(title)).append("</h1>\n");
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** Returns an id made of a name, for {@link #section}. */
  static String id(String prefix, String name) {
    return prefix + "-" + name.toLowerCase(java.util.Locale.ROOT).replaceAll("[^a-z0-9_-]+", "-");
  }

  HtmlPage section(String id, String title) {
    return heading("h2", id, title);
  }

  HtmlPage entry(String id, String title) {
    return heading("h3", id, title);
  }

  private HtmlPage heading(String level, String id, String title) {
    html.append('<').append(level).append(" id=\"").append(escaped(id)).append("\">");
    html.append(escaped(title)).append("</").append(level).append(">\n");
    return this;
  }

  HtmlPage paragraph(String text) {
    if (!text.isEmpty()) {
      html.append("<p>").append(escaped(text)).append("</p>\n");
    }
    return this;
  }

  HtmlPage code(String text) {
    html.append("<pre><code>").append(escaped(text)).append("</code></pre>\n");
    return this;
  }

  /** Writes names and values; pairs with an empty value are left out. */
  HtmlPage facts(List<List<String>> pairs) {
    List<List<String>> known = pairs.stream().filter(pair -> !pair.getLast().isEmpty()).toList();
    if (!known.isEmpty()) {
      html.append("<dl>\n");
      for (List<String> pair : known) {
        html.append("<dt>").append(escaped(pair.getFirst())).append("</dt><dd>");
        html.append(escaped(pair.getLast())).append("</dd>\n");
      }
      html.append("</dl>\n");
    }
    return this;
  }

  /** Writes links to ids of this page. */
  HtmlPage contents(String label, List<List<String>> idsAndTitles) {
    html.append("<nav aria-label=\"").append(escaped(label)).append("\">\n<ul>\n");
    for (List<String> link : idsAndTitles) {
      html.append("<li><a href=\"#").append(escaped(link.getFirst())).append("\">");
      html.append(escaped(link.getLast())).append("</a></li>\n");
    }
    html.append("</ul>\n</nav>\n");
    return this;
  }

  HtmlPage table(String caption, List<String> columns, List<List<String>> rows) {
    html.append("<table>\n<caption>").append(escaped(caption)).append("</caption>\n<tr>");
    for (String column : columns) {
      html.append("<th scope=\"col\">").append(escaped(column)).append("</th>");
    }
    html.append("</tr>\n");
    for (List<String> row : rows) {
      html.append("<tr><th scope=\"row\"><code>").append(escaped(row.getFirst()));
      html.append("</code></th>");
      for (String cell : row.subList(1, row.size())) {
        html.append("<td>").append(escaped(cell)).append("</td>");
      }
      html.append("</tr>\n");
    }
    html.append("</table>\n");
    return this;
  }

  /** Returns the whole page. */
  String end() {
    return html.append("</main>\n</body>\n</html>\n").toString();
  }
}
