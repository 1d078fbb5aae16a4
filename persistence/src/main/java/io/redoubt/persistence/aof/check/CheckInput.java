package io.redoubt.persistence.aof.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.io.DiskFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A file read byte by byte and line by line by a check tool. */
public final class CheckInput {

  private static final int BUFFER_BYTES = 1 << 16;

  private final DiskFile file;
  private final MemorySegment buffer = MemorySegment.ofArray(new byte[BUFFER_BYTES]);
  private long offset;
  private int at;
  private int limit;

  /** Creates an input at the start of the file. */
  public CheckInput(DiskFile file) {
    this.file = file;
  }

  /** Returns the offset of the next byte. */
  long offset() {
    return offset;
  }

  /** Returns the next byte without consuming it, or -1 at the end. */
  int peek() throws IOException {
    if (at == limit) {
      at = 0;
      limit = Math.max(file.read(buffer, 0, BUFFER_BYTES), 0);
      if (limit == 0) {
        return -1;
      }
    }
    return buffer.get(JAVA_BYTE, at) & 0xff;
  }

  /** Reads the next byte; returns -1 at the end. */
  public int read() throws IOException {
    int b = peek();
    if (b >= 0) {
      at++;
      offset++;
    }
    return b;
  }

  /**
   * Reads a line with its end, or as much as fits before a closing NUL.
   *
   * @return the number of bytes read
   */
  int line(byte[] target) throws IOException {
    int length = 0;
    while (length < target.length - 1) {
      int b = read();
      if (b < 0) {
        break;
      }
      target[length++] = (byte) b;
      if (b == '\n') {
        break;
      }
    }
    if (length > 0) {
      target[length] = 0;
    }
    return length;
  }

  /** Skips bytes; returns their number. */
  long skip(long bytes) throws IOException {
    long done = 0;
    while (done < bytes && peek() >= 0) {
      int step = (int) Math.min(limit - at, bytes - done);
      at += step;
      offset += step;
      done += step;
    }
    return done;
  }
}
