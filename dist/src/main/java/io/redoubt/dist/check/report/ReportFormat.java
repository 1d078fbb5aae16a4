package io.redoubt.dist.check.report;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The formats in which a report is written. */
enum ReportFormat {
  TEXT,
  JSON,
  CSV,
  HTML,
  INFO;

  static Optional<ReportFormat> of(String name) {
    return Arrays.stream(values()).filter(format -> format.text().equals(name)).findFirst();
  }

  static String names() {
    return Arrays.stream(values()).map(ReportFormat::text).collect(Collectors.joining(", "));
  }

  private String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
