package io.redoubt.persistence.aof;

import io.redoubt.persistence.io.DiskFile;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file that is appended to, and how far that went. Written by one thread at a time; the sync may
 * run on another beside it.
 */
final class AppendTarget {
  private final DiskFile file;

  /** The offset in the stream of everything ever appended at which this file begins to be used. */
  private final long streamStart;

  /** The length up to which the file holds whole pieces. */
  private final AtomicLong goodBytes = new AtomicLong();

  AppendTarget(DiskFile file, long streamStart) throws IOException {
    this.file = file;
    this.streamStart = streamStart;
    goodBytes.set(file.size());
  }

  long streamStart() {
    return streamStart;
  }

  long sizeBytes() {
    return goodBytes.get();
  }

  /**
   * Writes a buffer and empties it. After an exception the buffer holds what is not in the file,
   * which ends where the bytes given up end: writing may be tried again.
   *
   * @throws TornFile when that can't be brought about
   */
  void write(AppendBuffer bytes) throws IOException {
    long length = bytes.length();
    try {
      file.write(bytes.memory(), bytes.start(), length);
    } catch (IOException e) {
      cutOff(bytes, e);
      throw e;
    }
    goodBytes.addAndGet(length);
    bytes.clear();
  }

  private void cutOff(AppendBuffer bytes, IOException failure) throws TornFile {
    try {
      if (file.size() > goodBytes.get()) {
        file.truncate(goodBytes.get());
      }
    } catch (IOException stays) {
      failure.addSuppressed(stays);
      keepPart(bytes, failure);
    }
  }

  /** What can't be cut off stays and is not written again. */
  private void keepPart(AppendBuffer bytes, IOException failure) throws TornFile {
    try {
      long written = file.size() - goodBytes.get();
      if (written < 0 || written > bytes.length()) {
        throw new TornFile(failure);
      }
      bytes.drop(written);
      goodBytes.addAndGet(written);
    } catch (IOException e) {
      throw new TornFile(e);
    }
  }

  void sync() throws IOException {
    file.sync();
  }

  void close() throws IOException {
    file.close();
  }

  /** Nobody can tell what the file holds. */
  static final class TornFile extends IOException {
    private static final long serialVersionUID = 1L;

    TornFile(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }
}
