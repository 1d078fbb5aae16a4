package io.redoubt.dist.check.report;

import io.redoubt.persistence.rdb.report.KeyTotals;
import io.redoubt.persistence.rdb.report.RdbReport;
import io.redoubt.persistence.rdb.report.ReportedFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A report with the names of its files, and the facts that are no tables. */
record ReportedSource(ReportSource source, ReportedFile file) {

  /** The meaning of the two numbers of bytes, which every format for people states. */
  static final String MEANING =
      "\"In file\" is the length of the records in the file, which may be compressed. \"Data\" is"
          + " the length of keys, strings and elements, neither compressed nor packed, without"
          + " scores; of streams, the length of their packed nodes. Neither is the memory that a"
          + " server takes for them.";

  /**
   * A fact about the file.
   *
   * @param id its name for programs
   */
  record Fact(String id, String title, ReportTable.CellKind kind, ReportTable.ReportCell cell) {}

  RdbReport report() {
    return file.report();
  }

  String name() {
    return KeyText.of(source.file().toString());
  }

  /** Returns the error with its offset, empty for a whole file. */
  String error() {
    return file.error() == null
        ? ""
        : "Error at offset " + file.errorOffset() + ": " + file.error();
  }

  private static Fact text(String id, String title, String text) {
    return new Fact(id, title, ReportTable.CellKind.TEXT, ReportTable.ReportCell.of(text));
  }

  private static Fact count(String id, String title, long number) {
    return new Fact(id, title, ReportTable.CellKind.COUNT, ReportTable.ReportCell.of(number));
  }

  private static Fact bytes(String id, String title, long number) {
    return new Fact(id, title, ReportTable.CellKind.BYTES, ReportTable.ReportCell.of(number));
  }

  /** Returns the facts, those first that matter most. */
  List<Fact> facts() {
    RdbReport report = report();
    KeyTotals totals = report.totals();
    List<Fact> facts = new ArrayList<>();
    facts.add(count("keys", "keys", totals.keys()));
    facts.add(count("expiring", "expiring", totals.expiring()));
    facts.add(count("expired", "expired", totals.expired()));
    facts.add(bytes("file_bytes", "in file", totals.fileBytes()));
    facts.add(bytes("data_bytes", "data", totals.dataBytes()));
    facts.add(count("elements", "elements", totals.elements()));
    facts.add(count("databases", "databases", databases()));
    facts.add(count("functions", "function libraries", report.functions()));
    facts.add(count("empty_keys", "empty collections, skipped", report.emptyKeys()));
    facts.add(
        count(
            "hashes_with_expiring_fields",
            "hashes with expiring fields",
            report.hashesWithExpiringFields()));
    facts.add(count("expiring_fields", "expiring fields", report.expiringFields()));
    facts.add(bytes("size_bytes", "size of the file", file.sizeBytes()));
    facts.add(bytes("rdb_bytes", "size of the RDB that was read", file.readBytes()));
    if (file.bytesBehind() > 0) {
      facts.add(bytes("bytes_behind", "behind the RDB, not read", file.bytesBehind()));
    }
    if (source.incrementals() > 0) {
      facts.add(count("incremental_files", "incremental files, not read", source.incrementals()));
    }
    facts.add(count("rdb_version", "RDB version", file.version()));
    facts.add(text("checksum", "checksum", checksum()));
    facts.add(text("time", "time of the report", Units.time(report.nowMillis())));
    facts.add(text("delimiters", "delimiters", KeyText.of(report.settings().delimiters())));
    return facts;
  }

  private String checksum() {
    return file.error() != null ? "not checked" : file.checksum() ? "correct" : "none in the file";
  }

  private long databases() {
    long filled = report().databases().values().stream().filter(d -> d.totals().keys() > 0).count();
    return filled + (report().furtherDatabases().totals().keys() > 0 ? 1 : 0);
  }

  /** Returns the auxiliary fields of the file, safe to show. */
  List<Map.Entry<String, String>> auxFields() {
    return report().auxFields().entrySet().stream()
        .map(field -> Map.entry(KeyText.of(field.getKey()), KeyText.of(field.getValue())))
        .toList();
  }
}
