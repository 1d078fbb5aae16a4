package io.redoubt.dist.check.report;

import io.redoubt.dist.check.report.ReportTable.CellKind;
import io.redoubt.dist.check.report.ReportTable.ReportCell;
import io.redoubt.dist.check.report.ReportTable.ReportColumn;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.report.KeyTotals;
import io.redoubt.persistence.rdb.report.LargeKey;
import io.redoubt.persistence.rdb.report.PrefixTotals;
import io.redoubt.persistence.rdb.report.RdbReport;
import io.redoubt.persistence.rdb.report.RemainingTime;
import io.redoubt.persistence.rdb.report.SizeHistogram;
import io.redoubt.persistence.rdb.report.ValueType;
import java.util.ArrayList;
import java.util.List;

/** The tables of a report. */
final class ReportTables {

  /** The names of tables that formats show in a way of their own. */
  static final String TYPES = "by_type";

  static final String DATABASES = "by_database";
  static final String PREFIXES = "by_prefix";
  static final String LARGEST = "largest";
  static final String LARGEST_BY_TYPE = "largest_by_type";
  static final String VALUE_BYTES = "value_bytes_histogram";
  static final String ELEMENTS = "elements_histogram";
  static final String KEY_BYTES = "key_bytes_histogram";
  static final String REMAINING_TIME = "remaining_time";

  /** The type of a histogram over the keys of all types. */
  static final String ALL = "all";

  private static final List<ReportColumn> SUMS =
      List.of(
          new ReportColumn("keys", "keys", CellKind.COUNT),
          new ReportColumn("expiring", "expiring", CellKind.COUNT),
          new ReportColumn("expired", "expired", CellKind.COUNT),
          new ReportColumn("file_bytes", "in file", CellKind.BYTES),
          new ReportColumn("data_bytes", "data", CellKind.BYTES),
          new ReportColumn("elements", "elements", CellKind.COUNT));

  private static final List<ReportColumn> BUCKETS =
      List.of(
          new ReportColumn("type", "type", CellKind.TEXT),
          new ReportColumn("from", "from", CellKind.COUNT),
          new ReportColumn("to", "to", CellKind.COUNT),
          new ReportColumn("keys", "keys", CellKind.COUNT));

  private ReportTables() {}

  /** Returns all tables of a report, in their order. */
  static List<ReportTable> of(RdbReport report) {
    List<ReportTable> tables = new ArrayList<>();
    tables.add(types(report));
    tables.add(encodings(report));
    tables.add(databases(report));
    tables.add(prefixes(report));
    tables.add(largest(report));
    tables.add(largestOfTypes(report));
    tables.add(
        histogram(
            VALUE_BYTES,
            "Length of values",
            "Keys by the bytes of their value, neither compressed nor packed.",
            report));
    tables.add(histogram(ELEMENTS, "Elements", "Keys by the number of elements.", report));
    tables.add(keyLengths(report));
    tables.add(remainingTimes(report));
    return tables;
  }

  private static List<ReportColumn> columns(List<ReportColumn> names, List<ReportColumn> sums) {
    List<ReportColumn> columns = new ArrayList<>(names);
    columns.addAll(sums);
    return columns;
  }

  private static ReportColumn text(String name) {
    return new ReportColumn(name, name, CellKind.TEXT);
  }

  private static List<ReportCell> row(KeyTotals totals, ReportCell... names) {
    List<ReportCell> row = new ArrayList<>(List.of(names));
    row.add(ReportCell.of(totals.keys()));
    row.add(ReportCell.of(totals.expiring()));
    row.add(ReportCell.of(totals.expired()));
    row.add(ReportCell.of(totals.fileBytes()));
    row.add(ReportCell.of(totals.dataBytes()));
    row.add(ReportCell.of(totals.elements()));
    return row;
  }

  private static ReportTable types(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    for (ValueType type : ValueType.values()) {
      KeyTotals totals = report.type(type).totals();
      if (totals.keys() > 0) {
        rows.add(row(totals, ReportCell.of(type.text())));
      }
    }
    return new ReportTable(TYPES, "Types", "", columns(List.of(text("type")), SUMS), rows);
  }

  private static ReportTable encodings(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    report
        .encodings()
        .forEach((encoding, totals) ->
            rows.add(
                row(
                    totals,
                    ReportCell.of(encoding.type().text()),
                    ReportCell.of(encoding.text()))));
    return new ReportTable(
        "by_encoding",
        "Encodings",
        "Packed values as they are in the file, others as a server with the default limits has"
            + " them after loading it.",
        columns(List.of(text("type"), text("encoding")), SUMS),
        rows);
  }

  private static ReportTable databases(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    report
        .databases()
        .forEach((index, figures) -> {
          if (figures.totals().keys() > 0) {
            rows.add(row(figures.totals(), ReportCell.of(Integer.toString(index))));
          }
        });
    KeyTotals further = report.furtherDatabases().totals();
    if (further.keys() > 0) {
      rows.add(row(further, ReportCell.of("others")));
    }
    return new ReportTable(
        DATABASES, "Databases", "", columns(List.of(text("database")), SUMS), rows);
  }

