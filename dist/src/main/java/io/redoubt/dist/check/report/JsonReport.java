package io.redoubt.dist.check.report;

import io.redoubt.dist.check.report.ReportTable.ReportCell;
import io.redoubt.dist.check.report.ReportTable.ReportColumn;
import io.redoubt.persistence.rdb.report.KeyName;
import io.redoubt.protocol.bytes.Utf8;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A report as JSON (RFC 8259): an object with the facts, and an array of objects for each table.
 * Keys are exact: one that is no UTF-8 is escaped as people read it, and its bytes follow in
 * Base64. A key that is cut has the length of the whole one.
 */
final class JsonReport {

  private final StringBuilder text = new StringBuilder();

  private JsonReport() {}

  static String write(ReportedSource source) {
    JsonReport json = new JsonReport();
    json.text.append("{\n  \"file\": ");
    json.string(source.name());
    json.text.append(",\n  \"complete\": ").append(source.error().isEmpty());
    if (!source.error().isEmpty()) {
      json.text.append(",\n  \"error\": ");
      json.string(String.valueOf(source.file().error()));
      json.text.append(",\n  \"error_offset\": ").append(source.file().errorOffset());
    }
    for (ReportedSource.Fact fact : source.facts()) {
      json.text.append(",\n  ");
      json.member(fact.id(), fact.cell());
    }
    json.aux(source.auxFields());
    for (ReportTable table : ReportTables.of(source.report())) {
      json.table(table);
    }
    return json.text.append("\n}\n").toString();
  }

  private void aux(List<Map.Entry<String, String>> fields) {
    text.append(",\n  \"aux\": {");
    for (int i = 0; i < fields.size(); i++) {
      text.append(i == 0 ? "" : ", ");
      string(fields.get(i).getKey());
      text.append(": ");
      string(fields.get(i).getValue());
    }
    text.append('}');
  }

  private void table(ReportTable table) {
    text.append(",\n  ");
    string(table.id());
    text.append(": [");
    for (int i = 0; i < table.rows().size(); i++) {
      text.append(i == 0 ? "\n    {" : ",\n    {");
      row(table.columns(), table.rows().get(i));
      text.append('}');
    }
    text.append(table.rows().isEmpty() ? "]" : "\n  ]");
  }

  private void row(List<ReportColumn> columns, List<ReportCell> cells) {
    for (int i = 0; i < cells.size(); i++) {
      text.append(i == 0 ? "" : ", ");
      member(columns.get(i).id(), cells.get(i));
    }
  }

  private void member(String name, ReportCell cell) {
    string(name);
    text.append(": ");
    KeyName key = cell.key();
    if (key != null) {
      key(name, key);
    } else if (cell.text() != null) {
      string(cell.text());
    } else if (cell.number() != null) {
      text.append(cell.number());
    } else {
      text.append("null");
    }
  }

  private void key(String name, KeyName key) {
    boolean exact = KeyText.isUtf8(key.start());
    string(exact ? Utf8.decode(key.start().toByteArray()) : KeyText.of(key.start()));
    if (!exact) {
      text.append(", ");
      string(name + "_base64");
      text.append(": ");
      string(Base64.getEncoder().encodeToString(key.start().toByteArray()));
    }
    if (key.isCut()) {
      text.append(", ");
      string(name + "_length");
      text.append(": ").append(key.lengthBytes());
    }
  }

  private void string(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> text.append("\\\"");
        case '\\' -> text.append("\\\\");
        case '\n' -> text.append("\\n");
        case '\r' -> text.append("\\r");
        case '\t' -> text.append("\\t");
        default -> {
          if (mustBeEscaped(c)) {
            text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            text.append(c);
          }
        }
      }
    }
    text.append('"');
  }

  /** Returns true for what would be invisible, or would end a string in a script or a page. */
  private static boolean mustBeEscaped(char c) {
    return c == '<'
        || Character.isISOControl(c)
        || c == '\u2028'
        || c == '\u2029'
        || Character.getType(c) == Character.FORMAT;
  }
}
