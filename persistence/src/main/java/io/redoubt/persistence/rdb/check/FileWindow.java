package io.redoubt.persistence.rdb.check;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A part of a file in memory, which moves to where it is needed. */
final class FileWindow implements AutoCloseable {

  private static final int WINDOW_BYTES = 1 << 20;

  /** Receives bytes. */
  @FunctionalInterface
  interface Receiver {
    void bytes(MemorySegment memory, long offset, int length) throws RdbException;
  }

  private final DiskFile file;
  private final BufferMemory buffers;
  private final BufferMemory.Block block;
  private long start; // the window's offset in the file
  private int length;

  FileWindow(DiskFile file, BufferMemory buffers) {
    this.file = file;
    this.buffers = buffers;
    this.block = buffers.allocate(WINDOW_BYTES);
  }

  @Override
  public void close() {
    buffers.free(block);
  }

  int byteAt(long offset) throws IOException {
    moveTo(offset);
    return block.memory().get(JAVA_BYTE, block.offset() + (offset - start)) & 0xff;
  }

  private void moveTo(long offset) throws IOException {
    if (offset >= start && offset < start + length) {
      return;
    }
    file.seek(offset);
    start = offset;
    length = 0;
    while (length < WINDOW_BYTES) {
      int read = file.read(block.memory(), block.offset() + length, WINDOW_BYTES - length);
      if (read < 0) {
        break;
      }
      length += read;
    }
    if (length == 0) {
      throw new EOFException("The file has become shorter");
    }
  }

  /** Passes the bytes of a range of the file. */
  void pass(long from, long to, Receiver receiver) throws IOException, RdbException {
    for (long at = from; at < to; ) {
      moveTo(at);
      int part = (int) Math.min(to - at, length - (at - start));
      receiver.bytes(block.memory(), block.offset() + (at - start), part);
      at += part;
    }
  }
}
