package io.redoubt.protocol.resp;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The output of a {@link ReplyWriter}: a window of memory that is replaced by another one when it
 * is full. The subclass owns the windows and processes full ones.
 *
 * <p>A reply whose length is not known at its start leaves a gap for its header. While a gap is
 * open, its window and the later ones must be kept.
 */
public abstract class ReplyBuffer {

  /** The size of the gap left for a header: a type byte, ten digits, and the end of the line. */
  static final int GAP_BYTES = 13;

  /** The segment that contains the window. */
  protected MemorySegment memory = MemorySegment.NULL;

  /** The offset of the next byte within {@link #memory}. */
  protected long position;

  /** The end of the window within {@link #memory}. */
  protected long limit;

  /** The number of the current window, which the subclass increments when it switches windows. */
  protected long window;

  private int gaps;
  private long[] gapWindows = {};
  private long[] gapOffsets = {};

  /** Creates a buffer without a window: the first write requests one. */
  protected ReplyBuffer() {}

  /**
   * Switches to another window, or enlarges this one, so that {@code limit - position} is at least
   * {@code atLeastBytes}. The content of the old window ends at {@link #position}.
   */
  protected abstract void makeRoom(int atLeastBytes);

  /**
   * Fills a gap in an earlier window: writes the header at {@code offset} and moves the bytes after
   * the gap up to it. Called only for windows left while {@link #hasGaps()}.
   *
   * @param header contains the header in its first {@code headerBytes} bytes
   * @param gapBytes the size of the gap
   */
  protected abstract void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes);

  /**
   * Adds bytes of a block of the data by reference, after the content of the window. A subclass
   * that does so pins the block.
   *
   * @param block the start of the block
   * @param offset the offset of the bytes within {@code source}
   * @return false if the bytes must be copied
   */
  protected boolean refer(MemorySegment source, long block, long offset, int bytes) {
    return false;
  }

  /** Returns true if further output is discarded. */
  protected boolean isDiscarding() {
    return false;
  }

  /** Returns true if gaps are open, so that windows must be kept. */
  protected final boolean hasGaps() {
    return gaps > 0;
  }

  /** Leaves a gap at the current position and returns its handle. */
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

  /** Closes the gap opened last. */
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

  /** Adjusts the gaps after the bytes of the current window were moved by the given distance. */
  protected final void moveGaps(long bytes) {
    for (int i = 0; i < gaps; i++) {
      if (gapWindows[i] == window) {
        gapOffsets[i] += bytes;
      }
    }
  }

  /**
   * Writes a header into a gap and moves the bytes after it, up to {@code end}, to the end of the
   * header.
   *
   * @return the new end of the bytes
   */
  protected static long fillGap(
      MemorySegment memory, long offset, long end, byte[] header, int headerBytes, int gapBytes) {
    MemorySegment.copy(header, 0, memory, ReplyWriter.BYTE, offset, headerBytes);
    long body = offset + gapBytes;
    MemorySegment.copy(memory, body, memory, offset + headerBytes, end - body);
    return end - gapBytes + headerBytes;
  }
}
