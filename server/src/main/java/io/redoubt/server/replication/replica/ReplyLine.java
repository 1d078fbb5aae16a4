package io.redoubt.server.replication.replica;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A line of the master's replies in the handshake, collected from the pieces in which it comes. */
final class ReplyLine {
  /** The length above which the rest of a line is ignored. */
  private static final int LONGEST = 4096;

  private final StringBuilder text = new StringBuilder();
  private boolean complete;

  /** Adds bytes up to the end of the line; returns the position of the first one not read. */
  long read(MemorySegment memory, long from, long to) {
    long position = from;
    while (position < to) {
      byte next = memory.get(ValueLayout.JAVA_BYTE, position++);
      if (next == '\n') {
        complete = true;
        return position;
      }
      if (text.length() < LONGEST) {
        text.append((char) (next & 0xff));
      }
    }
    return position;
  }

  boolean isComplete() {
    return complete;
  }

  /** Returns the complete line, without its end, and starts the next one. */
  String take() {
    int length = text.length();
    if (length > 0 && text.charAt(length - 1) == '\r') {
      text.setLength(length - 1);
    }
    String line = text.toString();
    text.setLength(0);
    complete = false;
    return line;
  }
}
