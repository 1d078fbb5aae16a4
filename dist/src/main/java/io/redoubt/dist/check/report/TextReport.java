package io.redoubt.dist.check.report;

import io.redoubt.dist.check.report.ReportTable.CellKind;
import io.redoubt.dist.check.report.ReportTable.ReportCell;
import io.redoubt.dist.check.report.ReportTable.ReportColumn;
import java.util.ArrayList;
import java.util.List;

/** A report as text for a terminal. */
final class TextReport {

  private static final int MAX_LINE = 100;
  private final StringBuilder text = new StringBuilder();

  private TextReport() {}

  static String write(ReportedSource source) {
    TextReport report = new TextReport();
    report.head(source);
    for (ReportTable table : ReportTables.of(source.report())) {
      if (!table.rows().isEmpty()) {
        report.table(table);
      }
    }
    return report.text.toString();
  }

  private void head(ReportedSource source) {
    text.append(source.name()).append("\n\n");
    if (!source.error().isEmpty()) {
      text.append(source.error()).append("\nThe report covers the keys before it.\n\n");
    }
    for (ReportedSource.Fact fact : source.facts()) {
      line(fact.title(), shown(fact.cell(), fact.kind()));
    }
    source.auxFields().forEach(field -> line("aux " + field.getKey(), field.getValue()));
    text.append('\n');
    wrap(ReportedSource.MEANING);
  }

  private void line(String title, String value) {
    text.append(String.format("%-30s  %s%n", title, value).replace("\r", ""));
  }

  private void wrap(String sentence) {
    int width = 0;
    for (String word : sentence.split(" ")) {
      if (width > 0 && width + word.length() >= MAX_LINE) {
        text.append('\n');
        width = 0;
      }
      text.append(width == 0 ? "" : " ").append(word);
      width += word.length() + 1;
    }
    text.append('\n');
  }

  /** Returns a cell as people read it. */
  static String shown(ReportCell cell, CellKind kind) {
    if (cell.key() != null) {
      return KeyText.of(cell.key());
    }
    if (cell.text() != null) {
      return cell.text();
    }
    Long number = cell.number();
    if (number == null) {
      return "";
    }
    return switch (kind) {
      case BYTES -> Units.bytes(number);
      case TIME -> Units.time(number);
      default -> Units.count(number);
    };
  }

  private void table(ReportTable table) {
    text.append('\n').append(table.title()).append('\n');
    if (!table.note().isEmpty()) {
      wrap(table.note());
    }
    text.append('\n');
    List<List<String>> lines = new ArrayList<>();
    lines.add(table.columns().stream().map(ReportColumn::title).toList());
    for (List<ReportCell> row : table.rows()) {
      List<String> line = new ArrayList<>();
      for (int i = 0; i < row.size(); i++) {
        line.add(shown(row.get(i), table.columns().get(i).kind()));
      }
      lines.add(line);
    }
    int[] widths = new int[table.columns().size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(line.get(i)));
      }
    }
    for (List<String> line : lines) {
      StringBuilder cells = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String blanks = " ".repeat(widths[i] - width(line.get(i)));
        boolean number = table.columns().get(i).isNumber();
        cells.append(i == 0 ? "" : "  ").append(number ? blanks : "");
        cells.append(line.get(i)).append(number ? "" : blanks);
      }
      text.append(cells.toString().stripTrailing()).append('\n');
    }
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