  private static ReportTable prefixes(RdbReport report) {
    List<ReportColumn> columns =
        columns(
            List.of(
                new ReportColumn("depth", "depth", CellKind.COUNT),
                new ReportColumn("prefix", "prefix", CellKind.KEY)),
            SUMS);
    columns.add(new ReportColumn("missed_bytes", "not counted, at most", CellKind.BYTES));
    List<List<ReportCell>> rows = new ArrayList<>();
    boolean exact = true;
    for (int depth = 1; depth <= report.settings().prefixDepth(); depth++) {
      exact &= report.arePrefixesExact(depth);
      KeyTotals listed = new KeyTotals();
      for (PrefixTotals prefix : report.prefixes(depth)) {
        listed.add(prefix.totals());
        ReportCell name =
            prefix.prefix().isEmpty()
                ? ReportCell.of("(no delimiter)")
                : ReportCell.of(prefix.prefix());
        List<ReportCell> row = row(prefix.totals(), ReportCell.of(depth), name);
        row.add(ReportCell.of(prefix.missedBytes()));
        rows.add(row);
      }
      KeyTotals rest = report.totals().without(listed);
      if (depth == 1 && rest.keys() > 0) {
        List<ReportCell> row = row(rest, ReportCell.of(1), ReportCell.of("(others)"));
        row.add(ReportCell.of(0));
        rows.add(row);
      }
    }
    return new ReportTable(
        PREFIXES,
        "Prefixes",
        exact
            ? "The prefixes with the most data, by their number of delimiters."
            : "The prefixes with the most data, by their number of delimiters. There are more"
                + " prefixes than counters: keys of a prefix that came before it was counted are"
                + " among the others.",
        columns,
        rows);
  }

  private static List<ReportColumn> largeKeyColumns() {
    return List.of(
        text("type"),
        text("encoding"),
        new ReportColumn("database", "db", CellKind.COUNT),
        new ReportColumn("file_bytes", "in file", CellKind.BYTES),
        new ReportColumn("data_bytes", "data", CellKind.BYTES),
        new ReportColumn("elements", "elements", CellKind.COUNT),
        new ReportColumn("largest_bytes", "largest element", CellKind.BYTES),
        new ReportColumn("expires", "expires", CellKind.TIME),
        new ReportColumn("key", "key", CellKind.KEY));
  }

  private static List<ReportCell> row(LargeKey key) {
    return List.of(
        ReportCell.of(key.encoding().type().text()),
        ReportCell.of(key.encoding().text()),
        ReportCell.of(key.database()),
        ReportCell.of(key.fileBytes()),
        ReportCell.of(key.dataBytes()),
        ReportCell.of(key.elements()),
        key.encoding().type() == ValueType.STREAM
            ? ReportCell.NONE
            : ReportCell.of(key.largestBytes()),
        key.expireAtMillis() == RdbKey.NONE ? ReportCell.NONE : ReportCell.of(key.expireAtMillis()),
        ReportCell.of(key.name()));
  }

  private static ReportTable largest(RdbReport report) {
    return new ReportTable(
        LARGEST,
        "Largest keys",
        "The keys with the most data.",
        largeKeyColumns(),
        report.largest().stream().map(ReportTables::row).toList());
  }

  private static ReportTable largestOfTypes(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    for (ValueType type : ValueType.values()) {
      report.largest(type).forEach(key -> rows.add(row(key)));
    }
    return new ReportTable(
        LARGEST_BY_TYPE, "Largest keys of each type", "", largeKeyColumns(), rows);
  }

  private static ReportTable histogram(String id, String title, String note, RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    for (ValueType type : ValueType.values()) {
      SizeHistogram sizes =
          id.equals(ELEMENTS) ? report.type(type).elements() : report.type(type).valueBytes();
      if (!id.equals(ELEMENTS) || type != ValueType.STRING) { // a string is one element
        addBuckets(rows, type.text(), sizes);
      }
    }
    return new ReportTable(id, title, note, buckets(id), rows);
  }

  private static ReportTable keyLengths(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    addBuckets(rows, ALL, report.keyBytes());
    return new ReportTable(
        KEY_BYTES, "Length of keys", "Keys by their own bytes.", buckets(KEY_BYTES), rows);
  }

  private static List<ReportColumn> buckets(String id) {
    if (id.equals(ELEMENTS)) {
      return BUCKETS;
    }
    List<ReportColumn> columns = new ArrayList<>(BUCKETS);
    for (int i = 1; i <= 2; i++) {
      ReportColumn bound = columns.get(i);
      columns.set(i, new ReportColumn(bound.id(), bound.title(), CellKind.BYTES));
    }
    return columns;
  }

  private static void addBuckets(List<List<ReportCell>> rows, String type, SizeHistogram sizes) {
    boolean started = false;
    for (int exponent = 0; exponent < sizes.exponents(); exponent++) {
      long keys = sizes.countOf(exponent);
      started |= keys > 0;
      if (started) {
        long from = exponent == 0 ? 0 : 1L << (exponent - 1);
        rows.add(
            List.of(
                ReportCell.of(type),
                ReportCell.of(from),
                ReportCell.of(Math.max(0, 2 * from - 1)),
                ReportCell.of(keys)));
      }
    }
  }

  private static ReportTable remainingTimes(RdbReport report) {
    List<List<ReportCell>> rows = new ArrayList<>();
    report
        .remainingTimes()
        .forEach((range, keys) ->
            rows.add(
                List.of(
                    ReportCell.of(range.text()),
                    range == RemainingTime.LONGER
                        ? ReportCell.NONE
                        : ReportCell.of(range.belowMillis() / 1000),
                    ReportCell.of(keys))));
    KeyTotals totals = report.totals();
    rows.add(
        List.of(
            ReportCell.of("no expiry"),
            ReportCell.NONE,
            ReportCell.of(totals.keys() - totals.expiring())));
    return new ReportTable(
        REMAINING_TIME,
        "Time to live",
        "Keys by the time that they have left, counted from the time of the report.",
        List.of(
            text("range"),
            new ReportColumn("below_seconds", "below, seconds", CellKind.COUNT),
            new ReportColumn("keys", "keys", CellKind.COUNT)),
        rows);
  }
}
