package io.redoubt.server.replication.spill;

import io.redoubt.persistence.io.DiskFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A file of stream bytes that can't be sent or applied yet during a full sync; first in, first out.
 * The file exists only while it contains bytes.
 */
public final class Spill implements AutoCloseable {
  private final SpillSpace space;
  private @Nullable DiskFile writer;
  private @Nullable DiskFile reader;
  private long writtenBytes;
  private long readBytes;

  public Spill(SpillSpace space) {
    this.space = space;
  }

  public boolean isEmpty() {
    return readBytes == writtenBytes;
  }

  public long waitingBytes() {
    return writtenBytes - readBytes;
  }

  /**
   * Adds bytes.
   *
   * @throws IOException if the write fails or the limit of all replicas would be exceeded
   */
  public void append(MemorySegment memory, long offset, long length) throws IOException {
    space.take(length);
    writtenBytes += length;
    DiskFile file = writer;
    if (file == null) {
      SpillSpace.Ends ends = space.open();
      file = ends.writer();
      writer = file;
      reader = ends.reader();
    }
    file.write(memory, offset, length);
  }

  /** Removes the next bytes and returns their number, at least 1 unless the file is empty. */
  public int read(MemorySegment memory, long offset, int length) throws IOException {
    DiskFile file = reader;
    if (file == null || isEmpty()) {
      return 0;
    }
    int read = file.read(memory, offset, (int) Math.min(length, waitingBytes()));
    if (read < 0) {
      throw new IOException("the spill file ends too early");
    }
    readBytes += read;
    if (isEmpty()) {
      close(); // the disk gets its room back
    }
    return read;
  }

  /** Discards the remaining bytes. */
  @Override
  public void close() {
    space.release(writtenBytes);
    space.close(writer);
    space.close(reader);
    writer = null;
    reader = null;
    writtenBytes = 0;
    readBytes = 0;
  }
}
