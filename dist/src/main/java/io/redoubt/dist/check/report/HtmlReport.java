package io.redoubt.dist.check.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.dist.check.report.ReportTable.CellKind;
import io.redoubt.dist.check.report.ReportTable.ReportCell;
import io.redoubt.dist.check.report.ReportTable.ReportColumn;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A report as one page without scripts, and without anything from elsewhere: its policy forbids
 * both, in case a name in the file should ever get past the escaping.
 */
final class HtmlReport {

  private static final String STYLE = "report.css";
  private static final String DATA = "data_bytes";
  private static final int MAIN_FACTS = 7;
  private static final int LEAST_COLUMNS = 8;

  /** Columns that most rows leave empty. */
  private static final Set<String> OPTIONAL = Set.of("missed_bytes", "expires");

  private final HtmlText page = new HtmlText();
  private final ReportedSource source;

  private HtmlReport(ReportedSource source) {
    this.source = source;
  }

  static String write(ReportedSource source) {
    HtmlReport report = new HtmlReport(source);
    report.head();
    report.summary();
    Map<String, List<ReportTable>> tables = new LinkedHashMap<>();
    for (ReportTable table : ReportTables.of(source.report())) {
      tables.computeIfAbsent(group(table), absent -> new ArrayList<>()).add(table);
    }
    tables.getOrDefault("table", List.of()).forEach(report::section);
    report.distributions(tables.getOrDefault("chart", List.of()));
    report.about();
    return report.page.raw("</main>\n</body>\n</html>\n").toString();
  }

  private static String group(ReportTable table) {
    return switch (table.id()) {
      case ReportTables.VALUE_BYTES,
          ReportTables.ELEMENTS,
          ReportTables.KEY_BYTES,
          ReportTables.REMAINING_TIME ->
          "chart";
      default -> "table";
    };
  }

