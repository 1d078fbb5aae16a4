package io.redoubt.protocol.session;

import java.util.Arrays;

/** The largest input and output buffers of clients within the last seconds, for INFO. */
final class RecentPeaks {
  private static final int SECONDS = 8;

  private final long[] inputBytes = new long[SECONDS];
  private final long[] outputBytes = new long[SECONDS];
  private int current;

  /** Starts the next second and forgets the oldest one. */
  void nextSecond() {
    current = (current + 1) % SECONDS;
    inputBytes[current] = 0;
    outputBytes[current] = 0;
  }

  /** Records the buffers of a client. */
  void observe(long input, long output) {
    inputBytes[current] = Math.max(inputBytes[current], input);
    outputBytes[current] = Math.max(outputBytes[current], output);
  }

  /** Returns the largest input buffer in bytes. */
  long inputBytes() {
    return Arrays.stream(inputBytes).max().orElse(0);
  }

  /** Returns the largest output buffer in bytes. */
  long outputBytes() {
    return Arrays.stream(outputBytes).max().orElse(0);
  }
}
