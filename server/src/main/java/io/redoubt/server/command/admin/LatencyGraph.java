package io.redoubt.server.command.admin;

import io.redoubt.server.execution.monitoring.Latency.Sample;
import java.util.ArrayList;
import java.util.List;

/**
 * A graph of samples in characters, one column each from old to new. The age of a sample is written
 * below its column, from top to bottom.
 *
 * <pre>
 *    _#
 *   o||
 *  _|||
 * _||||
 *
 * 54321
 * 53197
 * sssss
 * </pre>
 */
final class LatencyGraph {
  private static final int ROWS = 4;

  /** The characters at the top of a column, from low to high; the rest of the column is filled. */
  private static final String TOPS = "_o#";

  private static final char FILLED = '|';

  private final List<Sample> samples;
  private final long nowSeconds;
  private final long high;
  private final long low;

  LatencyGraph(List<Sample> samples, long nowSeconds) {
    this.samples = samples;
    this.nowSeconds = nowSeconds;
    this.high = samples.stream().mapToLong(Sample::millis).max().orElse(0);
    this.low = samples.stream().mapToLong(Sample::millis).min().orElse(0);
  }

  long highMillis() {
    return high;
  }

  long lowMillis() {
    return low;
  }

  String text() {
    List<String> lines = new ArrayList<>();
    for (int row = ROWS - 1; row >= 0; row--) {
      StringBuilder line = new StringBuilder();
      for (Sample sample : samples) {
        int above = height(sample) - row * TOPS.length();
        line.append(above < 0 ? ' ' : above < TOPS.length() ? TOPS.charAt(above) : FILLED);
      }
      lines.add(line.toString());
    }
    lines.add(" ".repeat(samples.size()));
    List<String> ages = samples.stream().map(sample -> age(nowSeconds - sample.seconds())).toList();
    int longest = ages.stream().mapToInt(String::length).max().orElse(0);
    for (int i = 0; i < longest; i++) {
      StringBuilder line = new StringBuilder();
      for (String age : ages) {
        line.append(i < age.length() ? age.charAt(i) : ' ');
      }
      lines.add(line.toString());
    }
    return String.join("\n", lines) + "\n";
  }

  /**
   * Returns the height of a sample: 0 for the shortest, the number of steps - 1 for the longest.
   */
  private int height(Sample sample) {
    int steps = ROWS * TOPS.length();
    long range = Math.max(high - low, 1);
    return (int) Math.min((sample.millis() - low) * steps / range, steps - 1);
  }

  private static String age(long seconds) {
    if (seconds < 60) {
      return seconds + "s";
    }
    if (seconds < 3600) {
      return seconds / 60 + "m";
    }
    return seconds < 86_400 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }
}
