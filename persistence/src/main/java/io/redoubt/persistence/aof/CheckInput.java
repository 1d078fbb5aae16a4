package io.redoubt.persistence.aof;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.io.DiskFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A file read byte by byte and line by line, with its position: as a check tool needs it. */
final class CheckInput {

  private static final int BUFFER_BYTES = 1 << 16;

  private final DiskFile file;
  private final MemorySegment buffer = MemorySegment.ofArray(new byte[BUFFER_BYTES]);
  private long offset;
  private int at;
  private int limit;

  /** Begins at the start of the file. */
  CheckInput(DiskFile file) {
    this.file = file;
  }

  /** Bytes from the start of the file to the next one to be read. */
  long offset() {
    return offset;
  }

  /** The next byte, which stays the next one, or -1 at the end. */
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

  /** The next byte, or -1 at the end. */
  int read() throws IOException {
    int b = peek();
    if (b >= 0) {
      at++;
      offset++;
    }
    return b;
  }

  /**
   * Reads a line with its end, or as much of it as fits before a closing zero byte.
   *
   * @return how many bytes were read
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

  /** Passes over bytes; returns how many there were. */
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
