package io.redoubt.protocol.process.os;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A list of processors in the syntax of taskset: {@code 0,2,4-7}, or {@code 0-7:2} for every second
 * one.
 */
public final class CpuList {
  private static final Pattern RANGE =
      Pattern.compile("(\\d{1,4})(?:-(\\d{1,4})(?::(\\d{1,4}))?)?");

  private final BitSet processors;

  private CpuList(BitSet processors) {
    this.processors = processors;
  }

  /**
   * Parses a list.
   *
   * @throws IllegalArgumentException if it is not one
   */
  public static CpuList parse(String text) {
    BitSet processors = new BitSet();
    for (String part : text.split(",", -1)) {
      Matcher range = RANGE.matcher(part.strip());
      if (!range.matches()) {
        throw new IllegalArgumentException("'" + text + "' is not a list of processors");
      }
      int first = Integer.parseInt(range.group(1));
      int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
      int step = range.group(3) == null ? 1 : Integer.parseInt(range.group(3));
      if (last < first || step == 0) {
        throw new IllegalArgumentException("'" + part + "' is not a range of processors");
      }
      for (int processor = first; processor <= last; processor += step) {
        processors.set(processor);
      }
    }
    return new CpuList(processors);
  }

  /**
   * Binds the calling thread to these processors. Threads that it starts inherit them.
   *
   * @throws IOException if the kernel refuses, for instance because none of them exists
   */
  public void bindCallingThread() throws IOException {
    // The kernel takes masks of whole words that are at least as long as its own; 1024 bits are.
    long[] mask = processors.toLongArray();
    Posix.setAffinity(Arrays.copyOf(mask, Math.max(mask.length, 1024 / Long.SIZE)));
  }

  /** Returns the processors, as in {@code {0, 2}}. */
  @Override
  public String toString() {
    return processors.toString();
  }
}
