package io.redoubt.protocol.http;

import java.util.List;

/**
 * A ring with the samples of the last minutes, for the charts of a newly opened page. A sample is a
 * row of numbers that starts with its time. Confined to the server's thread.
 */
final class SampleHistory {
  /** The number of samples, one a second. */
  static final int MOST = 300;

  private List<String> names = List.of();
  private long[] values = {};
  private int next;
  private int count;

  /** Adds a sample; with other names than the last one it is the first. */
  void add(List<String> sampleNames, long[] sample) {
    int width = sampleNames.size();
    if (!names.equals(sampleNames)) {
      names = List.copyOf(sampleNames);
      values = new long[MOST * width];
      next = 0;
      count = 0;
    }
    System.arraycopy(sample, 0, values, next * width, width);
    next = (next + 1) % MOST;
    count = Math.min(MOST, count + 1);
  }

  /** Returns the samples from old to new as a JSON text, empty if there are none. */
  String json() {
    if (count == 0) {
      return "";
    }
    Json names = new Json().object().array("names");
    this.names.forEach(names::element);
    StringBuilder text = new StringBuilder(names.endArray().toString()).append(",\"samples\":[");
    int width = this.names.size();
    for (int i = 0; i < count; i++) {
      int row = Math.floorMod(next - count + i, MOST) * width;
      text.append(i == 0 ? "[" : ",[");
      for (int column = 0; column < width; column++) {
        text.append(column == 0 ? "" : ",").append(values[row + column]);
      }
      text.append(']');
    }
    return text.append("]}").toString();
  }
}
