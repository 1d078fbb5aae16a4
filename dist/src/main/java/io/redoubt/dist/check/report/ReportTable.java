package io.redoubt.dist.check.report;

import io.redoubt.persistence.rdb.report.KeyName;
import io.redoubt.protocol.bytes.ByteString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of a report: all formats are written from the same tables.
 *
 * @param id its name for programs
 * @param note a sentence below the title, may be empty
 */
record ReportTable(
    String id, String title, String note, List<ReportColumn> columns, List<List<ReportCell>> rows) {

  /** The kind of the cells of a column, which decides how people read them. */
  enum CellKind {
    TEXT,
    KEY,
    COUNT,
    BYTES,
    /** A point in time, in milliseconds of Unix time. */
    TIME
  }

  /** A column, with its name for programs and its title for people. */
  record ReportColumn(String id, String title, CellKind kind) {

    boolean isNumber() {
      return kind != CellKind.TEXT && kind != CellKind.KEY;
    }
  }

  /** A cell: a text, a number, a key, or nothing. */
  record ReportCell(@Nullable String text, @Nullable Long number, @Nullable KeyName key) {

    static final ReportCell NONE = new ReportCell(null, null, null);

    static ReportCell of(String text) {
      return new ReportCell(text, null, null);
    }

    static ReportCell of(long number) {
      return new ReportCell(null, number, null);
    }

    static ReportCell of(KeyName key) {
      return new ReportCell(null, null, key);
    }

    static ReportCell of(ByteString prefix) {
      return of(new KeyName(prefix, prefix.length()));
    }
  }

  /** Returns the index of a column; refuses one that does not exist. */
  int column(String columnId) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).id().equals(columnId)) {
        return i;
      }
    }
    throw new IllegalArgumentException(columnId);
  }

  /** Returns a number of a row, 0 for an empty cell. */
  long number(List<ReportCell> row, String columnId) {
    Long number = row.get(column(columnId)).number();
    return number == null ? 0 : number;
  }
}
