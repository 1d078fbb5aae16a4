package io.redoubt.persistence.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A file that forwards to another one, for tests that override some operations. */
public class ForwardingFile implements DiskFile {
  private final DiskFile file;

  /** Creates a file that forwards to {@code file}. */
  public ForwardingFile(DiskFile file) {
    this.file = file;
  }

  @Override
  public int read(MemorySegment memory, long offset, int length) throws IOException {
    return file.read(memory, offset, length);
  }

  @Override
  public void write(MemorySegment memory, long offset, long length) throws IOException {
    file.write(memory, offset, length);
  }

  @Override
  public void sync() throws IOException {
    file.sync();
  }

  @Override
  public void seek(long bytes) throws IOException {
    file.seek(bytes);
  }

  @Override
  public long size() throws IOException {
    return file.size();
  }

  @Override
  public void truncate(long sizeBytes) throws IOException {
    file.truncate(sizeBytes);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