  private static String style() {
    try (InputStream in = HtmlReport.class.getResourceAsStream(STYLE)) {
      if (in == null) {
        throw new IllegalStateException(STYLE + " is not in the program");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void head() {
    page.raw(
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        """);
    page.raw("<title>").text("Report on " + source.name()).raw("</title>\n");
    page.raw("<style>\n").raw(style()).raw("</style>\n</head>\n<body>\n");
    page.raw("<header>\n<h1>Snapshot report</h1>\n<p id=\"sentence\"><code>");
    page.text(source.name()).raw("</code>, ");
    page.text(
        Units.bytes(source.file().sizeBytes())
            + ", RDB version "
            + source.file().version()
            + ", read "
            + Units.time(source.report().nowMillis()));
    page.raw("</p>\n");
    if (!source.error().isEmpty()) {
      page.raw("<p id=\"banner\" class=\"bad\" role=\"alert\">").text(source.error());
      page.raw("<br>The report covers the keys before it.</p>\n");
    }
    page.raw("</header>\n<main>\n");
  }

  private void summary() {
    page.raw("<section class=\"full\">\n<h2>Keys</h2>\n<dl class=\"figures\">\n");
    source.facts().stream().limit(MAIN_FACTS).forEach(this::fact);
    page.raw("</dl>\n<p class=\"quiet\">").text(ReportedSource.MEANING).raw("</p>\n</section>\n");
  }

  private void fact(ReportedSource.Fact fact) {
    fact(fact.title(), TextReport.shown(fact.cell(), fact.kind()));
  }

  private void fact(String title, String value) {
    page.raw("<div><dt>").text(title).raw("</dt><dd>").text(value).raw("</dd></div>\n");
  }

  private void section(ReportTable table) {
    if (table.rows().isEmpty()) {
      return;
    }
    page.raw("<section class=\"full\">\n<h2>").text(table.title()).raw("</h2>\n");
    if (!table.note().isEmpty()) {
      page.raw("<p class=\"quiet\">").text(table.note()).raw("</p>\n");
    }
    table(table);
    page.raw("</section>\n");
  }

  private void table(ReportTable table) {
    List<Integer> shown = shownColumns(table);
    page.raw("<table class=\"broad\">\n<caption>")
        .text(table.title())
        .raw("</caption>\n<thead><tr>");
    for (int i : shown) {
      ReportColumn column = table.columns().get(i);
      page.raw(column.isNumber() ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
      page.text(column.title()).raw("</th>");
    }
    boolean hasShares = !table.id().equals(ReportTables.LARGEST_BY_TYPE); // tiny ones, mostly
    page.raw(hasShares ? "<th scope=\"col\" class=\"share\">share of data</th>" : "");
    page.raw("</tr></thead>\n<tbody>\n");
    for (List<ReportCell> row : table.rows()) {
      page.raw("<tr>");
      for (int i : shown) {
        cell(table.columns().get(i), row.get(i));
      }
      if (hasShares) {
        share(table.number(row, DATA));
      }
      page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table>\n");
  }

  /** Returns the columns to show, keys first: they are the heading of a row on a narrow page. */
  private static List<Integer> shownColumns(ReportTable table) {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < table.columns().size(); i++) {
      ReportColumn column = table.columns().get(i);
      int at = i;
      boolean isEmpty = table.rows().stream().allMatch(row -> isNothing(row.get(at)));
      if (OPTIONAL.contains(column.id()) && isEmpty) {
        continue;
      }
      if (column.kind() == CellKind.KEY) {
        shown.addFirst(i);
      } else {
        shown.add(i);
      }
    }
    return shown;
  }

  private static boolean isNothing(ReportCell cell) {
    Long number = cell.number();
    return cell.text() == null && cell.key() == null && (number == null || number == 0);
  }

  private void cell(ReportColumn column, ReportCell cell) {
    page.raw(column.isNumber() ? "<td class=\"number\" data-title=\"" : "<td data-title=\"");
    page.text(column.title()).raw("\">");
    String shown = TextReport.shown(cell, column.kind());
    if (cell.key() != null) {
      page.raw("<code>").text(shown).raw("</code>");
    } else {
      page.text(shown);
    }
    page.raw("</td>");
  }

  private void share(long bytes) {
    long whole = source.report().totals().dataBytes();
    page.raw("<td class=\"share\" data-title=\"share of data\">");
    bar(bytes, whole);
    page.raw("<span>").text(Units.percent(bytes, whole)).raw("</span></td>");
  }

  private void bar(long part, long whole) {
    double width = whole == 0 ? 0 : 100.0 * part / whole;
    page.raw(
        "<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\""
            + " aria-hidden=\"true\">");
    page.raw("<rect class=\"rail\" width=\"100\" height=\"1\"/>");
    page.raw(String.format(Locale.ROOT, "<rect width=\"%.2f\" height=\"1\"/></svg>", width));
  }

  private void distributions(List<ReportTable> tables) {
    for (ReportTable table : tables) {
      if (table.rows().isEmpty()) {
        continue;
      }
      page.raw("<section class=\"full\">\n<h2>").text(table.title()).raw("</h2>\n");
      page.raw("<p class=\"quiet\">").text(table.note()).raw("</p>\n");
      if (table.id().equals(ReportTables.REMAINING_TIME)) {
        ranges(table);
      } else {
        page.raw("<div class=\"charts\">\n");
        Map<String, List<List<ReportCell>>> types = new LinkedHashMap<>();
        for (List<ReportCell> row : table.rows()) {
          types
              .computeIfAbsent(String.valueOf(row.getFirst().text()), absent -> new ArrayList<>())
              .add(row);
        }
        types.forEach((type, rows) -> histogram(table, type, rows));
        page.raw("</div>\n");
      }
      page.raw("</section>\n");
    }
  }

  private void ranges(ReportTable table) {
    long most = 1;
    for (List<ReportCell> row : table.rows()) {
      most = Math.max(most, table.number(row, "keys"));
    }
    page.raw("<table class=\"ranges\">\n<caption>")
        .text(table.title())
        .raw("</caption>\n<tbody>\n");
    for (List<ReportCell> row : table.rows()) {
      long keys = table.number(row, "keys");
      page.raw("<tr><th scope=\"row\">").text(String.valueOf(row.getFirst().text()));
      page.raw("</th><td class=\"number\">")
          .text(Units.count(keys))
          .raw("</td><td class=\"share\">");
      bar(keys, most);
      page.raw("</td></tr>\n");
    }
    page.raw("</tbody>\n</table>\n");
  }

  /** A column of a histogram. */
  private record HistogramColumn(long from, long to, long keys) {}

  /** Returns the columns of a type, with empty ones behind so that a few are not too broad. */
  private static List<HistogramColumn> columns(ReportTable table, List<List<ReportCell>> rows) {
    List<HistogramColumn> columns = new ArrayList<>();
    for (List<ReportCell> row : rows) {
      columns.add(
          new HistogramColumn(
              table.number(row, "from"), table.number(row, "to"), table.number(row, "keys")));
    }
    while (columns.size() < LEAST_COLUMNS) {
      long to = columns.getLast().to();
      columns.add(new HistogramColumn(to + 1, 2 * to + 1, 0));
    }
    return columns;
  }

  private void histogram(ReportTable table, String type, List<List<ReportCell>> rows) {
    CellKind kind = table.columns().get(table.column("from")).kind();
    List<HistogramColumn> columns = columns(table, rows);
    long most = columns.stream().mapToLong(HistogramColumn::keys).max().orElse(1);
    page.raw("<div class=\"chart\">\n");
    if (!type.equals(ReportTables.ALL)) {
      page.raw("<h3>").text(type).raw("</h3>\n");
    }
    page.raw("<div class=\"plot\">\n<span class=\"top\">").text(Units.count(most));
    page.raw("</span><span class=\"zero\">0</span>\n");
    page.raw("<svg viewBox=\"0 0 " + columns.size() + " 100\" preserveAspectRatio=\"none\"");
    page.raw(" role=\"img\" aria-label=\"").text(table.title() + ", " + type).raw("\">\n");
    page.raw("<line class=\"grid\" x1=\"0\" y1=\"100\" x2=\"");
    page.raw(columns.size() + "\" y2=\"100\"/>\n");
    for (int i = 0; i < columns.size(); i++) {
      HistogramColumn column = columns.get(i);
      double height = column.keys() == 0 ? 0 : Math.max(1, 100.0 * column.keys() / most);
      page.raw(
          String.format(
              Locale.ROOT,
              "<rect x=\"%.2f\" y=\"%.2f\" width=\".9\" height=\"%.2f\"><title>",
              i + .05,
              100 - height,
              height));
      page.text(bounds(column, kind) + ": " + Units.count(column.keys()) + " keys");
      page.raw("</title></rect>\n");
    }
    page.raw("</svg>\n<span class=\"start\">").text(bounds(columns.getFirst(), kind));
    page.raw("</span><span class=\"end\">").text(bounds(columns.getLast(), kind));
    page.raw("</span>\n</div>\n</div>\n");
  }

  private static String bounds(HistogramColumn column, CellKind kind) {
    String from = TextReport.shown(ReportCell.of(column.from()), kind);
    String to = TextReport.shown(ReportCell.of(column.to()), kind);
    return from.equals(to) ? from : from + " to " + to;
  }

  private void about() {
    page.raw("<section class=\"full\">\n<h2>File</h2>\n<dl class=\"figures\">\n");
    source.facts().stream().skip(MAIN_FACTS).forEach(this::fact);
    source.auxFields().forEach(field -> fact(field.getKey(), field.getValue()));
    page.raw("</dl>\n</section>\n");
  }
}
