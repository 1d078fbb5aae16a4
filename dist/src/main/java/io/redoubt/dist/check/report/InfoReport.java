package io.redoubt.dist.check.report;

import io.redoubt.persistence.rdb.report.DatabaseFigures;
import io.redoubt.persistence.rdb.report.KeyTotals;
import io.redoubt.persistence.rdb.report.RdbReport;
import io.redoubt.persistence.rdb.report.SizeHistogram;
import io.redoubt.persistence.rdb.report.TypeFigures;
import io.redoubt.persistence.rdb.report.ValueType;
import java.util.Locale;

/**
 * A report in the lines that {@code valkey-check-rdb --stats --format info} prints. A size excludes
 * scores and the entries of streams, which Valkey includes.
 */
final class InfoReport {

  private final StringBuilder text = new StringBuilder();

  private InfoReport() {}

  static String write(ReportedSource source) {
    InfoReport info = new InfoReport();
    RdbReport report = source.report();
    if (!source.error().isEmpty()) {
      info.text.append("--- RDB ERROR DETECTED ---\n");
      info.text.append(
          String.format(
              Locale.ROOT, "[offset %d] %s\n", source.file().errorOffset(), source.file().error()));
    }
    info.line(report.totals().keys() + " keys read");
    info.line(report.totals().expiring() + " expires");
    info.line(report.totals().expired() + " already expired");
    info.line(report.functions() + " functions");
    report.databases().forEach(info::database);
    return info.text.toString();
  }

  private void line(String content) {
    text.append("[info] ").append(content).append('\n');
  }

  private void database(int index, DatabaseFigures figures) {
    for (ValueType type : ValueType.values()) {
      TypeFigures ofType = figures.types().get(type);
      if (ofType != null) {
        type("db." + index + ".type." + type.text() + ".", ofType);
      }
    }
  }

  private void type(String start, TypeFigures figures) {
    KeyTotals totals = figures.totals();
    line(start + "keys.total:" + totals.keys());
    line(start + "expire_keys.total:" + totals.expiring());
    line(start + "already_expired.total:" + totals.expired());
    line(start + "keys.size:" + totals.keyBytes());
    line(start + "keys.value_size:" + totals.valueBytes());
    line(start + "elements.total:" + totals.elements());
    line(start + "elements.size:" + totals.valueBytes());
    distribution(start + "elements.num.", figures.elements(), totals.elements(), totals.keys());
    distribution(
        start + "elements.size.", figures.elementBytes(), totals.valueBytes(), totals.elements());
  }

  private void distribution(String start, SizeHistogram sizes, long sum, long count) {
    line(start + "max:" + sizes.max());
    line(start + "avg:" + decimal(count == 0 ? 0 : (double) sum / count));
    line(start + "p99:" + decimal(sizes.percentile(99)));
    line(start + "p90:" + decimal(sizes.percentile(90)));
    line(start + "p50:" + decimal(sizes.percentile(50)));
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
