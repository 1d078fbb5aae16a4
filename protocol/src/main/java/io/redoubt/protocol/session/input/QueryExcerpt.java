package io.redoubt.protocol.session.input;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.Quoting;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Excerpts of client input for the log. */
public final class QueryExcerpt {
  private static final int SHOWN_BYTES = 128;
  private static final int QUOTED_BYTES = 64;

  private QueryExcerpt() {}

  /** Returns the start and the end of malformed input in readable form. */
  public static String of(MemorySegment bytes, long from, long to) {
    long length = to - from;
    if (length <= SHOWN_BYTES) {
      return "'" + printable(bytes, from, length) + "'";
    }
    long half = SHOWN_BYTES / 2;
    return "'"
        + printable(bytes, from, half)
        + "' (... more "
        + (length - SHOWN_BYTES)
        + " bytes ...) '"
        + printable(bytes, to - half, half)
        + "'";
  }

  /** Returns the start of pending input, quoted. */
  public static String of(ByteQueue query) {
    var start = new byte[(int) Math.min(QUOTED_BYTES, query.usedBytes())];
    MemorySegment.copy(
        query.memory(), ValueLayout.JAVA_BYTE, query.start(), start, 0, start.length);
    return Quoting.quote(start);
  }

  private static String printable(MemorySegment bytes, long from, long length) {
    var text = new StringBuilder();
    for (long i = 0; i < length; i++) {
      int b = bytes.get(ValueLayout.JAVA_BYTE, from + i);
      text.append(b >= ' ' && b < 0x7f ? (char) b : '.');
    }
    return text.toString();
  }
}
