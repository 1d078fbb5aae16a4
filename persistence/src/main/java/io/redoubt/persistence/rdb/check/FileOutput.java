package io.redoubt.persistence.rdb.check;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.rdb.RdbOutput;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Writes an RDB to a file and computes its checksum. */
final class FileOutput extends RdbOutput implements AutoCloseable {

  private static final int WINDOW_BYTES = 1 << 16;

  private final DiskFile file;
  private final BufferMemory buffers;
  private BufferMemory.Block block;

  FileOutput(DiskFile file, BufferMemory buffers) {
    super(true);
    this.file = file;
    this.buffers = buffers;
    this.block = buffers.allocate(WINDOW_BYTES);
    window(block.memory(), block.offset(), block.end());
  }

  @Override
  protected void renew(long end, int atLeastBytes) {
    write(end);
    if (block.sizeBytes() < atLeastBytes) {
      buffers.free(block);
      block = buffers.allocate(atLeastBytes);
    }
    window(block.memory(), block.offset(), block.end());
  }

  /** Writes the buffered bytes and makes them durable. */
  void finish() throws IOException {
    write(position());
    file.sync();
  }

  private void write(long end) {
    try {
      file.write(block.memory(), block.offset(), end - block.offset());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    buffers.free(block);
  }
}
