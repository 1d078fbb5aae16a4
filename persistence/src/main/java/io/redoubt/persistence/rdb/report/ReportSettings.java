package io.redoubt.persistence.rdb.report;

import io.redoubt.protocol.bytes.ByteString;

/**
 * The settings of a report.
 *
 * @param delimiters the bytes each of which ends a prefix of a key
 * @param prefixDepth the highest number of delimiters in a prefix, 1 to {@link #MAX_DEPTH}
 * @param mergesNumbers true to count parts of a prefix that are numbers as {@code *}
 * @param largest the number of largest keys and prefixes that are listed, 1 to {@link #MAX_LARGEST}
 */
public record ReportSettings(
    ByteString delimiters, int prefixDepth, boolean mergesNumbers, int largest) {

  /** The prefixes of each depth have counters of their own, half a megabyte. */
  public static final int MAX_DEPTH = 8;

  public static final int MAX_LARGEST = 1000;

  /** The usual report: prefixes of up to two parts that end with a colon. */
  public static final ReportSettings USUAL = new ReportSettings(ByteString.of(":"), 2, true, 10);
}
