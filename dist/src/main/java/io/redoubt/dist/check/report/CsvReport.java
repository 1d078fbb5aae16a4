package io.redoubt.dist.check.report;

import io.redoubt.dist.check.report.ReportTable.ReportCell;
import io.redoubt.dist.check.report.ReportTable.ReportColumn;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A report as comma-separated values (RFC 4180): one line for each row of each table, with the name
 * of the table in the first column and the columns of all tables. A cell that a spreadsheet would
 * take for a formula starts with an apostrophe.
 */
final class CsvReport {

  private static final String FORMULA_STARTS = "=+-@＝＋－＠";

  private final StringBuilder text = new StringBuilder();
  private final List<String> columns = new ArrayList<>(List.of("table", "name", "value"));

  private CsvReport() {}

  static String write(ReportedSource source) {
    CsvReport report = new CsvReport();
    List<ReportTable> tables = ReportTables.of(source.report());
    for (ReportTable table : tables) {
      for (ReportColumn column : table.columns()) {
        if (!report.columns.contains(column.id())) {
          report.columns.add(column.id());
        }
      }
    }
    report.line(report.columns);
    report.fact("file", source.name());
    report.fact("error", source.error());
    for (ReportedSource.Fact fact : source.facts()) {
      report.fact(fact.id(), shown(fact.cell()));
    }
    source.auxFields().forEach(field -> report.fact("aux " + field.getKey(), field.getValue()));
    for (ReportTable table : tables) {
      for (List<ReportCell> row : table.rows()) {
        report.row(table, row);
      }
    }
    return report.text.toString();
  }

  private void fact(String name, String value) {
    line(Map.of("table", "facts", "name", name, "value", value));
  }

  private void row(ReportTable table, List<ReportCell> row) {
    Map<String, String> cells = new LinkedHashMap<>();
    cells.put("table", table.id());
    for (int i = 0; i < row.size(); i++) {
      cells.put(table.columns().get(i).id(), shown(row.get(i)));
    }
    line(cells);
  }

  private static String shown(ReportCell cell) {
    if (cell.number() != null) {
      return cell.number().toString();
    }
    String value =
        cell.key() != null ? KeyText.of(cell.key()) : cell.text() == null ? "" : cell.text();
    return value;
  }

  private void line(Map<String, String> cells) {
    line(columns.stream().map(column -> cells.getOrDefault(column, "")).toList());
  }

  private void line(List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      text.append(i == 0 ? "" : ",").append(quoted(cells.get(i)));
    }
    text.append("\r\n");
  }

  private static String quoted(String cell) {
    String safe = isFormula(cell) ? "'" + cell : cell;
    boolean needsQuotes = safe.chars().anyMatch(c -> c == '"' || c == ',' || c == ';' || c < ' ');
    return needsQuotes ? '"' + safe.replace("\"", "\"\"") + '"' : safe;
  }

  /** Returns true for a text that a spreadsheet would run; no number of a report is negative. */
  private static boolean isFormula(String cell) {
    String text = cell.stripLeading();
    return !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0;
  }
}
