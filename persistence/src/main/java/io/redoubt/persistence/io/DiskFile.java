package io.redoubt.persistence.io;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** An open file with a position that reads and writes advance. Not thread-safe. */
public interface DiskFile extends Closeable {

  /**
   * Reads at the position.
   *
   * @return the number of bytes read, at least 1, or -1 at the end of the file
   */
  int read(MemorySegment memory, long offset, int length) throws IOException;

  /**
   * Writes all the given bytes at the position. After an exception, an unknown part of them is
   * written.
   */
  void write(MemorySegment memory, long offset, long length) throws IOException;

  /** Makes the content durable, with the metadata needed to read it. */
  void sync() throws IOException;

  /** Moves the position; has no effect on appends, which go to the end of the file. */
  void seek(long bytes) throws IOException;

  /** Returns the size of the file in bytes. */
  long size() throws IOException;

  /** Truncates the file to a size in bytes; the position is at most that afterwards. */
  void truncate(long sizeBytes) throws IOException;

  @Override
  void close() throws IOException;
}
