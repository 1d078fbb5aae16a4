package io.redoubt.protocol.resp;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Where replies are written: a window of memory that is followed by another one when it is full.
 * The subclass owns the windows and knows where they go.
 *
 * <p>A reply whose length isn't known when it begins leaves a gap for its header. While a gap is
 * open no window from that gap on may be given away.
 */
public abstract class ReplyBuffer {

  /** The bytes that are left for a header: a mark, ten digits, and the end of the line. */
  static final int GAP_BYTES = 13;

  /** The segment in which the window lies. */
  protected MemorySegment memory = MemorySegment.NULL;

  /** Where the next byte is written within {@link #memory}. */
  protected long position;

  /** The end of the window within {@link #memory}. */
  protected long limit;

  /** The number of the present window; the subclass counts it up when it goes on to another. */
  protected long window;

  private int gaps;
  private long[] gapWindows = {};
  private long[] gapOffsets = {};

  /** A buffer without a window: the first write asks for one. */
  protected ReplyBuffer() {}

  /**
   * Goes on to another window, or enlarges this one, so that {@code limit - position} is at least
   * {@code atLeastBytes}. What was written to the present one ends at {@link #position}.
   */
  protected abstract void makeRoom(int atLeastBytes);

  /**
   * Fills a gap in a window that was left before: puts the header at {@code offset} and moves the
   * bytes behind the gap up to it. Only called for windows left while {@link #hasGaps()}.
   *
   * @param gapWindow the number that the window had
   * @param header holds the header in its first {@code headerBytes} bytes
   * @param gapBytes the size of the gap
   */
  protected abstract void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes);

  /** Whether there are gaps, so that windows must be kept. */
  protected final boolean hasGaps() {
    return gaps > 0;
  }

  /** Leaves a gap at the present position and returns what it is closed by. */
  final long openGap() {
    if (limit - position < GAP_BYTES) {
      makeRoom(GAP_BYTES);
    }
    if (gaps == gapWindows.length) {
      gapWindows = Arrays.copyOf(gapWindows, gaps + 4);
      gapOffsets = Arrays.copyOf(gapOffsets, gaps + 4);
    }
    gapWindows[gaps] = window;
    gapOffsets[gaps] = position;
    position += GAP_BYTES;
    return gaps++;
  }

  /** Closes the gap that was opened last. */
  final void closeGap(long gap, byte[] header, int headerBytes) {
    if (gap != gaps - 1) {
      throw new IllegalStateException("gaps are closed in the opposite order of opening");
    }
    gaps--;
    long offset = gapOffsets[gaps];
    if (gapWindows[gaps] == window) {
      position = fillGap(memory, offset, position, header, headerBytes, GAP_BYTES);
    } else {
      fillEarlierGap(gapWindows[gaps], offset, header, headerBytes, GAP_BYTES);
    }
  }

  /** To be called when the present window's bytes have been moved by so many bytes. */
  protected final void moveGaps(long bytes) {
    for (int i = 0; i < gaps; i++) {
      if (gapWindows[i] == window) {
        gapOffsets[i] += bytes;
      }
    }
  }

  /**
   * Puts a header into a gap and moves the bytes behind it, up to {@code end}, to the header's end.
   *
   * @return where the bytes end now
   */
  protected static long fillGap(
      MemorySegment memory, long offset, long end, byte[] header, int headerBytes, int gapBytes) {
    MemorySegment.copy(header, 0, memory, ReplyWriter.BYTE, offset, headerBytes);
    long body = offset + gapBytes;
    MemorySegment.copy(memory, body, memory, offset + headerBytes, end - body);
    return end - gapBytes + headerBytes;
  }
}
